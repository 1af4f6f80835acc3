/**
 * What the cards of a folded graph count: how many members of each are in which state.
 *
 * Kept by change: a message that touches ten nodes costs ten steps, however many nodes there are.
 */

import { CardTimes } from "./cardtimes.js";
import { BAR_ORDER, FAILURE, isOver, LOOKS, NONE, URGENCY, word } from "./states.js";

/** @typedef {import("./types.js").FoldCard} FoldCard */

/** @type {Record<string, string>} */
const WORDS = {
  SUCCESS: "done",
  FAILURE: "failed",
  STARTED: "running",
  RETRY: "retrying",
  RUN: "run again",
  STANDBY: "stand by",
};

/**
 * @typedef {object} Tally  what a card of many shows
 * @property {string} state  the one that stands for all where there is room for one
 * @property {Array<[state: string, count: number]>} bar  from done to not yet
 * @property {Array<[state: string, count: number]>} told  what asks for a person first
 * @property {string} held
 * @property {number} over  what share of them will not change any more, 0 to 1
 * @property {import("./cardtimes.js").Took | null} took  null where none has finished
 * @property {number} found  how many of what is looked for; 0 too when nothing is
 */

export class Fold {
  /**
   * @param {import("./types.js").Folding} folding
   * @param {Uint8Array} codes  the states of the nodes
   */
  constructor(folding, codes) {
    this.folding = folding;
    let size = codes.length;
    for (const { members } of folding.cards)
      for (const [first, count] of members) size = Math.max(size, first + count);
    /** The card of each node, by its place; -1 where it has none. */
    this.homes = new Int32Array(size).fill(-1);
    this.codes = new Uint8Array(size).fill(NONE);
    /** How many of what is looked for each has. */
    this.found = new Int32Array(folding.cards.length);
    this.counts = folding.cards.map(() => new Int32Array(LOOKS.length));
    this.planned = false; // they count what a plan does with their members, and how long those took is no matter
    this.times = new CardTimes(folding.cards);
    folding.cards.forEach(({ members }, place) => {
      for (const [first, count] of members) this.homes.fill(place, first, first + count);
    });
    this.update(codes, codes.keys());
  }

  /** @param {number} index  of a node */
  home(index) {
    return this.homes[index] ?? -1;
  }

  /**
   * @param {Uint8Array} codes
   * @param {Iterable<number>} touched
   * @returns {Set<number>} the places of cards that look different now
   */
  update(codes, touched) {
    /** @type {Set<number>} */
    const changed = new Set();
    for (const index of touched) {
      const place = this.home(index);
      if (place < 0) continue;
      const counts = this.counts[place];
      const [old, code] = [this.codes[index], codes[index] ?? NONE];
      if (old < counts.length) counts[old] -= 1;
      if (code < counts.length) counts[code] += 1;
      this.codes[index] = code;
      changed.add(place);
    }
    this.times.touch(changed);
    return changed;
  }

  /** Count what was found; return the places of cards that have any, or had. @param {Iterable<number>} indexes */
  seek(indexes) {
    const before = this.found;
    this.found = new Int32Array(before.length);
    for (const index of indexes) if (this.home(index) >= 0) this.found[this.home(index)] += 1;
    return new Set([...before.keys()].filter((place) => before[place] !== this.found[place]));
  }

  /** @param {number} place @returns {Tally} */
  tally(place) {
    const counts = this.counts[place];
    const of = (/** @type {string[]} */ order) =>
      order
        .map((state) => /** @type {[string, number]} */ ([state, counts[code(state)]]))
        .filter(([, count]) => count > 0);
    const told = of(URGENCY);
    const bar = of(BAR_ORDER);
    const sum = (/** @type {Tally["bar"]} */ parts) => parts.reduce((all, [, count]) => all + count, 0);
    const over = this.planned ? 0 : sum(bar.filter(([state]) => isOver(state))) / (sum(bar) || 1);
    const took = this.planned ? null : this.times.took[place];
    const found = this.found[place];
    return { state: told[0]?.[0] ?? "PENDING", bar, told, held: "", over, took, found };
  }

  /** How many of a card have failed. @param {number} place */
  failed(place) {
    return this.counts[place][FAILURE];
  }
}

/** @param {string} state */
function code(state) {
  return /** @type {readonly string[]} */ (LOOKS).indexOf(state);
}

/** "3 failed". @param {[state: string, count: number]} counted */
export function counted([state, count]) {
  return `${count.toLocaleString("en")} ${WORDS[state] ?? word(state)}`;
}

/**
 * Where the frames around repeats go, the outermost first. Those around one card are not drawn: its count says it.
 * @param {import("./types.js").Frame[]} frames
 * @param {Map<number, {x: number, y: number, height: number}>} cards  by place
 * @param {number} width  of a card
 */
export function framed(frames, cards, width) {
  const real = frames.filter((frame) => frame.cards.filter((place) => cards.has(place)).length > 1);
  return real.map((frame) => {
    const mine = frame.cards.flatMap((place) => cards.get(place) ?? []);
    const within = real.filter((other) => other !== frame && holds(frame, other)).length;
    const pad = 14 + 20 * Math.min(within, 4);
    const left = Math.min(...mine.map(({ x }) => x)) - pad;
    const top = Math.min(...mine.map(({ y }) => y)) - pad;
    const right = Math.max(...mine.map(({ x }) => x + width)) + pad;
    const bottom = Math.max(...mine.map(({ y, height }) => y + height)) + pad;
    const how = frame.how === "series" ? "one after another" : "side by side";
    return {
      x: left,
      y: top,
      width: right - left,
      height: bottom - top,
      label: `×${frame.times.toLocaleString("en")}`,
      how,
    };
  });
}

/**
 * @param {import("./types.js").Frame} outer
 * @param {import("./types.js").Frame} inner
 */
function holds(outer, inner) {
  return inner.cards.length < outer.cards.length && inner.cards.every((place) => outer.cards.includes(place));
}
