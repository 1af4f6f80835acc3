/** What revoking tasks would meet, by what is known now. Pure. */

import { isOver, NONE, stateOf } from "./states.js";

/**
 * @typedef {import("./nodes.js").Node} Node
 *
 * @typedef {object} Facts  what revoking would meet
 * @property {number} unsent
 * @property {number} queued
 * @property {number} running
 * @property {number} over
 * @property {number} after  tasks that wait for these, and would never run
 */

/**
 * What revoking would meet, by what is known now.
 * @param {import("./state.js").RunState} state
 * @param {Node[] | null} nodes
 * @returns {Facts}
 */
export function foresee(state, nodes) {
  const asked = nodes?.map(({ index }) => index) ?? state.nodes.tasks;
  const stateAt = (/** @type {number} */ index) => stateOf(state.codes[index] ?? NONE);
  const facts = { unsent: 0, queued: 0, running: 0, over: 0, after: 0 };
  const stopped = [];
  for (const index of asked) {
    const name = stateAt(index);
    if (isOver(name)) facts.over += 1;
    else if (name === "STARTED") facts.running += 1;
    else facts[name === "PENDING" ? "unsent" : "queued"] += 1;
    if (!isOver(name) && name !== "STARTED") stopped.push(index);
  }
  for (const index of below(stopped, state.links ?? []))
    if (state.nodes.isTask(index) && !isOver(stateAt(index))) facts.after += 1;
  return facts;
}

/**
 * What lies behind these along the edges, without themselves.
 * @param {number[]} indexes
 * @param {Iterable<import("./types.js").Edge>} edges
 */
function below(indexes, edges) {
  /** @type {Map<number, number[]>} */
  const down = new Map();
  for (const [parent, child] of edges) {
    const children = down.get(parent);
    if (children) children.push(child);
    else down.set(parent, [child]);
  }
  const seen = new Set(indexes);
  const pending = [...indexes];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of down.get(next) ?? []) {
      if (seen.has(child)) continue;
      seen.add(child);
      pending.push(child);
    }
  }
  return [...seen].slice(indexes.length);
}
