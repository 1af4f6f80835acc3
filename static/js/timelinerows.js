/**
 * The rows of a timeline: one for each card of the graph, which is a task or many, and what there is to say of it.
 *
 * A row is worked out when it is to be drawn and something of it has changed. Times are seconds since the epoch, of several
 * machines' clocks: where these disagree, nothing lasts less than no time, and the row says so.
 */

import { FAILURE, NONE, STARTED, STATES } from "./states.js";

const SUCCESS = /** @type {readonly string[]} */ (STATES).indexOf("SUCCESS"); // and what comes behind it is over, too
const RECEIVED = /** @type {readonly string[]} */ (STATES).indexOf("RECEIVED");
const SENT = /** @type {readonly string[]} */ (STATES).indexOf("SENT");
const SKEW = 0.05; // seconds that a task may begin before it was sent: its sender tells of it when it is done
const NONE_YET = new Float64Array(0);
const NAMED = 200; // failures whose place is kept

/**
 * @typedef {object} Row
 * @property {string} key  the id of its card or task
 * @property {import("./types.js").FoldCard | null} card  null: one task
 * @property {string | null} label
 * @property {number} first  the index of its first task
 * @property {Array<[first: number, count: number]>} members
 * @property {number} count
 * @property {Facts | null} facts  null: to be worked out
 * @property {number} skewed  tasks that seem to have begun before they were sent, or ended before they began
 *
 * @typedef {object} Facts
 * @property {number} begin  when the first of it was asked for, or began; Infinity where nothing has
 * @property {number} end  when the last of it was over; -Infinity where nothing was
 * @property {boolean} isOpen  some of it wait or run
 * @property {number} failed
 * @property {number[]} failures  their indexes, up to a number
 * @property {Float64Array} ran  seconds, sorted
 * @property {Float64Array} ends  when they finished, sorted
 * @property {number} waited  seconds, the median; NaN where nobody knows
 * @property {number} peak  how many ran at once
 * @property {number} queue  how many waited at once
 *
 * @typedef {object} Known  what the page knows
 * @property {import("./state.js").RunState} state
 * @property {import("./spells.js").Spells} spells
 * @property {number} now
 */

/** @param {import("./state.js").RunState} state @returns {Row[]} */
export function rowsOf({ graph, nodes }) {
  if (!graph) return [];
  if (!graph.folding) {
    return nodes.tasks.map((index) => {
      const label = nodes.task(index);
      return {
        key: nodes.id(index),
        card: null,
        label,
        first: index,
        members: [[index, 1]],
        count: 1,
        facts: null,
        skewed: 0,
      };
    });
  }
  return graph.folding.cards
    .filter((card) => card.kind !== "join")
    .map((card) => {
      const { id, label, members, count } = card;
      const many = card.kind === "many" ? card : null;
      return {
        key: id,
        card: many,
        label,
        first: members[0]?.[0] ?? 0,
        members,
        count,
        facts: null,
        skewed: 0,
      };
    });
}

/** By when they began; what has not comes last, in its order. @param {Row[]} rows @param {Known} known */
export function ordered(rows, known) {
  const begins = new Map(rows.map((row) => [row, factsOf(row, known).begin]));
  const at = (/** @type {Row} */ row) => begins.get(row) ?? Infinity;
  return [...rows].sort((a, b) => (at(a) === at(b) ? a.first - b.first : at(a) - at(b)));
}

/**
 * The times of one task: since when it waited, ran, and until when. NaN where it did not, or nobody knows.
 * @param {Known} known
 * @param {number} index
 */
export function timesOf({ state, spells, now }, index) {
  const code = state.codes[index] ?? NONE;
  const asked = spells.asked(index);
  const started = state.started[index] ?? NaN;
  const finished = state.finished[index] ?? NaN;
  const begun = Number.isNaN(started) ? finished : started;
  const until = code === STARTED ? now : finished;
  const isWaiting = code === SENT || code === RECEIVED;
  // What is not known is NaN, of which nothing is less or greater.
  const isEarly = asked > begun;
  const isBackwards = until < started;
  return {
    code,
    asked: isEarly ? begun : asked,
    started,
    waited: Number.isNaN(begun) && isWaiting ? now : begun,
    finished: isBackwards ? started : until,
    isSkewed: asked - begun > SKEW || isBackwards,
  };
}

/** What there is to say of a row. @param {Row} row @param {Known} known @returns {Facts} */
export function factsOf(row, known) {
  if (!row.facts) row.facts = row.count === 1 ? ofOne(row, known) : ofMany(row, known);
  return row.facts;
}

/** @param {Row} row @param {Known} known @returns {Facts} */
function ofOne(row, known) {
  const { code, asked, started, finished, isSkewed } = timesOf(known, row.first);
  const over = known.state.finished[row.first];
  row.skewed = isSkewed ? 1 : 0;
  return {
    begin: [asked, started, finished].find((at) => at > 0) ?? Infinity,
    end: over > 0 ? over : (known.spells.settled.get(row.first) ?? -Infinity),
    isOpen: code < SUCCESS,
    failed: code === FAILURE ? 1 : 0,
    failures: code === FAILURE ? [row.first] : [],
    ran: NONE_YET,
    ends: NONE_YET,
    waited: started - asked,
    peak: 1,
    queue: 1,
  };
}

/** @param {Row} row @param {Known} known @returns {Facts} */
function ofMany(row, known) {
  const { spells, state } = known;
  let [begin, end, isOpen, failed] = [Infinity, -Infinity, false, 0];
  /** @type {number[]} */
  const failures = [];
  const columns = new Columns(row.count);
  row.skewed = 0;
  for (const index of membersOf(row)) {
    const { code, asked, started, waited, finished, isSkewed } = timesOf(known, index);
    if (code === NONE) continue; // a join
    const ended = state.finished[index];
    const over = ended > 0 ? ended : (spells.settled.get(index) ?? NaN);
    const first = asked > 0 ? asked : started > 0 ? started : finished;
    if (first < begin) begin = first;
    if (over > end) end = over;
    isOpen ||= code < SUCCESS;
    row.skewed += isSkewed ? 1 : 0;
    if (code === FAILURE && failed++ < NAMED) failures.push(index);
    columns.add(asked, waited, started, finished, ended);
  }
  return { begin, end, isOpen, failed, failures, ...columns.summary() };
}

/** Times of many tasks, gathered to be sorted. */
class Columns {
  /** @param {number} size */
  constructor(size) {
    this.made = Array.from({ length: 7 }, () => new Float64Array(size));
    this.counts = new Uint32Array(7);
  }

  /** @param {number} at @param {number} value */
  #put(at, value) {
    this.made[at][this.counts[at]] = value;
    this.counts[at] += 1;
  }

  /**
   * @param {number} asked
   * @param {number} waited
   * @param {number} started
   * @param {number} finished
   * @param {number} ended
   */
  add(asked, waited, started, finished, ended) {
    if (started <= finished) {
      this.#put(0, started);
      this.#put(1, finished);
    }
    if (asked <= waited) {
      this.#put(2, asked);
      this.#put(3, waited);
    }
    if (started <= ended) this.#put(4, ended - started);
    if (ended > 0) this.#put(5, ended);
    if (asked <= started) this.#put(6, started - asked);
  }

  summary() {
    const [starts, stops, asks, begins, ran, ends, waits] = this.made.map((column, at) =>
      column.subarray(0, this.counts[at]).sort(),
    );
    return { ran, ends, waited: quantile(waits, 0.5), peak: most(starts, stops), queue: most(asks, begins) };
  }
}

/** @param {Row} row */
export function* membersOf({ members }) {
  for (const [first, count] of members)
    for (let index = first; index < first + count; index += 1) yield index;
}

/**
 * How many spans there are at once, at the most.
 * @param {Float64Array} starts  sorted
 * @param {Float64Array} ends  sorted
 */
function most(starts, ends) {
  let best = 0;
  let over = 0;
  for (let begun = 0; begun < starts.length; begun += 1) {
    while (ends[over] < starts[begun]) over += 1;
    best = Math.max(best, begun + 1 - over);
  }
  return best;
}

/**
 * What `share` of them are no greater than; NaN of none.
 * @param {Float64Array} sorted
 * @param {number} share
 */
export function quantile(sorted, share) {
  if (!sorted.length) return NaN;
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}
