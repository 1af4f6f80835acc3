/**
 * Pointer and keyboard on the cards of a graph: one is opened, several are picked, arrow keys walk along the edges.
 *
 * The keyboard is on one card at a time, and that alone is a tab stop.
 */

import { Card, make } from "./card.js";
import { Many } from "./many.js";
import { encircle } from "./scene.js";
import { picking } from "./selection.js";
import { Walk } from "./walk.js";

/** @typedef {import("./deck.js").Drawn} Drawn */

export class Hand {
  /**
   * @param {import("./scene.js").Scene} scene
   * @param {import("./deck.js").Deck} deck
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {(card: import("./types.js").FoldCard) => void} to.look  somebody asks for the members of a card
   * @param {(card: import("./types.js").FoldCard) => void} to.unfold  somebody asks for what a card is made of
   * @param {(card: Drawn) => void} to.arrived  the keyboard is on a card, and should be seen there
   * @param {() => void} to.left  the keyboard is on none
   */
  constructor(scene, deck, selection, to) {
    this.scene = scene;
    this.deck = deck;
    this.selection = selection;
    this.to = to;
    this.current = -1; // the key of the tab stop
    const { svg } = scene;
    svg.addEventListener("click", (event) => this.#clicked(event));
    svg.addEventListener("keydown", (event) => this.#pressed(event));
    svg.addEventListener("focusin", (event) => this.#arrived(event));
    svg.addEventListener("focusout", () => this.#left());
    svg.addEventListener("pointerover", (event) => this.#hovered(event));
  }

  /** The card that the keyboard is on, or comes to first. */
  get card() {
    return this.deck.cards.get(this.current);
  }

  /** Make a card the tab stop. @param {number} key */
  rove(key) {
    this.card?.box.setAttribute("tabindex", "-1");
    this.current = key;
    this.card?.box.setAttribute("tabindex", "0");
  }

  /**
   * Put the keyboard on a card.
   * @param {Drawn} card
   * @param {{visibly: boolean}} how
   */
  focus(card, { visibly }) {
    // SVG elements take the option too, but the type of their focus() does not say so.
    card.box.focus(/** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: visibly }));
  }

  /** @param {FocusEvent} event */
  #arrived(event) {
    const card = this.deck.at(event.target);
    if (!card) return;
    this.rove(card.key);
    if (!card.box.matches(":focus-visible")) return;
    encircle(this.scene.focusRing, card);
    this.scene.edges.light(card.key); // where the arrow keys lead
    this.to.arrived(card);
  }

  #left() {
    encircle(this.scene.focusRing, undefined);
    this.to.left();
  }

  /** Names are cut to fit; the whole is told on hover. @param {PointerEvent} event */
  #hovered(event) {
    const card = this.deck.at(event.target);
    if (!card || event.target !== card.box) return;
    const title = card.box.querySelector("title") ?? make("title", {});
    title.textContent = card.title;
    card.box.prepend(title);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const card = this.deck.at(event.target);
    if (!card) return;
    this.focus(card, { visibly: false });
    const opener = event.target instanceof Element && event.target.closest(".card-open");
    if (opener && card instanceof Many) this.to.unfold(card.fold);
    // In a graph nothing lies between two others, so that shift picks one as ctrl does.
    else if (picking(event)) this.#toggle(card);
    else this.#open(card);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const card = this.deck.at(event.target);
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.#open(card);
    else if (event.key === "o" && card instanceof Many) this.to.unfold(card.fold);
    else if (event.key === " ") this.#toggle(card);
    else if (Walk.keys.includes(event.key)) this.#step(card, event);
    else return;
    event.preventDefault();
  }

  /**
   * @param {Drawn} card
   * @param {KeyboardEvent} event
   */
  #step(card, { key, shiftKey }) {
    const next = this.deck.walk.step(card.key, key);
    const there = next === null ? undefined : this.deck.cards.get(next);
    if (!there) return;
    if (shiftKey) this.selection.add([...membersOn(card), ...membersOn(there)]);
    this.focus(there, { visibly: true });
  }

  /** @param {Drawn} card */
  #open(card) {
    if (card instanceof Card) this.to.open(card.node.index);
    else this.to.look(card.fold);
  }

  /** Pick it, or no longer; of a card of many, pick all. @param {Drawn} card */
  #toggle(card) {
    if (card instanceof Card) this.selection.toggle(card.node.index);
    else this.selection.add(membersOn(card));
  }
}

/** The indexes of what is on a card. @param {Drawn} card */
export function membersOn(card) {
  if (card instanceof Card) return [card.node.index];
  return card.fold.members.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
}
