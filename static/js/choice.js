/**
 * What of a run is to be run again, and how: what somebody has chosen so far. Pure: each function returns another choice.
 *
 * Tasks are named by their index here, so that a choice fits into an address; the server is told their ids.
 */

import { ranged, spread } from "./ranges.js";

/** Ways in which a task can be chosen by itself; of these it has one. */
export const WAYS = /** @type {const} */ (["from", "only", "skip", "hold", "release"]);

/**
 * @typedef {typeof WAYS[number]} Way
 *
 * @typedef {object} Parts  of an edit: what replaces what the tasks were called with
 * @property {unknown[]} [args]
 * @property {Record<string, unknown>} [kwargs]
 * @property {Record<string, unknown>} [options]
 * @property {{kwargs?: Record<string, unknown>, options?: Record<string, unknown>}} [set]  single members
 * @property {string} [queue]
 *
 * @typedef {{nodes: number[], value: unknown}} Result
 * @typedef {{nodes: number[]} & Parts} Edit
 *
 * @typedef {object} Choice
 * @property {boolean} ahead  it is of what has not begun, of a run that goes on
 * @property {boolean} failed  all that failed, and what was blocked by it
 * @property {number[]} from  these, and all that follows from them
 * @property {number[]} only  these alone
 * @property {number[]} skip
 * @property {number[]} hold  these are not sent until they are released
 * @property {number[]} release
 * @property {Result[]} results  marked as succeeded
 * @property {Edit[]} edits
 */

/** @type {Choice} */
export const NOTHING = {
  ahead: false,
  failed: false,
  from: [],
  only: [],
  skip: [],
  hold: [],
  release: [],
  results: [],
  edits: [],
};

/** What is proposed first. */
export const FAILED = { ...NOTHING, failed: true };

/** Where changes to what has not begun begin. */
export const AHEAD = { ...NOTHING, ahead: true };

/** @param {Iterable<number>} numbers */
const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

/**
 * Choose these in a way; what was chosen of them otherwise is forgotten.
 * @param {Choice} choice
 * @param {Way} way
 * @param {Iterable<number>} nodes
 * @returns {Choice}
 */
export function put(choice, way, nodes) {
  const next = forget(choice, nodes, way === "skip");
  return { ...next, [way]: sorted([...next[way], ...nodes]) };
}

/**
 * Mark these as succeeded with a result.
 * @param {Choice} choice
 * @param {Iterable<number>} nodes
 * @param {unknown} value
 * @returns {Choice}
 */
export function force(choice, nodes, value) {
  const next = forget(choice, nodes, true);
  return { ...next, results: [...next.results, { nodes: sorted(nodes), value }] };
}

/**
 * Change what these are called with, beside what was changed before.
 * @param {Choice} choice
 * @param {Iterable<number>} nodes
 * @param {Parts} parts
 * @returns {Choice}
 */
export function edit(choice, nodes, parts) {
  const mine = new Set(nodes);
  /** @type {Map<string, Edit>} */
  const edits = new Map();
  const add = (/** @type {number[]} */ some, /** @type {Parts} */ given) => {
    const key = JSON.stringify(given);
    edits.set(key, { ...given, nodes: sorted([...(edits.get(key)?.nodes ?? []), ...some]) });
  };
  for (const { nodes: theirs, ...given } of choice.edits) {
    const rest = theirs.filter((index) => !mine.has(index));
    const both = theirs.filter((index) => mine.has(index));
    if (rest.length) add(rest, given);
    if (both.length) add(both, together(given, parts));
    for (const index of both) mine.delete(index);
  }
  if (mine.size) add([...mine], parts);
  const named = new Set(nodes);
  return { ...choice, skip: choice.skip.filter((index) => !named.has(index)), edits: [...edits.values()] };
}

/**
 * What was changed of these is as it was before.
 * @param {Choice} choice
 * @param {Iterable<number>} nodes
 * @returns {Choice}
 */
export function unedit(choice, nodes) {
  return { ...choice, edits: without(choice.edits, new Set(nodes)) };
}

/** How one task is changed. @param {Choice} choice @param {number} index @returns {Parts | null} */
export function partsOf(choice, index) {
  const found = choice.edits.find(({ nodes }) => nodes.includes(index));
  if (!found) return null;
  const { nodes: _, ...parts } = found;
  return parts;
}

/**
 * Take these out of what was chosen.
 * @param {Choice} choice
 * @param {Iterable<number>} nodes
 * @param {boolean} [edits]  what was changed of them too
 * @returns {Choice}
 */
export function forget(choice, nodes, edits = true) {
  const gone = new Set(nodes);
  const rest = (/** @type {number[]} */ list) => list.filter((index) => !gone.has(index));
  return {
    ...choice,
    from: rest(choice.from),
    only: rest(choice.only),
    skip: rest(choice.skip),
    hold: rest(choice.hold),
    release: rest(choice.release),
    results: without(choice.results, gone),
    edits: edits ? without(choice.edits, gone) : choice.edits,
  };
}

/**
 * @template {{nodes: number[]}} T
 * @param {T[]} list
 * @param {Set<number>} gone
 */
function without(list, gone) {
  return list
    .map((each) => ({ ...each, nodes: each.nodes.filter((index) => !gone.has(index)) }))
    .filter(({ nodes }) => nodes.length);
}

/**
 * @param {Parts} before
 * @param {Parts} after
 * @returns {Parts}
 */
function together(before, after) {
  const { set: had, ...rest } = before;
  const { set: has, ...own } = after;
  const joined = { ...rest, ...own };
  const set = { ...(own.kwargs ? {} : part(had, "kwargs")), ...(own.options ? {} : part(had, "options")) };
  for (const [name, members] of Object.entries(has ?? {})) {
    const field = /** @type {"kwargs" | "options"} */ (name);
    set[field] = { ...set[field], ...members };
  }
  return Object.keys(set).length ? { ...joined, set } : joined;
}

/**
 * @param {Parts["set"]} set
 * @param {"kwargs" | "options"} name
 * @returns {NonNullable<Parts["set"]>}
 */
const part = (set, name) => (set?.[name] ? { [name]: set[name] } : {});

/** Whether nothing is chosen at all. @param {Choice} choice */
export function isEmpty({ failed, results, edits, ...ways }) {
  return !failed && !results.length && !edits.length && WAYS.every((way) => !ways[way].length);
}

/**
 * What the server is asked.
 * @param {Choice} choice
 * @param {(index: number) => string} id
 */
export function wired({ ahead: _, failed, results, edits, ...ways }, id) {
  const ids = (/** @type {number[]} */ nodes) => nodes.map(id);
  const lists = WAYS.map((way) => [way, ids(ways[way])]).filter(([, list]) => list.length);
  return {
    failed,
    ...Object.fromEntries(lists),
    ...(results.length && { results: results.map((each) => ({ ...each, nodes: ids(each.nodes) })) }),
    ...(edits.length && { edits: edits.map((each) => ({ ...each, nodes: ids(each.nodes) })) }),
  };
}

/**
 * What the server is asked to change of a run that goes on.
 * @param {Choice} choice
 * @param {(index: number) => string} id
 */
export function wiredChange(choice, id) {
  const { failed: _, ...change } = wired(choice, id);
  return change;
}

/** For an address. @param {Choice} choice */
export function spelled(choice) {
  const { ahead, failed, results, edits } = choice;
  const json = (/** @type {unknown[]} */ list) => encodeURIComponent(JSON.stringify(list));
  const parts = [
    ahead ? "ahead" : "",
    failed ? "failed" : "",
    ...WAYS.map((way) => (choice[way].length ? `${way}:${ranged(choice[way])}` : "")),
    results.length ? `results:${json(results)}` : "",
    edits.length ? `edits:${json(edits)}` : "",
  ];
  return parts.filter(Boolean).join(";") || "nothing";
}

/** What `spelled` gave, or what somebody typed. @param {string} text @returns {Choice} */
export function parsed(text) {
  /** @type {Choice} */
  const choice = { ...NOTHING };
  for (const part of text.split(";")) {
    const [name, value = ""] = part.split(":");
    const way = WAYS.find((each) => each === name);
    if (name === "failed" || name === "ahead") choice[name] = true;
    else if (way) choice[way] = sorted(spread(value));
    else if (name === "results") choice.results = listed(value).filter((each) => "value" in each);
    else if (name === "edits") choice.edits = listed(value);
  }
  return text === "" ? FAILED : choice;
}

/** @param {string} text @returns {any[]} */
function listed(text) {
  try {
    const found = JSON.parse(decodeURIComponent(text));
    const isFit = (/** @type {any} */ each) =>
      Array.isArray(each?.nodes) && each.nodes.every(Number.isInteger) && each.nodes.length;
    return Array.isArray(found) ? found.filter(isFit) : [];
  } catch {
    return []; // nothing that we wrote
  }
}
