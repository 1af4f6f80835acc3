/**
 * When the tasks of a run were what, beyond what each page knows: sent, received, the critical path, an estimate of the end.
 *
 * Asked for when it is wanted, and again while the run goes on: what has changed alone, and the less often the longer an
 * answer takes.
 */

import { getColumns, getTimeline } from "./api.js";

const BETWEEN = 1500; // ms, between two questions
const EASE = 8; // times as long as the last answer took
const RETRY = 4000; // ms, after the server could not be reached

export class Spells {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    this.sent = new Float64Array(0);
    this.received = new Float64Array(0);
    this.tries = new Uint16Array(0);
    /** What the server works out. @type {import("./types.js").Timeline | null} */
    this.told = null;
    /** When each that never ran was over, by index. @type {Map<number, number>} */
    this.settled = new Map();
    this.seq = -1; // of what is in here
    this.wanted = -1; // the newest that is known of
    this.asking = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  stop() {
    clearTimeout(this.later);
  }

  /** There is something newer than what is in here, if so. @param {number} seq */
  want(seq) {
    this.wanted = Math.max(this.wanted, seq);
    if (this.wanted > this.seq && !this.asking) this.#ask();
  }

  async #ask() {
    this.asking = true;
    const began = performance.now();
    let wait = BETWEEN;
    try {
      const [columns, told] = await Promise.all([
        getColumns(this.run, ["sent", "received", "retries"], Math.max(0, this.seq)),
        getTimeline(this.run),
      ]);
      this.#take(columns);
      this.told = told;
      this.settled = new Map(told.settled.map(([index, ms]) => [index, (told.began ?? 0) + ms / 1000]));
      this.seq = Math.min(columns.seq, told.seq);
      this.changed();
      wait = Math.max(BETWEEN, EASE * (performance.now() - began));
    } catch {
      wait = RETRY;
    }
    this.later = setTimeout(() => {
      this.asking = false;
      if (this.wanted > this.seq) this.#ask();
    }, wait);
  }

  /** @param {import("./types.js").Columns} columns */
  #take({ index, of }) {
    const count = of.sent.values.length;
    const size = index ? Math.max(-1, ...index.slice(-1)) + 1 : count;
    if (size > this.sent.length) {
      this.sent = enlarged(this.sent, size);
      this.received = enlarged(this.received, size);
      const tries = new Uint16Array(size);
      tries.set(this.tries);
      this.tries = tries;
    }
    for (let place = 0; place < count; place += 1) {
      const at = index ? index[place] : place;
      this.sent[at] = of.sent.values[place] ?? NaN;
      this.received[at] = of.received.values[place] ?? NaN;
      this.tries[at] = of.retries.values[place];
    }
  }

  /** When the first thing happened in the run; NaN where nothing has, or nobody knows yet. */
  get began() {
    return this.told?.began ?? NaN;
  }

  /** Since when a task was in a queue, the last time; NaN where nobody knows. @param {number} index */
  asked(index) {
    const sent = this.sent[index] ?? NaN;
    const received = this.received[index] ?? NaN;
    const [first, second] = this.tries[index] > 0 ? [received, sent] : [sent, received];
    return Number.isNaN(first) ? second : first;
  }
}

/**
 * @param {Float64Array} column
 * @param {number} size
 */
function enlarged(column, size) {
  const larger = new Float64Array(size).fill(NaN);
  larger.set(column);
  return larger;
}
