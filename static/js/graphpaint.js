/**
 * What the cards of a graph show: each the state of the moment, at the level of detail that it has.
 *
 * A change of state touches its card alone. Cards of many change with each of theirs, so that a folded graph gathers
 * changes before it is painted.
 */

import { Card, FAR, faceOf } from "./card.js";
import { isOver } from "./frontier.js";
import { holds } from "./held.js";
import { isPlanned, looksOf } from "./looks.js";
import { Many } from "./many.js";
import { elapsed } from "./state.js";
import { lookedAt } from "./time.js";

const BETWEEN = 100; // ms, where each card counts many

/**
 * @typedef {import("./deck.js").Drawn} Drawn
 * @typedef {import("./state.js").RunState} RunState
 */

export class Paint {
  /**
   * @param {import("./deck.js").Deck} deck
   * @param {() => void} painted  some cards look different
   */
  constructor(deck, painted) {
    this.deck = deck;
    this.painted = painted;
    /** @type {RunState | null} */
    this.state = null;
    /** What holds each. @type {(index: number) => string} */
    this.holds = () => "";
    /** What changed since the last paint of a folded graph. @type {Set<number>} */
    this.dirty = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.painting = undefined;
  }

  stop() {
    clearTimeout(this.painting);
  }

  /** The cards are others; they are drawn once they have a level. @param {RunState} state */
  show(state) {
    this.#know(state);
    this.dirty.clear();
    this.deck.fold?.times.refresh(state);
  }

  /**
   * Draw what has changed.
   * @param {RunState} state
   * @param {Set<number>} touched
   */
  update(state, touched) {
    this.#know(state);
    const { fold } = this.deck;
    if (fold) {
      for (const place of fold.update(looksOf(state), touched)) this.dirty.add(place);
      this.painting ??= setTimeout(() => this.#paint(), BETWEEN);
      return;
    }
    this.redraw(touched);
    if (touched.size) this.painted();
  }

  /** What changed is painted at once: somebody has asked for it. */
  flush() {
    if (this.painting === undefined) return;
    clearTimeout(this.painting);
    this.#paint();
  }

  /** @param {RunState} state */
  #know(state) {
    this.state = state;
    this.holds = state.told ?? holds(state);
    if (this.deck.fold) this.deck.fold.planned = isPlanned(state);
  }

  #paint() {
    this.painting = undefined;
    const dirty = this.dirty;
    this.dirty = new Set();
    const times = this.deck.fold?.times;
    if (times && this.state) for (const place of times.refresh(this.state)) dirty.add(place);
    const { wait = null } = times ?? {};
    if (wait !== null) this.painting = setTimeout(() => this.#paint(), Math.max(wait, BETWEEN));
    this.redraw(dirty);
    if (dirty.size) this.painted();
  }

  /** @param {Set<number>} changed  keys of cards */
  redraw(changed) {
    for (const [key, card] of this.deck.cards) {
      // What holds a task changes with others, and with the run.
      const held = card instanceof Card && card.face.held !== this.holds(card.node.index);
      if (changed.has(key) || held) this.#draw(card, Math.max(FAR, card.level));
    }
  }

  /**
   * Give cards their level of detail.
   * @param {number} level
   * @param {Set<Drawn>} seen  which have it; the others are drawn as from afar
   */
  level(level, seen) {
    for (const card of this.deck.cards.values()) {
      const wanted = seen.has(card) ? level : FAR;
      if (card.level !== wanted) this.#draw(card, wanted);
    }
  }

  /** Tell how long what runs has been running. */
  tick() {
    if (!this.state) return;
    for (const card of this.deck.cards.values()) {
      if (card instanceof Many || card.face.state !== "STARTED" || !card.time) continue;
      const seconds = elapsed(this.state, card.node.index, lookedAt());
      if (seconds !== null) card.tick(seconds);
    }
  }

  /**
   * @param {Drawn} card
   * @param {number} level
   */
  #draw(card, level) {
    const state = /** @type {RunState} */ (this.state);
    const { fold } = this.deck;
    const isPast = state.past !== undefined && isOver(card, state.past);
    for (const part of [card.box, card.details]) part.classList.toggle("past", isPast);
    if (card instanceof Card) card.draw(faceOf(state, card.node.index, this.holds(card.node.index)), level);
    else if (fold) card.draw(fold.tally(card.key), level);
  }
}
