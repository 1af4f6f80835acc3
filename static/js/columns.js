/**
 * What only the server tells of all tasks, such as their workers: fetched when somebody looks, column by column, and then what has
 * changed, every two seconds at most.
 */

import { getColumns } from "./api.js";

const REST = 2000; // ms

class Column {
  constructor() {
    /** Each value once, where few are had by many. @type {any[]} */
    this.words = [];
    /** @type {Map<any, number>} */
    this.places = new Map();
    /** Places of words plus one, by index; 0 where nothing is known. */
    this.codes = new Uint32Array(0);
    /** By index, where each has its own. @type {any[] | null} */
    this.values = null;
  }

  /** @param {number} index */
  get(index) {
    if (this.values) return this.values[index] ?? null;
    return this.words[(this.codes[index] ?? 0) - 1] ?? null;
  }

  /**
   * @param {import("./types.js").Column} column
   * @param {number[] | null} index
   */
  take({ values, codes }, index) {
    if (!codes) {
      if (index) for (const [at, value] of values.entries()) this.#own(index[at], value);
      else this.values = values;
      return;
    }
    const places = values.map((word) => this.#place(word));
    const size = index ? (index.at(-1) ?? -1) + 1 : codes.length;
    if (size > this.codes.length) {
      const grown = new Uint32Array(size);
      grown.set(this.codes);
      this.codes = grown;
    }
    codes.forEach((code, at) => {
      this.codes[index ? index[at] : at] = places[code];
    });
  }

  /**
   * @param {number} index
   * @param {any} value
   */
  #own(index, value) {
    this.values ??= [];
    this.values[index] = value;
  }

  /** @param {any} word */
  #place(word) {
    let place = this.places.get(word);
    if (place === undefined) {
      place = this.words.push(word);
      this.places.set(word, place);
    }
    return place;
  }
}

export class Columns {
  /**
   * @param {string} run
   * @param {string[]} names
   * @param {() => void} changed
   */
  constructor(run, names, changed) {
    this.run = run;
    this.changed = changed;
    /** @type {Map<string, Column>} */
    this.known = new Map(names.map((name) => [name, new Column()]));
    this.isThere = false;
    this.seq = 0;
    this.isOld = true;
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  stop() {
    clearTimeout(this.later);
    this.busy = true;
  }

  /**
   * @param {string} name
   * @param {number} index
   */
  get(name, index) {
    return this.known.get(name)?.get(index) ?? null;
  }

  /** Each value of a column that many have. @param {string} name */
  words(name) {
    return this.known.get(name)?.words ?? [];
  }

  /** Some nodes have changed. */
  touch() {
    this.isOld = true;
  }

  /** Somebody looks. */
  async want() {
    if (this.busy || !this.isOld) return;
    this.busy = true;
    this.isOld = false;
    try {
      const { seq, index, of } = await getColumns(this.run, [...this.known.keys()], this.seq);
      for (const [name, column] of this.known) column.take(of[name], index);
      this.seq = seq;
      this.isThere = true;
      this.changed();
    } catch {
      this.isOld = true; // the page says that it is stale; what is there stays
    }
    this.later = setTimeout(() => {
      this.busy = false;
      if (this.isOld) this.changed();
    }, REST);
  }
}
