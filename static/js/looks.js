/**
 * What tasks look like: as their state is, but where a mark or a plan says more.
 *
 * On a run that was made of another one some results were taken over, and some tasks are held. While a resubmission is
 * planned, each task looks like what the plan does with it.
 */

import { LOOKS, NONE, stateOf, word } from "./states.js";

/** @typedef {import("./state.js").RunState} RunState */

/** What a plan does with a task, by its letter. @type {Record<string, string>} */
export const ACTIONS = {
  r: "RUN",
  b: "STANDBY",
  u: "REUSED",
  k: "KEPT",
  f: "FORCED",
  s: "SKIPPED",
  l: "LEFT",
  a: "PENDING",
  h: "HELD",
};

const PAST = "p".charCodeAt(0); // of a run that goes on: stays as it is

/** @type {Record<string, string>} */
const MARKS = { reused: "REUSED", kept: "KEPT", forced: "FORCED" };

/** @param {string} look */
const codeOf = (look) => /** @type {readonly string[]} */ (LOOKS).indexOf(look);

const ACTION_CODES = new Uint8Array(128).fill(NONE);
for (const [letter, look] of Object.entries(ACTIONS)) ACTION_CODES[letter.charCodeAt(0)] = codeOf(look);

const [SUCCESS, PENDING, HELD] = ["SUCCESS", "PENDING", "HELD"].map(codeOf);

export class Looks {
  constructor() {
    /** Codes of marks by index; 0 where there is none. */
    this.marks = new Uint8Array(0);
    /** Letters by index, while a plan is made. @type {string | null} */
    this.actions = null;
    /** What else is said of a task in a plan. @type {(index: number) => string} */
    this.note = () => "";
  }

  /**
   * Take what marks there are; return whether any are other ones.
   * @param {number} size
   * @param {(index: number) => string | null} mark
   * @param {(index: number) => boolean} isHeld
   */
  mark(size, mark, isHeld) {
    const marks = new Uint8Array(size);
    for (let index = 0; index < size; index += 1) {
      const look = MARKS[mark(index) ?? ""];
      marks[index] = look ? codeOf(look) : isHeld(index) ? HELD : 0;
    }
    const isOther = marks.length !== this.marks.length || marks.some((each, at) => each !== this.marks[at]);
    this.marks = marks;
    return isOther;
  }

  /** @param {number} index */
  isHeld(index) {
    return this.marks[index] === HELD;
  }

  /** @param {RunState} state @returns {RunState}  the same one, with what its tasks look like */
  of(state) {
    if (this.actions === null && !this.marks.length) return state;
    const looks = this.actions === null ? this.#marked(state) : this.#planned(state, this.actions);
    if (this.actions === null) return { ...state, looks };
    const { actions } = this;
    return { ...state, looks, told: this.#teller(state), past: (index) => actions[index] === "p" };
  }

  /** @param {RunState} state */
  #marked({ codes }) {
    const looks = codes.slice();
    const size = Math.min(looks.length, this.marks.length);
    for (let index = 0; index < size; index += 1) {
      const mark = this.marks[index];
      if (mark && looks[index] === (mark === HELD ? PENDING : SUCCESS)) looks[index] = mark;
    }
    return looks;
  }

  /**
   * @param {RunState} state
   * @param {string} actions
   */
  #planned(state, actions) {
    const looks = this.#marked(state);
    for (let index = 0; index < looks.length; index += 1) {
      const letter = index < actions.length ? actions.charCodeAt(index) : 0;
      if (letter !== PAST) looks[index] = ACTION_CODES[letter];
    }
    return looks;
  }

  /** What stands on the card of a task: what becomes of it, and what it was. @param {RunState} state */
  #teller({ codes }) {
    const actions = this.actions ?? "";
    return (/** @type {number} */ index) => {
      const letter = actions[index];
      const was = stateOf(codes[index] ?? NONE);
      if (letter === "p") return `past · ${word(was)}`;
      if (letter === "a") return this.note(index) || "may still change";
      const look = ACTIONS[letter];
      if (!look) return "not in the new run";
      const parts = [word(look), this.note(index), was === "SUCCESS" || letter === "h" ? "" : word(was)];
      return parts.filter(Boolean).join(" · ");
    };
  }
}

/** What tasks look like, by index. @param {RunState} state */
export function looksOf(state) {
  return state.looks ?? state.codes;
}

/** Whether what is said of tasks is what a plan does with them. @param {RunState} state */
export function isPlanned(state) {
  return state.told !== undefined;
}

/**
 * The indexes that look different.
 * @param {Uint8Array} before
 * @param {Uint8Array} after
 */
export function differing(before, after) {
  /** @type {Set<number>} */
  const found = new Set();
  const size = Math.max(before.length, after.length);
  for (let index = 0; index < size; index += 1) if (before[index] !== after[index]) found.add(index);
  return found;
}
