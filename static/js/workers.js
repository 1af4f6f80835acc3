/** Which worker had each node: fetched when somebody asks, then what has changed, every two seconds at most. */

import { getColumns } from "./api.js";

const REST = 2000; // ms

export class Workers {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    this.seq = 0;
    /** @type {Array<string | null>} */
    this.names = [];
    /** Places of names plus one, by index; 0 where nobody knows. */
    this.codes = new Uint32Array(0);
    this.isOld = true;
    this.busy = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  stop() {
    clearTimeout(this.later);
    this.busy = true;
  }

  /** @param {number} index */
  of(index) {
    return this.names[(this.codes[index] ?? 0) - 1] ?? null;
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
      this.#take(await getColumns(this.run, ["worker"], this.seq));
      this.changed();
    } catch {
      this.isOld = true; // the page says that it is stale; what is there stays
    }
    this.later = setTimeout(() => {
      this.busy = false;
      if (this.isOld) this.changed();
    }, REST);
  }

  /** @param {import("./types.js").Columns} columns */
  #take({ seq, index, of: { worker } }) {
    const { values, codes } = worker;
    if (!codes) return;
    this.seq = seq;
    const places = values.map((name) => {
      const known = this.names.indexOf(name);
      return (known < 0 ? this.names.push(name) - 1 : known) + 1;
    });
    const size = index ? Math.max(-1, ...index.slice(-1)) + 1 : codes.length;
    if (size > this.codes.length) {
      const grown = new Uint32Array(size);
      grown.set(this.codes);
      this.codes = grown;
    }
    codes.forEach((code, at) => {
      this.codes[index ? index[at] : at] = places[code];
    });
  }
}
