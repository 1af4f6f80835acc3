/**
 * When the tasks of a run were what, beyond what each page knows: sent, received, the critical path, an estimate of the end.
 *
 * Asked for when it is wanted, and again while the run goes on: what has changed alone, the less often the longer an answer
 * takes, and seldom where nobody looks.
 */

import { getColumns, getTimeline } from "./api.js";

const BETWEEN = 1500; // ms, between two questions
const SELDOM = 8000; // ms, where nobody looks at more than the estimate
const EASE = 8; // times as long as the last answer took
const RETRY = 4000; // ms, after the server could not be reached

export class Spells {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    this.sent = new Float64Array(0);
    this.received = new Float64Array(0);
    this.tries = new Uint16Array(0);
    /** What the server works out. @type {import("./types.js").Timeline | null} */
    this.told = null;
    /** When each that never ran was over, by index. @type {Map<number, number>} */
    this.settled = new Map();
    this.seq = -1; // of what is in here
    this.wanted = -1; // the newest that is known of
    this.asking = false;
    this.isSoon = false; // somebody looks at it
    this.last = performance.now(); // when it was asked for last, or the page was opened
    this.due = 0; // not to be asked for before
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  stop() {
    clearTimeout(this.later);
  }

  /**
   * There is something newer than what is in here, if so.
   * @param {number} seq
   * @param {{soon?: boolean}} [how]  soon: somebody looks at it
   */
  want(seq, { soon = true } = {}) {
    this.wanted = Math.max(this.wanted, seq);
    this.isSoon = soon;
    if (this.wanted <= this.seq || this.asking) return;
    const at = soon ? this.due : Math.max(this.due, this.last + SELDOM);
    clearTimeout(this.later);
    this.later = setTimeout(() => this.#ask(), Math.max(0, at - performance.now()));
  }

  async #ask() {
    this.asking = true;
    this.last = performance.now();
    let wait = BETWEEN;
    try {
      const [columns, told] = await Promise.all([
        getColumns(this.run, ["sent", "received", "retries"], Math.max(0, this.seq)),
        getTimeline(this.run),
      ]);
      this.#take(columns);
      this.told = told;
      this.settled = new Map(told.settled.map(([index, ms]) => [index, (told.began ?? 0) + ms / 1000]));
      this.seq = Math.min(columns.seq, told.seq);
      this.changed();
      wait = Math.max(BETWEEN, EASE * (performance.now() - this.last));
    } catch {
      wait = RETRY;
    }
    this.asking = false;
    this.due = performance.now() + wait;
    this.want(this.wanted, { soon: this.isSoon });
  }

  /** @param {import("./types.js").Columns} columns */
  #take({ index, of }) {
    const count = of.sent.values.length;
    const size = index ? Math.max(-1, ...index.slice(-1)) + 1 : count;
    if (size > this.sent.length) {
      this.sent = enlarged(this.sent, size);
      this.received = enlarged(this.received, size);
      const tries = new Uint16Array(size);
      tries.set(this.tries);
      this.tries = tries;
    }
    for (let place = 0; place < count; place += 1) {
      const at = index ? index[place] : place;
      this.sent[at] = of.sent.values[place] ?? NaN;
      this.received[at] = of.received.values[place] ?? NaN;
      this.tries[at] = of.retries.values[place];
    }
  }

  /** When the first thing happened in the run; NaN where nothing has, or nobody knows yet. */
  get began() {
    return this.told?.began ?? NaN;
  }

  /** Since when a task was in a queue, the last time; NaN where nobody knows. @param {number} index */
  asked(index) {
    const sent = this.sent[index] ?? NaN;
    const received = this.received[index] ?? NaN;
    const [first, second] = this.tries[index] > 0 ? [received, sent] : [sent, received];
    return Number.isNaN(first) ? second : first;
  }
}

/**
 * @param {Float64Array} column
 * @param {number} size
 */
function enlarged(column, size) {
  const larger = new Float64Array(size).fill(NaN);
  larger.set(column);
  return larger;
}
