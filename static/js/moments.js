/**
 * A finished run as it was at any moment, from the times of its tasks. To go on or back costs what has changed between.
 *
 * A task is SENT, RECEIVED and STARTED from when it was so the last time, and what it ended as from when it did: earlier attempts
 * are not told apart. Where clocks disagree, what comes before moves to what comes after.
 */

import { NONE, STATES } from "./states.js";

const STEPS = 4; // sent, received, started, over: the codes of the first three are their places in STATES
const OVER = 3;
const PENDING = 0;

/** @typedef {import("./state.js").RunState} RunState */

export class Moments {
  /**
   * @param {RunState} state  as it ended
   * @param {import("./spells.js").Spells} spells
   */
  constructor(state, spells) {
    this.end = state;
    this.from = spells.began;
    this.to = state.run?.finished ?? this.from;
    const size = state.codes.length;
    this.size = size;
    /** When each task was what, by its index times STEPS; in ms after the beginning. NaN where it never was. */
    this.at = new Float64Array(size * STEPS).fill(NaN);
    for (let index = 0; index < size; index += 1) this.#read(index, spells);
    // Each step by its time and then its place, as one number: numbers are sorted faster than anything else.
    const keys = new Float64Array(this.at.length);
    let count = 0;
    for (let step = 0; step < this.at.length; step += 1) {
      if (!Number.isNaN(this.at[step])) keys[count++] = Math.round(this.at[step]) * this.at.length + step;
    }
    this.keys = keys.subarray(0, count).sort();
    this.done = 0; // of the steps
    /** How many tasks were tried more than once. */
    this.again = state.retries.reduce((sum, tries) => sum + (tries > 0 ? 1 : 0), 0);
    this.codes = state.codes.map((code) => (code === NONE ? NONE : PENDING));
    this.started = new Float64Array(size).fill(NaN);
    this.finished = new Float64Array(size).fill(NaN);
    this.retries = new Uint16Array(size);
    this.counts = new Int32Array(STATES.length);
    for (const code of this.codes) if (code !== NONE) this.counts[PENDING] += 1;
  }

  /** @param {number} index @param {import("./spells.js").Spells} spells */
  #read(index, spells) {
    const { codes, started, finished } = this.end;
    if (codes[index] === NONE || codes[index] === PENDING) return;
    const since = (/** @type {number} */ at) => Math.max(0, (at - this.from) * 1000);
    const ended = finished[index];
    // What never ran and of which nobody knows when that was decided, was so at the end.
    const over = Number.isNaN(ended) ? (spells.settled.get(index) ?? this.to) : ended;
    let next = since(over);
    this.at[index * STEPS + OVER] = next;
    const before = [spells.sent[index], spells.received[index], started[index]];
    for (let step = OVER - 1; step >= 0; step -= 1) {
      const at = since(before[step] ?? NaN);
      if (Number.isNaN(at)) continue;
      next = Math.min(next, at);
      this.at[index * STEPS + step] = next;
    }
  }

  /** Go to a moment. @param {number} at  seconds since the epoch @returns {Set<number>}  what looks different there */
  go(at) {
    const until = (Math.round((at - this.from) * 1000) + 1) * this.at.length; // the first key that is later
    /** @type {Set<number>} */
    const touched = new Set();
    while (this.done < this.keys.length && this.keys[this.done] < until)
      this.#step(this.done++, true, touched);
    while (this.done > 0 && this.keys[this.done - 1] >= until) this.#step(--this.done, false, touched);
    return touched;
  }

  /** @param {number} place @param {boolean} forwards @param {Set<number>} touched */
  #step(place, forwards, touched) {
    const key = this.keys[place] % this.at.length;
    const index = Math.floor(key / STEPS);
    const step = key % STEPS;
    const { end } = this;
    const after = step === OVER ? end.codes[index] : step + 1;
    const code = forwards ? after : this.#before(key);
    this.counts[this.codes[index]] -= 1;
    this.counts[code] += 1;
    this.codes[index] = code;
    if (step === OVER) this.finished[index] = forwards ? end.finished[index] : NaN;
    if (step === OVER - 1) {
      this.started[index] = forwards ? end.started[index] : NaN;
      this.retries[index] = forwards ? end.retries[index] : 0;
    }
    touched.add(index);
  }

  /** What a task was before a step. @param {number} key */
  #before(key) {
    for (let step = (key % STEPS) - 1; step >= 0; step -= 1) {
      if (!Number.isNaN(this.at[key - (key % STEPS) + step])) return step + 1;
    }
    return PENDING;
  }

  /** How many tasks are in each state. @returns {Record<string, number>} */
  get tally() {
    const counted = STATES.map((state, code) => /** @type {const} */ ([state, this.counts[code]]));
    return Object.fromEntries(counted.filter(([, count]) => count > 0));
  }

  /** What the run was then. */
  get state() {
    if (this.done === this.keys.length) return this.end.run?.state ?? "PENDING";
    return this.done ? "RUNNING" : "PENDING";
  }
}
