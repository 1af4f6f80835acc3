/**
 * The states of nodes and runs: wire codes, words, glyphs, and which is worst.
 *
 * A glyph is drawn, not typed, so that it looks the same with every font. Its box is 18 x 18.
 */

/** The wire code of a state is its place in this list. */
export const STATES = /** @type {const} */ ([
  "PENDING",
  "SENT",
  "RECEIVED",
  "STARTED",
  "RETRY",
  "SUCCESS",
  "FAILURE",
  "REVOKED",
  "BLOCKED",
  "SKIPPED",
]);

/** What else a task can look like: marked on a run that was made of another, held, or in a plan; its code too. */
export const LOOKS = /** @type {const} */ ([
  ...STATES,
  "REUSED",
  "KEPT",
  "FORCED",
  "HELD",
  "RUN",
  "STANDBY",
  "LEFT",
]);

/** The code of what has no state: a join, or a node that is not known yet. */
export const NONE = 255;
export const STARTED = STATES.indexOf("STARTED");
export const FAILURE = STATES.indexOf("FAILURE");

/** In this order a state bar is filled, from done to not yet. */
export const BAR_ORDER = [
  "SUCCESS",
  "REUSED",
  "KEPT",
  "FORCED",
  "RUN",
  "FAILURE",
  "REVOKED",
  "BLOCKED",
  "SKIPPED",
  "LEFT",
  "STANDBY",
  "RETRY",
  "STARTED",
  "RECEIVED",
  "SENT",
  "HELD",
  "PENDING",
];

/** Those that ask for a person come first. */
export const URGENCY = [
  "RUN",
  "FAILURE",
  "RETRY",
  "REVOKED",
  "BLOCKED",
  "HELD",
  "STARTED",
  "STANDBY",
  "FORCED",
  "SUCCESS",
  "REUSED",
  "KEPT",
  "RECEIVED",
  "SENT",
  "LEFT",
  "SKIPPED",
  "PENDING",
];

/** @type {Record<string, string>} */
const WORDS = {
  PENDING: "pending",
  SENT: "sent",
  RECEIVED: "received",
  STARTED: "started",
  RETRY: "retrying",
  SUCCESS: "succeeded",
  FAILURE: "failed",
  REVOKED: "revoked",
  BLOCKED: "blocked",
  SKIPPED: "skipped",
  RUNNING: "running",
  REUSED: "reused",
  KEPT: "kept",
  FORCED: "marked success",
  HELD: "held",
  RUN: "runs again",
  STANDBY: "stands by",
  LEFT: "left out",
};

/** @type {Record<string, string>} */
const MEANINGS = {
  PENDING: "waits for its parents, or is held",
  SENT: "published to its queue",
  RECEIVED: "a worker holds it",
  STARTED: "a worker runs it",
  RETRY: "failed, will be tried again",
  SUCCESS: "has its result",
  FAILURE: "raised, timed out or got lost",
  REVOKED: "was revoked or expired",
  BLOCKED: "something before it failed",
  SKIPPED: "was not needed",
  REUSED: "its result was taken over from an earlier run",
  KEPT: "was done in an earlier run; nobody needs its result",
  FORCED: "somebody said that it succeeded, and with which result",
  HELD: "is not sent until it is released",
  RUN: "is sent again",
  STANDBY: "runs only if what it is for fails",
  LEFT: "is not part of what was chosen",
};

/** Strokes, and the parts that are filled instead. @type {Record<string, {stroke?: string, solid?: string}>} */
const GLYPHS = {
  PENDING: { solid: "M7.400 9a1.600 1.600 0 1 0 3.200 0a1.600 1.600 0 1 0-3.200 0" },
  SENT: {
    solid:
      "M3.600 9a1.300 1.300 0 1 0 2.600 0a1.300 1.300 0 1 0-2.600 0M7.700 9a1.300 1.300 0 1 0 2.600 0a1.300 1.300 0 1 0-2.600 0M11.800 9a1.300 1.300 0 1 0 2.600 0a1.300 1.300 0 1 0-2.600 0",
  },
  STARTED: { solid: "M6.500 4.800v8.400l6.700-4.200z" },
  RETRY: { stroke: "M13.300 9.600a4.400 4.400 0 1 1-1.300-3.700L13.400 7.300M13.400 4.500v2.900h-2.900" },
  SUCCESS: { stroke: "M4.800 9.500l2.900 2.900 5.500-6.300" },
  FAILURE: { stroke: "M5.500 5.500l7 7M12.500 5.500l-7 7" },
  REVOKED: {
    stroke: "M4.400 9a4.600 4.600 0 1 0 9.200 0a4.600 4.600 0 1 0-9.200 0M5.800 12.200l6.400-6.400",
  },
  BLOCKED: { stroke: "M4.300 9h5.700M7.600 6.300L10.200 9l-2.600 2.700M13.200 4.800v8.400" },
  SKIPPED: { stroke: "M4 11.500c1.200-5.200 6.600-5.600 8.800-1.200M13.600 7.300v3.400h-3.300" },
};
GLYPHS.RECEIVED = GLYPHS.SENT;
GLYPHS.REUSED = { stroke: "M4.700 9.600a4.400 4.400 0 1 0 1.300-3.700L4.600 7.300M4.600 4.500v2.900h2.900" };
GLYPHS.KEPT = { stroke: "M4.800 7.500l2.900 2.900 5.500-6.300M5 14h8" };
GLYPHS.FORCED = {
  stroke:
    "M6.200 5.500l2.200 2.200 4-4.600M2.500 10.800h3l2.300 1.100h3.200c.9 0 .9 1.500 0 1.500H8.500M11.800 12.300l2.400-1.200c.9-.4 1.600.7.8 1.300l-3.500 2.600c-.5.4-1.100.5-1.700.4l-4.300-.8h-3",
};
GLYPHS.HELD = { stroke: "M6.700 5.200v7.600M11.300 5.200v7.600" };
GLYPHS.RUN = GLYPHS.STARTED;
GLYPHS.STANDBY = { stroke: "M9 4.300v5.700M9 13.400v.1" };
GLYPHS.LEFT = { stroke: "M5 9h8" };
GLYPHS.RUNNING = GLYPHS.STARTED;

/** @param {string} state */
export function word(state) {
  return WORDS[state] ?? state.toLowerCase();
}

/** @param {string} state */
export function meaning(state) {
  return MEANINGS[state] ?? "";
}

/** @param {string} state */
export function glyph(state) {
  return GLYPHS[state] ?? GLYPHS.PENDING;
}

/** What a code says: a state, or what else a task can look like. @param {number} code */
export function stateOf(code) {
  return LOOKS[code] ?? "PENDING";
}

/** @param {string} state */
export function isLive(state) {
  return state === "PENDING" || state === "RUNNING";
}

const OVER = ["SUCCESS", "REUSED", "KEPT", "FORCED", "FAILURE", "REVOKED", "BLOCKED", "SKIPPED"];

/** Whether a task in that state will not change any more. @param {string} state */
export function isOver(state) {
  return OVER.includes(state);
}

/**
 * The state that asks for a person first, among the runs that are still going.
 * @param {Iterable<{state: string, counts: Record<string, number>}>} runs
 * @returns {string | null}  null when nothing is going on
 */
export function worst(runs) {
  const order = ["PENDING", "RUNNING", "RETRY", "REVOKED", "FAILURE"];
  let rank = -1;
  for (const { state, counts } of runs) {
    if (!isLive(state)) continue;
    const found = order.findLast((name) => name === state || (counts[name] && name !== "PENDING"));
    rank = Math.max(rank, order.indexOf(found ?? state));
  }
  return order[rank] ?? null;
}
