/** The members of a card of many: who they are, in which order they are shown, and how long they took. Pure. */

import { looksOf } from "./looks.js";
import { elapsed } from "./state.js";
import { LOOKS, NONE, STARTED, URGENCY } from "./states.js";
import { lookedAt, span, ticking } from "./time.js";

/** How the cells can be ordered: what the address says, and what a person reads. */
export const ORDERS = /** @type {const} */ ([
  ["state", "Failed first"],
  ["index", "In order"],
  ["-duration", "Longest first"],
  ["duration", "Shortest first"],
  ["started", "First started"],
  ["-started", "Last started"],
  ["worker", "By worker"],
]);

const PLACES = 2 ** 20; // more than there are members
const LAST = 2 ** 32; // more ms than matter: 49 days

const RANKS = LOOKS.map((state) => URGENCY.indexOf(state));

/**
 * @typedef {object} Known  what is known of the nodes of a run
 * @property {import("./state.js").RunState} state
 * @property {(index: number) => string | null} worker  null where nobody knows
 * @property {number} now
 */

/**
 * The indices of the tasks on a card.
 * @param {Array<[first: number, count: number]>} runs
 * @param {(index: number) => boolean} isTask
 */
export function membersOf(runs, isTask) {
  const found = [];
  for (const [first, count] of runs) {
    for (let index = first; index < first + count; index += 1) if (isTask(index)) found.push(index);
  }
  return Int32Array.from(found);
}

/** The order that `sort` means; what is none is "state". @param {string | null} sort */
export function orderOf(sort) {
  return ORDERS.some(([order]) => order === sort) ? /** @type {string} */ (sort) : "state";
}

/**
 * @param {Int32Array} members  ascending
 * @param {string} order  one of `ORDERS`
 * @param {Known} known
 * @returns {Int32Array}  the same ones; where two are alike, ascending
 */
export function ordered(members, order, known) {
  if (order === "index") return members;
  if (order === "state") return byState(members, looksOf(known.state));
  const descending = order.startsWith("-");
  const key = keyOf(order.replace("-", ""), known);
  // Key and place in one number: numbers alone are sorted without a function that compares, ten times as fast.
  const packed = Float64Array.from(members, (index, place) => {
    const at = key(index);
    const rank = Number.isNaN(at) ? LAST : Math.min(LAST - 1, Math.max(0, Math.round(at)));
    return (descending && rank < LAST ? LAST - 1 - rank : rank) * PLACES + place; // what has no key comes last
  }).sort();
  return Int32Array.from(packed, (each) => members[each % PLACES]);
}

/** By counting, since this is done again while states change. @param {Int32Array} members @param {Uint8Array} codes */
function byState(members, codes) {
  const rank = (/** @type {number} */ index) => RANKS[codes[index] ?? NONE] ?? LOOKS.length;
  const next = new Uint32Array(LOOKS.length + 2);
  for (const index of members) next[rank(index) + 1] += 1;
  for (let at = 1; at < next.length; at += 1) next[at] += next[at - 1];
  const found = new Int32Array(members.length);
  for (const index of members) {
    const at = rank(index);
    found[next[at]] = index;
    next[at] += 1;
  }
  return found;
}

/**
 * What they are ordered by: milliseconds, or a number for each worker.
 * @param {string} order
 * @param {Known} known
 * @returns {(index: number) => number}
 */
function keyOf(order, { state, worker, now: at }) {
  if (order === "duration") return (index) => 1000 * (elapsed(state, index, at) ?? NaN);
  if (order === "started") {
    const from = state.run?.created ?? 0;
    return (index) => 1000 * ((state.started[index] ?? NaN) - from);
  }
  /** @type {Map<string, number>} */
  const names = new Map();
  return (index) => {
    const name = worker(index);
    if (name === null) return NaN;
    if (!names.has(name)) names.set(name, names.size);
    return /** @type {number} */ (names.get(name));
  };
}

/**
 * Those whose id begins so, or whose number within the card it is.
 * @param {Int32Array} order
 * @param {string} text
 * @param {(index: number) => string} id
 * @param {(index: number) => number} number  from 1
 */
export function found(order, text, id, number) {
  const wanted = text.trim();
  if (!wanted) return order;
  const asked = /^[\d,]+$/.test(wanted) ? Number(wanted.replaceAll(",", "")) : NaN;
  return order.filter((index) => id(index).startsWith(wanted) || number(index) === asked);
}

/**
 * The middle and the greatest duration of those that have finished; null where none has.
 * @param {Array<[first: number, count: number]>} runs  of indices
 * @param {import("./state.js").RunState} state
 */
export function spread(runs, { started, finished }) {
  const seconds = new Float64Array(runs.reduce((sum, [, count]) => sum + count, 0));
  let known = 0;
  for (const [first, count] of runs) {
    for (let index = first; index < first + count; index += 1) {
      const took = finished[index] - started[index];
      if (!(took >= 0)) continue; // has not finished, or nobody saw it start
      seconds[known] = took;
      known += 1;
    }
  }
  if (!known) return null;
  const sorted = seconds.subarray(0, known).sort();
  const half = known >> 1;
  return { median: known % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2, max: sorted[known - 1] };
}

/**
 * Which of the members it is, from 1.
 * @param {Int32Array} members  ascending
 * @param {number} index
 */
export function numberOf(members, index) {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (members[middle] < index) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/**
 * "340 ms": how long it took, or has taken so far; "" where it has not begun.
 * @param {import("./state.js").RunState} state
 * @param {number} index
 */
export function tookOf(state, index) {
  const seconds = elapsed(state, index, lookedAt());
  if (seconds === null) return "";
  return state.codes[index] === STARTED ? ticking(seconds) : span(seconds);
}
