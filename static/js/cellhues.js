/** What the colours of cells tell, and the legend that says so. Pure. */

import { HUES, SHADES } from "./cellink.js";
import { looksOf } from "./looks.js";
import { elapsed } from "./state.js";
import { BAR_ORDER, FAILURE, NONE, stateOf, word } from "./states.js";
import { span } from "./time.js";

/** By what cells can be coloured: what the address says, and what a person reads. */
export const BYS = /** @type {const} */ ([
  ["state", "State"],
  ["duration", "Duration"],
  ["worker", "Worker"],
  ["attempt", "Attempt"],
]);

const SHADE = Array.from({ length: SHADES }, (_, at) => `shade ${at}`);

/**
 * `kind` follows what is known: that is written anew where states change, and read at each paint.
 *
 * @typedef {object} Legend  one line of it
 * @property {string} kind  as `Ink` knows it
 * @property {string} text
 * @property {number} count
 *
 * @typedef {object} Hues
 * @property {(index: number) => string} kind  of the cell of a node, as `Ink` knows it
 * @property {Legend[]} legend
 */

/** The colours that `by` means; what is none is "state". @param {string | null} by */
export function byOf(by) {
  return BYS.some(([each]) => each === by) ? /** @type {string} */ (by) : "state";
}

/**
 * @param {Int32Array} members
 * @param {string} by  one of `BYS`
 * @param {import("./members.js").Known} known
 * @returns {Hues}
 */
export function huesOf(members, by, known) {
  if (by === "duration") return byDuration(members, known);
  if (by === "worker") return byWorker(members, known);
  if (by === "attempt") return byAttempt(members, known);
  const kind = (/** @type {number} */ index) => {
    const code = looksOf(known.state)[index] ?? NONE;
    return code === NONE ? "shade none" : stateOf(code);
  };
  // The states come after the graph.
  const lines = BAR_ORDER.map((state) => ({ kind: state, text: word(state) }));
  return {
    kind,
    legend: listed([...lines, { kind: "shade none", text: "not known yet" }], tally(members, kind)),
  };
}

/** @param {Int32Array} members @param {import("./members.js").Known} known @returns {Hues} */
function byDuration(members, known) {
  const took = [];
  for (const index of members) {
    const seconds = elapsed(known.state, index, known.now);
    if (seconds !== null && !Number.isNaN(seconds)) took.push(Math.max(seconds, 0.001));
  }
  const ends = steps(Float64Array.from(took).sort());
  const shade = (/** @type {number} */ seconds) => {
    let at = 0;
    while (at < ends.length && seconds > ends[at]) at += 1;
    return SHADE[at];
  };
  const kind = (/** @type {number} */ index) => {
    const seconds = elapsed(known.state, index, known.now);
    return seconds === null || Number.isNaN(seconds) ? "shade none" : shade(seconds);
  };
  const counts = tally(members, kind);
  const lines = ends.map((end, at) => ({ kind: `shade ${at}`, text: `up to ${span(end)}` }));
  if (ends.length) lines.push({ kind: `shade ${ends.length}`, text: `over ${span(ends[ends.length - 1])}` });
  return { kind, legend: listed([...lines, { kind: "shade none", text: "not begun" }], counts) };
}

/**
 * Where one shade ends and the next begins: even steps of the ratio, between what nearly all exceed and what few do. The last has
 * no end, so that one that takes forever leaves the others their colours.
 * @param {Float64Array} sorted  seconds
 */
function steps(sorted) {
  if (!sorted.length) return [];
  const least = sorted[Math.floor(sorted.length * 0.05)];
  const most = sorted[Math.ceil(sorted.length * 0.95) - 1];
  const ratio = (most / least) ** (1 / (SHADES - 1));
  const ends = Array.from({ length: SHADES - 1 }, (_, at) =>
    Number((least * ratio ** (at + 1)).toPrecision(2)),
  );
  return [...new Set(ends)];
}

/** @param {Int32Array} members @param {import("./members.js").Known} known @returns {Hues} */
function byWorker(members, known) {
  const name = (/** @type {number} */ index) => known.worker(index) ?? "";
  const counts = tally(members, name);
  counts.delete("");
  const names = [...counts.keys()].sort(
    (a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || (a < b ? -1 : 1),
  );
  const shown = names.length > HUES ? names.slice(0, HUES - 1) : names;
  const hues = new Map(shown.map((each, at) => [each, `hue ${at}`]));
  const other = `hue ${HUES - 1}`;
  const kind = (/** @type {number} */ index) => {
    const each = name(index);
    return each ? (hues.get(each) ?? other) : "shade none";
  };
  const lines = shown.map((each, at) => ({ kind: `hue ${at}`, text: each }));
  const rest = names.length - shown.length;
  if (rest) lines.push({ kind: other, text: `${rest.toLocaleString("en")} other workers` });
  return { kind, legend: listed([...lines, { kind: "shade none", text: "none" }], tally(members, kind)) };
}

/** @param {Int32Array} members @param {import("./members.js").Known} known @returns {Hues} */
function byAttempt(members, known) {
  const kind = (/** @type {number} */ index) => {
    const { state } = known;
    const isBegun = state.started[index] >= 0 || state.codes[index] === FAILURE;
    if (!isBegun) return "shade none";
    return SHADE[Math.min(SHADES - 1, state.retries[index])];
  };
  const lines = Array.from({ length: SHADES }, (_, at) => ({
    kind: `shade ${at}`,
    text: at === SHADES - 1 ? `attempt ${at + 1} or later` : `attempt ${at + 1}`,
  }));
  return {
    kind,
    legend: listed([...lines, { kind: "shade none", text: "not begun" }], tally(members, kind)),
  };
}

/**
 * @param {Int32Array} members
 * @param {(index: number) => string} kind
 */
function tally(members, kind) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const index of members) {
    const each = kind(index);
    counts.set(each, (counts.get(each) ?? 0) + 1);
  }
  return counts;
}

/**
 * @param {Array<{kind: string, text: string}>} lines
 * @param {Map<string, number>} counts
 * @returns {Legend[]}
 */
function listed(lines, counts) {
  return lines.flatMap((line) => {
    const count = counts.get(line.kind) ?? 0;
    return count ? [{ ...line, count }] : [];
  });
}
