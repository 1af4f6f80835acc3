/**
 * Why a task that could be sent is not: what holds it, in a few words for its card. Pure.
 *
 * The server says of a run what holds some of its tasks (`waits`, `paused`); which ones these are follows from the graph
 * and its states. The detail of a task asks the server, which knows.
 */

import { isOver, NONE, STATES, stateOf } from "./states.js";
import { clock } from "./time.js";

/**
 * @typedef {import("./state.js").RunState} RunState
 * @typedef {import("./links.js").Links} Links
 * @typedef {import("./nodes.js").Nodes} Nodes
 *
 * @typedef {object} Shape  of a graph, by index
 * @property {Map<number, number[]>} parents  whom each waits for
 * @property {Set<number>} called  what is called when something fails
 */

const PENDING = STATES.indexOf("PENDING");
const RETRY = STATES.indexOf("RETRY");

/** @type {WeakMap<Links, Shape>} */
const shapes = new WeakMap();

/** @param {Links} links */
function shapeOf(links) {
  const known = shapes.get(links);
  if (known) return known;
  /** @type {Shape} */
  const shape = { parents: new Map(), called: new Set() };
  for (const [parent, child, kind] of links) {
    if (kind === "error") shape.called.add(child);
    const parents = shape.parents.get(child);
    if (parents) parents.push(parent);
    else shape.parents.set(child, [parent]);
  }
  shapes.set(links, shape);
  return shape;
}

/**
 * Tell of each task what holds it.
 * @param {RunState} state
 * @returns {(index: number) => string}  "" where nothing does, or the server alone can tell
 */
export function holds(state) {
  const { run, nodes, links } = state;
  const waits = run?.waits ?? {};
  const holding = run?.paused || Object.keys(waits).length > 0 || (run?.counts.RETRY ?? 0) > 0;
  if (run?.kind !== "conducted" || !links || !holding || isOver(run.state)) return () => "";
  const shape = shapeOf(links);
  const isReady = readiness(state, shape);
  return (index) => {
    const code = state.codes[index] ?? NONE;
    if (!nodes.isTask(index) || shape.called.has(index)) return "";
    const due = state.due[index];
    if (code === RETRY ? Number.isNaN(due) : code !== PENDING || !isReady(index)) return "";
    if (run.paused) return "paused";
    return code === RETRY ? `again ${clock(due)}` : limit(nodes, index, run, waits);
  };
}

/**
 * @param {Nodes} nodes
 * @param {number} index
 * @param {import("./types.js").RunSummary} run
 * @param {import("./types.js").Waits} waits
 */
function limit(nodes, index, run, waits) {
  const task = nodes.task(index);
  const options = nodes.options(index);
  const key = options?.umbel?.lock ?? run.options?.locks?.[task ?? ""] ?? run.options?.lock;
  if (key !== undefined && waits.locks?.[key]) return `lock ${key}`;
  if (task !== null && waits.rates?.[task]) return `rate ${waits.rates[task].rate}`;
  const queue = options?.queue;
  if (typeof queue === "string" && waits.queues?.[queue]) return `queue ${queue}`;
  if (waits.window) return `window ${waits.window.limit}${waits.window.of === "all" ? " of all" : ""}`;
  return "";
}

/**
 * Whether all that a task waits for has come about.
 * @param {RunState} state
 * @param {Shape} shape
 */
function readiness({ codes, run, nodes }, { parents }) {
  /** @type {Map<number, string>} */
  const joins = new Map();
  const stateAt = (/** @type {number} */ index) => {
    const code = codes[index] ?? NONE;
    if (code !== NONE) return stateOf(code);
    const known = joins.get(index);
    if (known !== undefined) return known;
    joins.set(index, "PENDING"); // no hostile circle leads further
    const found = joined((parents.get(index) ?? []).map(stateAt));
    joins.set(index, found);
    return found;
  };
  return (/** @type {number} */ index) => {
    const states = (parents.get(index) ?? []).map(stateAt);
    const when = nodes.options(index)?.umbel?.run_when ?? run?.options?.run_when ?? "all_success";
    return when === "all_success" ? states.every((each) => each === "SUCCESS") : states.every(isOver);
  };
}

/** @param {string[]} states  of a join's parents */
function joined(states) {
  if (!states.every(isOver)) return "PENDING";
  return states.every((each) => each === "SUCCESS") ? "SUCCESS" : "BLOCKED";
}
