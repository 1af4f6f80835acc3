/** Which tasks the table shows, and in what order: by their indexes, as arrays, so that 100,000 take no object each. Pure. */

import { looksOf } from "./looks.js";
import { split } from "./names.js";
import { elapsed } from "./state.js";
import { LOOKS, STATES, word } from "./states.js";

/**
 * @typedef {object} Known  what is known of the tasks
 * @property {import("./state.js").RunState} state
 * @property {(column: string, index: number) => any} get  what the columns tell
 * @property {number} now
 *
 * @typedef {object} Sieve
 * @property {string[]} states  only these; none means all
 * @property {string | null} task
 * @property {string | null} worker
 * @property {Set<number> | null} only  what was found, by index
 * @property {string | null} sort
 */

/** What each column is sorted by: a number for each task, NaN where it has none. @type {Record<string, (tasks: number[], known: Known) => (index: number) => number>} */
const KEYS = {
  index: () => (index) => index,
  state: (_, { state }) => {
    const ranks = ranked(STATES.map((each) => word(each)));
    return (index) => ranks[state.codes[index]] ?? NaN;
  },
  plan: (_, { state }) => {
    const ranks = ranked(LOOKS.map((each) => word(each)));
    const looks = looksOf(state);
    return (index) => (state.told ? (ranks[looks[index]] ?? NaN) : NaN);
  },
  task: (_, { state: { nodes } }) => {
    const ranks = ranked(nodes.names.map((name) => name && `${split(name).name}\n${name}`.toLowerCase()));
    return (index) => ranks[nodes.nameCodes[index]];
  },
  arguments: texts("arguments"),
  worker: texts("worker"),
  started:
    (_, { state }) =>
    (index) =>
      state.started[index] ?? NaN,
  duration:
    (_, { state, now }) =>
    (index) =>
      elapsed(state, index, now) ?? NaN,
  attempt:
    (_, { state }) =>
    (index) =>
      state.retries[index] || NaN,
};

/** @param {string} column @returns {(tasks: number[], known: Known) => (index: number) => number} */
function texts(column) {
  return (tasks, { get }) => {
    const all = tasks.map((index) => get(column, index));
    const ranks = ranked(all);
    const keys = new Map(tasks.map((index, at) => [index, ranks[at]]));
    return (index) => keys.get(index) ?? NaN;
  };
}

/**
 * The place of each text among all, in order; NaN for none, or an empty one.
 * @param {Array<string | null>} texts
 */
function ranked(texts) {
  const order = [...new Set(texts.filter((text) => text))].sort();
  const ranks = new Map(order.map((text, rank) => [text, rank]));
  return texts.map((text) => ranks.get(text) ?? NaN);
}

/** @param {string | null} sort */
export function parseSort(sort) {
  const descending = sort?.startsWith("-") ?? false;
  const column = (sort ?? "").slice(descending ? 1 : 0);
  return column in KEYS ? { column, descending } : { column: "index", descending: false };
}

/**
 * The order after one more press on a column's head: up, down, as it was.
 * @param {string | null} sort
 * @param {string} column
 */
export function nextSort(sort, column) {
  const now = parseSort(sort);
  if (now.column !== column || (column === "index" && sort === null))
    return column === "index" ? "-index" : column;
  return now.descending ? null : `-${column}`;
}

/**
 * @param {number[]} tasks  indexes, ascending
 * @param {Sieve} sieve
 * @param {Known} known
 * @returns {number[]}
 */
export function sift(tasks, { states, task, worker, only, sort }, known) {
  const { codes, nodes } = known.state;
  const wanted = STATES.map((state) => !states.length || states.includes(state));
  const named = nodes.names.map((name) => task === null || name === task);
  const found = tasks.filter(
    (index) =>
      (wanted[codes[index]] ?? !states.length) &&
      named[nodes.nameCodes[index]] &&
      (worker === null || known.get("worker", index) === worker) &&
      (!only || only.has(index)),
  );
  return sorted(found, sort, known);
}

/**
 * What has no key comes last, whichever way.
 * @param {number[]} found
 * @param {string | null} sort
 * @param {Known} known
 */
function sorted(found, sort, known) {
  const { column, descending } = parseSort(sort);
  if (column === "index") return descending ? found.reverse() : found;
  const key = KEYS[column](found, known);
  const sign = descending ? -1 : 1;
  const keys = new Float64Array(known.state.nodes.size);
  for (const index of found) {
    const own = sign * key(index);
    keys[index] = Number.isNaN(own) ? Infinity : own;
  }
  return found.sort((a, b) => (keys[a] === keys[b] ? a - b : keys[a] - keys[b]));
}
