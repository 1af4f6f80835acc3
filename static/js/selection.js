/** The tasks that somebody has picked, to do the same with all of them. */

export class Selection {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {Set<number>} */
    this.indexes = new Set();
    /** Where a range begins. @type {number | null} */
    this.anchor = null;
  }

  get size() {
    return this.indexes.size;
  }

  /** @param {number} index */
  has(index) {
    return this.indexes.has(index);
  }

  /** Pick it, or no longer. @param {number} index */
  toggle(index) {
    if (!this.indexes.delete(index)) this.indexes.add(index);
    this.anchor = index;
    this.changed();
  }

  /** @param {Iterable<number>} indexes */
  add(indexes) {
    for (const index of indexes) this.indexes.add(index);
    this.changed();
  }

  /**
   * Pick all from the last picked one to `index`, as they are listed.
   * @param {number} index
   * @param {number[]} order
   */
  extend(index, order) {
    const from = order.indexOf(this.anchor ?? index);
    const to = order.indexOf(index);
    const [low, high] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    this.anchor ??= index;
    this.add(order.slice(low, high + 1));
  }

  /** @param {Iterable<number>} indexes */
  set(indexes) {
    this.indexes = new Set(indexes);
    this.anchor = null;
    this.changed();
  }

  clear() {
    if (this.indexes.size) this.set([]);
  }
}

/**
 * How a click or a key asks to pick rather than to open.
 * @param {MouseEvent | KeyboardEvent} event
 * @returns {"toggle" | "extend" | null}
 */
export function picking(event) {
  if (event.shiftKey) return "extend";
  return event.ctrlKey || event.metaKey ? "toggle" : null;
}
