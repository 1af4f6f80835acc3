/**
 * How long the members of each card took: the middle and the greatest duration of those that have finished.
 *
 * Exact, and so reckoned anew where members have changed, but once a second at most: 100,000 take some ten milliseconds.
 */

import { spread } from "./members.js";

const BETWEEN = 1000; // ms

/** @typedef {{median: number, max: number}} Took  seconds */

export class CardTimes {
  /** @param {import("./types.js").FoldCard[]} cards */
  constructor(cards) {
    this.cards = cards;
    /** By the place of the card; null where nobody has finished. @type {Array<Took | null>} */
    this.took = cards.map(() => null);
    /** Places of cards of which members have changed. @type {Set<number>} */
    this.old = new Set(cards.keys());
    this.last = -BETWEEN;
  }

  /** ms until it may reckon again; null where nothing has changed. */
  get wait() {
    return this.old.size ? Math.max(0, this.last + BETWEEN - performance.now()) : null;
  }

  /** @param {Iterable<number>} places */
  touch(places) {
    for (const place of places) this.old.add(place);
  }

  /**
   * Reckon what has changed, if it may.
   * @param {import("./state.js").RunState} state
   * @returns {Iterable<number>}  the places of the cards that were
   */
  refresh(state) {
    if (this.wait !== 0) return [];
    this.last = performance.now();
    const places = this.old;
    this.old = new Set();
    for (const place of places) {
      const { kind, members } = this.cards[place];
      this.took[place] = kind === "many" ? spread(members, state) : null;
    }
    return places;
  }
}
