/**
 * The runs that the list shows: pages from the server, newest first, kept current by what the socket tells.
 *
 * New runs come in on top; while somebody reads further down they are held back, and counted. A run that no longer fits the
 * filter leaves. Where only the server can tell whether a new run fits, the first page is asked for again, at most every two seconds.
 */

import { getRuns } from "./api.js";
import { askFilters, fits } from "./filters.js";
import { now } from "./time.js";

const RETRY = 2000; // ms
const BETWEEN = 2000; // ms

/**
 * @typedef {import("./types.js").RunSummary} RunSummary
 * @typedef {import("./filters.js").Filters} Filters
 */

export class Listing {
  /**
   * @param {Filters} filters
   * @param {object} to
   * @param {() => void} to.changed
   * @param {() => boolean} to.isReading  the newest runs are out of sight
   * @param {number} [to.size]  runs of one page
   * @param {boolean} [to.led]  what only the server's list tells of a run is shown
   */
  constructor(filters, { changed, isReading, size = 100, led = false }) {
    this.changed = changed;
    this.isReading = isReading;
    this.size = size;
    this.led = led;
    this.filters = filters;
    this.set(filters);
  }

  /** Begin anew. @param {Filters} filters */
  set(filters) {
    this.filters = filters;
    /** @type {Map<string, RunSummary>} */
    this.runs = new Map();
    /** New ones that are not shown yet. @type {Map<string, RunSummary>} */
    this.held = new Map();
    /** @type {string | null} */
    this.next = null;
    this.singles = 0;
    this.capped = false;
    this.loaded = false;
    this.loading = false;
    /** @type {string | null} */
    this.problem = null;
    clearTimeout(this.later);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  /** Newest first. */
  get shown() {
    return [...this.runs.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
  }

  /** Ask for the newest. */
  async ask() {
    const { filters } = this;
    clearTimeout(this.later);
    this.later = undefined;
    try {
      const page = await getRuns(askFilters(filters, now()), null, this.size);
      if (filters !== this.filters) return;
      this.singles = page.singles ?? 0;
      this.capped = page.singles_capped ?? false;
      if (!this.loaded) this.next = page.next;
      this.#weed(page);
      for (const run of page.runs) this.#put(run);
      this.loaded = true;
      this.problem = null;
    } catch (problem) {
      if (filters !== this.filters) return;
      const { message, status } = /** @type {import("./api.js").ApiError} */ (problem);
      this.problem = message;
      if (status === 0 || status >= 500) this.#askSoon(RETRY);
    }
    this.changed();
  }

  /** Those that the server would list among these, and does not: they no longer fit. @param {{runs: RunSummary[], next: string | null}} page */
  #weed({ runs, next }) {
    const listed = new Set(runs.map(({ id }) => id));
    const oldest = next === null ? -Infinity : Math.min(...runs.map(({ created }) => created));
    for (const { id, created } of this.runs.values()) {
      if (created > oldest && !listed.has(id)) this.runs.delete(id);
    }
  }

  /** @param {number} wait */
  #askSoon(wait) {
    this.later ??= setTimeout(() => this.ask(), wait);
  }

  /** Older ones. */
  async more() {
    const { filters, next } = this;
    if (next === null || this.loading) return;
    this.loading = true;
    this.changed();
    try {
      const page = await getRuns(askFilters(filters, now()), next, this.size);
      if (filters !== this.filters) return;
      this.next = page.next;
      for (const run of page.runs) this.#keep(this.runs, run);
      this.problem = null;
    } catch (problem) {
      if (filters !== this.filters) return;
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.loading = false;
    this.changed();
  }

  /** What the socket tells. @param {RunSummary[]} runs */
  take(runs) {
    const oldest =
      this.next === null ? -Infinity : Math.min(...[...this.runs.values()].map((run) => run.created));
    for (const run of runs) {
      const verdict = fits({ ...this.#known(run.id), ...run }, this.filters, now());
      if (verdict === false) {
        this.runs.delete(run.id);
        this.held.delete(run.id);
      } else if (this.#known(run.id)) this.#put(run);
      else if (run.created < oldest)
        continue; // it comes with its page
      else if (verdict === null) this.#askSoon(BETWEEN);
      else this.#put(run);
      if (this.led && verdict && this.#known(run.id)?.attempt === undefined) this.#askSoon(BETWEEN);
    }
    this.changed();
  }

  /** Runs that have become part of others. @param {string[]} ids */
  drop(ids) {
    for (const id of ids) {
      this.runs.delete(id);
      this.held.delete(id);
    }
    this.changed();
  }

  /** @param {string} id */
  #known(id) {
    return this.runs.get(id) ?? this.held.get(id);
  }

  /** @param {RunSummary} run */
  #put(run) {
    if (this.runs.has(run.id)) this.#keep(this.runs, run);
    else this.#keep(this.loaded && this.isReading() ? this.held : this.runs, run);
  }

  /**
   * @param {Map<string, RunSummary>} where
   * @param {RunSummary} run
   */
  #keep(where, run) {
    const known = where.get(run.id);
    if (!known || run.seq >= known.seq) where.set(run.id, { ...known, ...run });
  }

  /** Let in those that were held back. */
  show() {
    for (const run of this.held.values()) this.#keep(this.runs, run);
    this.held.clear();
    this.changed();
  }
}
