/** Which tasks the table shows, and in what order. Pure. */

import { split } from "./names.js";
import { elapsed } from "./state.js";
import { NONE, stateOf, word } from "./states.js";

/**
 * @typedef {object} Known  what is known of the tasks
 * @property {import("./state.js").RunState} state
 * @property {(index: number) => import("./types.js").NodeRow | null} row
 * @property {number} now
 *
 * @typedef {import("./types.js").GraphNode} GraphNode
 */

/** The columns, and what each is sorted by. @type {Record<string, (node: GraphNode, known: Known) => string | number | null>} */
const KEYS = {
  index: (node) => node.index,
  state: (node, { state }) => word(stateOf(state.codes[node.index] ?? NONE)),
  task: (node) => `${split(node.task).name}\n${node.task}`.toLowerCase(),
  arguments: (node) => summary(node) || null,
  worker: (node, { row }) => row(node.index)?.worker ?? null,
  started: (node, { state }) => real(state.started[node.index]),
  duration: (node, { state, now }) => elapsed(state, node.index, now),
  attempt: (node, { state }) => (state.retries[node.index] ? state.retries[node.index] + 1 : null),
};

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
 * @param {GraphNode[]} tasks
 * @param {{states: string[], only: Set<number> | null, sort: string | null}} place  only: what was found, by index
 * @param {Known} known
 */
export function sift(tasks, { states, only, sort }, known) {
  const wanted = new Set(states);
  const found = tasks.filter(({ index }) => {
    if (wanted.size && !wanted.has(stateOf(known.state.codes[index] ?? NONE))) return false;
    return !only || only.has(index);
  });
  const { column, descending } = parseSort(sort);
  if (column === "index") return descending ? found.reverse() : found;
  const key = KEYS[column];
  const keyed = found.map((node) => ({ node, key: key(node, known) }));
  keyed.sort((a, b) => compare(a.key, b.key, descending) || a.node.index - b.node.index);
  return keyed.map(({ node }) => node);
}

/**
 * What is not there comes last, whichever way.
 * @param {string | number | null} a
 * @param {string | number | null} b
 * @param {boolean} descending
 */
function compare(a, b, descending) {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b === descending ? 1 : -1;
}

/** @param {number | undefined} value */
const real = (value) => (value === undefined || Number.isNaN(value) ? null : value);

const LONGEST = 160;
/** @type {WeakMap<GraphNode, string>} */
const summaries = new WeakMap();

/** The beginning of a task's arguments, on one line. @param {GraphNode} node */
export function summary(node) {
  const known = summaries.get(node);
  if (known !== undefined) return known;
  const parts = [plain(node.args), plain(node.kwargs)].filter(Boolean);
  const text = parts.join(" ").slice(0, LONGEST);
  summaries.set(node, text);
  return text;
}

/** @param {unknown} value */
function plain(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object" && "repr" in value) return String(value.repr).slice(0, LONGEST);
  const text = JSON.stringify(value);
  return text === "[]" || text === "{}" ? "" : text.replace(/^[[{]|[\]}]$/g, "").slice(0, LONGEST);
}
