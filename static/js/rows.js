/**
 * What only the server's rows tell of a task, such as its worker: fetched in pages of 500 as somebody looks.
 *
 * A run of up to 5,000 tasks is paged in whole, so that it can be sorted, filtered and saved by it; of a larger one only what
 * is in sight. A task that has changed makes its page old, which is then asked for again, but not more than every two seconds.
 */

import { getRows } from "./api.js";

const PAGE = 500;
export const WHOLE = 5000; // tasks
const REST = 2000; // ms between requests for what has changed
const RETRY = 3000; // ms

/** @typedef {import("./types.js").NodeRow} NodeRow */

export class Rows {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    /** @type {Map<number, NodeRow>} */
    this.known = new Map();
    /** Pages that are there, and whether they are old. @type {Map<number, boolean>} */
    this.pages = new Map();
    /** @type {Set<number>} */
    this.wanted = new Set();
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  stop() {
    clearTimeout(this.later);
    this.busy = true;
  }

  /** @param {number} index */
  get(index) {
    return this.known.get(index) ?? null;
  }

  /** Somebody looks at these. @param {Iterable<number>} indexes */
  want(indexes) {
    for (const index of indexes) this.wanted.add(Math.floor(index / PAGE));
    if (!this.busy && this.#next() !== undefined) this.#fetch();
  }

  /** These have changed. @param {Iterable<number>} indexes */
  touch(indexes) {
    for (const index of indexes) {
      const page = Math.floor(index / PAGE);
      if (this.pages.has(page)) this.pages.set(page, true);
    }
  }

  /** All of `indexes` are known. @param {Iterable<number>} indexes */
  hold(indexes) {
    for (const index of indexes) if (!this.known.has(index)) return false;
    return true;
  }

  #next() {
    for (const page of this.wanted) if (this.pages.get(page) !== false) return page;
    return undefined;
  }

  async #fetch() {
    const page = this.#next();
    if (page === undefined) return;
    this.busy = true;
    this.wanted.delete(page);
    const isOld = this.pages.has(page);
    this.pages.set(page, false);
    let rest = isOld ? REST : 0;
    try {
      const { nodes } = await getRows(this.run, page * PAGE - 1, PAGE);
      for (const node of nodes) this.known.set(node.index, node);
      this.changed();
    } catch {
      this.pages.set(page, true); // the page says that it is stale; what is there stays
      this.wanted.add(page);
      rest = RETRY;
    }
    this.later = setTimeout(() => {
      this.busy = false;
      this.#fetch();
    }, rest);
  }
}
