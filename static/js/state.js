/**
 * What is known of one run: a snapshot, then deltas in sequence.
 *
 * seq grows by one with each message on the run. A delta says which it holds (`from` to `seq`); what we have
 * already is ignored, and a hole means that a snapshot since our seq is needed. Changes are absolute, so
 * the same one twice does no harm. `structure` grows when nodes or edges were added: then the graph itself is fetched.
 *
 * The columns are typed arrays by node index. They are written where they are, since copies of 100,000 nodes would be
 * 30 MB a second; every function returns another state all the same, so that who holds one can tell that it is old.
 */

import { readChanges } from "./changes.js";
import { Links } from "./links.js";
import { Nodes } from "./nodes.js";
import { NONE } from "./states.js";

/**
 * @typedef {object} RunState
 * @property {import("./types.js").RunSummary | null} run
 * @property {number} seq  of what is in here
 * @property {number} structure  of the graph in here, or 0
 * @property {import("./types.js").RunGraph | null} graph
 * @property {Nodes} nodes  empty until they are here
 * @property {Links | null} links  null until they are here
 * @property {Uint8Array} codes
 * @property {Float64Array} started  NaN where it has not
 * @property {Float64Array} finished
 * @property {Uint16Array} retries  by Celery and by the conductor
 * @property {Uint16Array} repeated  how often it was seen to run beyond that
 * @property {Float64Array} due  when it is sent again; NaN where it is not
 * @property {Uint8Array} [looks]  what tasks look like, where that is not their state alone; see `Looks`
 * @property {(index: number) => string} [told]  what is said of a task while a plan is made
 * @property {(index: number) => boolean} [past]  whether a plan has come too late for a task
 */

/**
 * @typedef {object} Step
 * @property {RunState} state
 * @property {Set<number>} touched  indexes that look different now
 * @property {boolean} gap  something was missed: ask for a snapshot
 * @property {boolean} outgrown  the graph has more than we hold: fetch it
 */

/** @returns {RunState} */
export function blank() {
  return {
    run: null,
    seq: 0,
    structure: 0,
    graph: null,
    nodes: Nodes.none,
    links: null,
    codes: new Uint8Array(0),
    started: new Float64Array(0),
    finished: new Float64Array(0),
    retries: new Uint16Array(0),
    repeated: new Uint16Array(0),
    due: new Float64Array(0),
  };
}

/**
 * @param {RunState} state
 * @param {import("./types.js").RunGraph} graph
 * @returns {RunState}
 */
export function withGraph(state, graph) {
  const run = state.run && state.run.seq >= graph.run.seq ? state.run : graph.run;
  // Those of a large run come after its graph; until then the ones of before stay, to which some were added.
  const nodes = graph.nodes ? Nodes.of(graph.nodes) : state.nodes;
  const links = graph.edges ? Links.of(graph.edges) : state.links;
  return { ...grown(state, nodes.size), graph, nodes, links, run, structure: graph.run.structure };
}

/**
 * @param {RunState} state
 * @param {Nodes} nodes
 * @returns {RunState}
 */
export function withNodes(state, nodes) {
  return { ...grown(state, nodes.size), nodes };
}

/**
 * @param {RunState} state
 * @param {import("./types.js").Snapshot} snapshot
 * @returns {Step}
 */
export function withSnapshot(state, snapshot) {
  if (snapshot.run.seq < state.seq) return { state, touched: new Set(), gap: false, outgrown: false };
  const next = grown(state, snapshot.states.length);
  /** @type {Set<number>} */
  const touched = new Set();
  for (let index = 0; index < snapshot.states.length; index += 1) {
    const digit = snapshot.states.charCodeAt(index) - 48;
    const code = digit >= 0 && digit <= 9 ? digit : NONE;
    if (next.codes[index] === code) continue;
    next.codes[index] = code;
    touched.add(index);
  }
  const run = snapshot.run;
  return {
    state: { ...apply(next, snapshot.changes, touched), run, seq: run.seq },
    touched,
    gap: false,
    outgrown: run.structure > state.structure,
  };
}

/**
 * @param {RunState} state
 * @param {import("./types.js").Delta} delta
 * @returns {Step}
 */
export function withDelta(state, delta) {
  if (!state.run || delta.id !== state.run.id || delta.seq <= state.seq) {
    return { state, touched: new Set(), gap: false, outgrown: false };
  }
  if ((delta.from ?? delta.seq) > state.seq + 1) {
    return { state, touched: new Set(), gap: true, outgrown: false };
  }
  /** @type {Set<number>} */
  const touched = new Set();
  const next = apply(state, delta.changes, touched);
  const { seq, structure, counts = {}, nodes, started = null, finished = null } = delta;
  const { paused = null, cancelled = null, waits = {}, resolved_by = state.run.resolved_by } = delta;
  const told = {
    seq,
    structure,
    counts,
    nodes,
    started,
    finished,
    state: delta.state,
    paused,
    cancelled,
    waits,
    resolved_by,
  };
  const run = { ...state.run, ...told };
  return { state: { ...next, run, seq }, touched, gap: false, outgrown: structure > state.structure };
}

/**
 * Write changes into the columns.
 * @param {RunState} state
 * @param {string} changes
 * @param {Set<number>} touched  gets their indexes
 * @returns {RunState}  with room for all of them
 */
function apply(state, changes, touched) {
  let next = state;
  readChanges(changes, ({ index, code, started, finished, retries, repeated, attempt, due }) => {
    if (index >= next.codes.length) next = grown(next, Math.max(index + 1, 2 * next.codes.length));
    next.codes[index] = code;
    next.started[index] = started;
    next.finished[index] = finished;
    next.retries[index] = retries + attempt;
    next.repeated[index] = repeated;
    next.due[index] = due;
    touched.add(index);
  });
  return next;
}

/**
 * @param {RunState} state
 * @param {number} size
 * @returns {RunState}
 */
function grown(state, size) {
  const have = state.codes.length;
  if (size <= have) return state;
  const codes = new Uint8Array(size).fill(NONE);
  const started = new Float64Array(size).fill(NaN);
  const finished = new Float64Array(size).fill(NaN);
  const retries = new Uint16Array(size);
  const repeated = new Uint16Array(size);
  const due = new Float64Array(size).fill(NaN);
  codes.set(state.codes);
  started.set(state.started);
  finished.set(state.finished);
  retries.set(state.retries);
  repeated.set(state.repeated);
  due.set(state.due);
  return { ...state, codes, started, finished, retries, repeated, due };
}

/**
 * How long a node has been running, or ran; null when it never started.
 * @param {RunState} state
 * @param {number} index
 * @param {number} now
 */
export function elapsed(state, index, now) {
  const from = state.started[index];
  if (Number.isNaN(from)) return null;
  const to = state.finished[index];
  return (Number.isNaN(to) ? now : to) - from;
}
