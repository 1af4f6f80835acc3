/** What can be done with some tasks in a plan: the same for what is dragged, selected, or asked for in a menu. */

import { force, forget, put } from "./choice.js";
import { AMEND } from "./deeds.js";
import { called } from "./planwords.js";
import { NONE, stateOf } from "./states.js";

const OUT = ["SENT", "RECEIVED", "STARTED", "RETRY"];

/**
 * @typedef {object} Target
 * @property {string} key
 * @property {string} label
 * @property {string} [short]  where there is little room
 * @property {string} about
 * @property {string} look  of what comes of it
 * @property {(nodes: number[]) => string} refuses  why not, "" where it can be done
 * @property {(nodes: number[]) => void} take
 */

/** @param {import("./resubmission.js").Resubmission} own */
export function targetsOf(own) {
  const { planning } = own;
  if (planning.deed === AMEND) return aheadTargets(own);
  const state = () => own.page.state;
  const isOut = (/** @type {number} */ index) => OUT.includes(stateOf(state().codes[index] ?? NONE));
  const stillOut = (/** @type {number[]} */ nodes) => {
    const out = nodes.filter(isOut);
    return out.length ? `${called(state().nodes, out)} ${out.length === 1 ? "is" : "are"} still out` : "";
  };
  /** @type {Target[]} */
  const found = [
    {
      key: "from",
      label: "Run from here on",
      short: "From here on",
      about: "These, and all that follows from them",
      look: "RUN",
      refuses: (nodes) => stillOut(nodes) || isIn(planning.choice.from, nodes),
      take: (nodes) => planning.change(put(planning.basisOf("from"), "from", nodes)),
    },
    {
      key: "only",
      label: "Run only these",
      short: "Only these",
      about: "What follows from them is left out",
      look: "RUN",
      refuses: (nodes) => stillOut(nodes) || isIn(planning.choice.only, nodes),
      take: (nodes) => planning.change(put(planning.basisOf("only"), "only", nodes)),
    },
    {
      key: "skip",
      label: "Skip",
      about: "They do not run, nor does what waits for them",
      look: "SKIPPED",
      refuses: (nodes) => isIn(planning.choice.skip, nodes),
      take: (nodes) => planning.change(put(planning.basisOf("skip"), "skip", nodes)),
    },
    {
      key: "force",
      label: "Mark success with a result…",
      short: "Succeeded…",
      about: "They do not run: you say what they return",
      look: "FORCED",
      refuses: () => "",
      take: (nodes) => own.results.open(nodes),
    },
    {
      key: "edit",
      label: "Change arguments…",
      short: "Arguments…",
      about: "Arguments, queue, limits: they run with those",
      look: "RUN",
      refuses: stillOut,
      take: (nodes) => own.editor.open(nodes),
    },
  ];
  return found;
}

/**
 * Why tasks are not chosen once more; "" where some of them are not yet.
 * @param {number[]} list
 * @param {number[]} nodes
 */
function isIn(list, nodes) {
  const known = new Set(list);
  return nodes.every((index) => known.has(index)) ? "chosen already" : "";
}

/** What can be done with tasks that have not begun. @param {import("./resubmission.js").Resubmission} own @returns {Target[]} */
function aheadTargets(own) {
  const { planning } = own;
  const { codes, nodes: known } = own.page.state;
  const begun = (/** @type {number[]} */ nodes) => {
    const past = nodes.filter((index) => stateOf(codes[index] ?? NONE) !== "PENDING");
    return past.length ? `${called(known, past)} ${past.length === 1 ? "has" : "have"} begun` : "";
  };
  const to = (/** @type {"skip" | "hold" | "release"} */ way) => (/** @type {number[]} */ nodes) =>
    planning.change(put(planning.basisOf(way), way, nodes));
  const chosen = (/** @type {"skip" | "hold" | "release"} */ way) => (/** @type {number[]} */ nodes) =>
    begun(nodes) || isIn(planning.choice[way], nodes);
  const held = (/** @type {number[]} */ nodes) =>
    nodes.some((index) => own.page.looks.isHeld(index)) ? "" : "not held";
  return [
    {
      key: "hold",
      label: "Hold",
      about: "They are not sent until somebody releases them",
      look: "HELD",
      refuses: chosen("hold"),
      take: to("hold"),
    },
    {
      key: "release",
      label: "Release",
      about: "They are sent when what they wait for is done",
      look: "PENDING",
      refuses: (nodes) => chosen("release")(nodes) || held(nodes),
      take: to("release"),
    },
    {
      key: "skip",
      label: "Skip",
      about: "They do not run, nor does what waits for them",
      look: "SKIPPED",
      refuses: chosen("skip"),
      take: to("skip"),
    },
    {
      key: "edit",
      label: "Change arguments…",
      short: "Arguments…",
      about: "Arguments, queue, limits: they run with those",
      look: "PENDING",
      refuses: begun,
      take: (nodes) => own.editor.open(nodes),
    },
  ];
}

/**
 * A queue to send tasks to.
 * @param {import("./resubmission.js").Resubmission} own
 * @param {string} queue
 * @returns {Target}
 */
export function queueOf(own, queue) {
  return {
    key: `queue ${queue}`,
    label: queue,
    about: `They run, on the queue ${queue}`,
    look: "RUN",
    refuses: (nodes) =>
      targetsOf(own)
        .find(({ key }) => key === "edit")
        ?.refuses(nodes) ?? "",
    take: (nodes) => own.reroute(nodes, queue),
  };
}

/**
 * Take tasks out of what was chosen.
 * @param {import("./planning.js").Planning} planning
 * @param {number[]} nodes
 */
export function dismiss(planning, nodes) {
  planning.change(forget(planning.choice, nodes));
}

/**
 * @param {import("./planning.js").Planning} planning
 * @param {number[]} nodes
 * @param {unknown} value
 */
export function succeed(planning, nodes, value) {
  planning.change(force(planning.basisOf("force"), nodes, value));
}
