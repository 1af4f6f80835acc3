/**
 * The graph of a run: cards and splines as Graphviz placed them, drawn by hand in SVG.
 *
 * A scene holds what is drawn, a deck its cards; paint keeps them up to date, a hand is what people do to them, and a
 * viewport says what part is seen. What a card shows depends on the zoom and on whether it is in sight, within a
 * budget of elements. The layout changes only with the structure, and then the selected card stays where it is on the
 * screen.
 */

import { Anchor, isSeen, midmost } from "./anchor.js";
import { Card, WIDTH } from "./card.js";
import { Deck } from "./deck.js";
import { Frontier } from "./frontier.js";
import { Hand } from "./graphhand.js";
import { Paint } from "./graphpaint.js";
import { looksOf } from "./looks.js";
import { Many } from "./many.js";
import { Minimap } from "./minimap.js";
import { encircle, Scene } from "./scene.js";
import { onTick } from "./ticks.js";
import { Viewport } from "./viewport.js";

const NOTE = 44; // px, the line that says how a graph is folded

/** @typedef {import("./deck.js").Drawn} Drawn */

export class Graph {
  /**
   * @param {HTMLElement} host
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {(card: import("./types.js").FoldCard) => void} to.look  somebody asks for the members of a card
   * @param {(card: import("./types.js").FoldCard) => void} to.unfold  somebody asks for what a card is made of
   * @param {() => void} to.moved  somebody moved the view
   * @param {() => {left?: number, right?: number, bottom?: number}} to.covered  what floats over the graph
   */
  constructor(host, selection, { open, look, unfold, moved, covered }) {
    this.host = host;
    this.selection = selection;
    this.opens = unfold;
    this.covered = covered;
    /** A task that is looked at once another structure is here. @type {number | null} */
    this.awaited = null;
    /** The first member of the card that is being opened: it stays where it is. @type {number | null} */
    this.kept = null;
    /** @type {import("./types.js").Layout | null} */
    this.layout = null;
    /** @type {number | null} */
    this.selected = null;
    /** What is looked for; null when nothing is. @type {Set<number> | null} */
    this.found = null;
    this.fitted = true; // nobody has moved the view since it was fitted
    this.frame = 0;
    this.scene = new Scene();
    this.svg = this.scene.svg;
    host.prepend(this.svg);
    this.frontier = new Frontier(this.scene.world);
    this.deck = new Deck(this.scene.faces);
    this.paint = new Paint(this.deck, () => this.minimap.paint());
    this.hand = new Hand(this.scene, this.deck, selection, {
      open,
      look,
      unfold: (card) => this.unfold(card),
      arrived: (card) => this.#reveal(card),
      left: () => this.scene.edges.light(this.deck.with(this.selected)?.key ?? null),
    });
    const grabbed = () => {
      this.fitted = false;
      moved();
    };
    this.minimap = new Minimap(host, {
      look: (x, y) => {
        this.viewport.centre(x, y);
        grabbed();
      },
    });
    this.viewport = new Viewport(this.svg, {
      moved: (view) => {
        this.scene.move(view);
        this.#schedule();
      },
      grabbed,
    });
    this.resizing = new ResizeObserver(() => {
      if (this.fitted) this.fit({ glide: false });
      this.#schedule();
    });
    this.resizing.observe(this.svg);
    this.unbind = onTick(() => {
      if (!host.hidden) this.paint.tick();
    });
  }

  stop() {
    this.unbind();
    this.minimap.stop();
    this.resizing.disconnect();
    this.paint.stop();
    cancelAnimationFrame(this.frame);
  }

  /**
   * Draw another structure.
   * @param {import("./state.js").RunState} state
   */
  show(state) {
    const { graph } = state;
    if (!graph?.layout) return;
    const { deck, hand } = this;
    const anchor = this.#anchor();
    const focused = this.svg.contains(document.activeElement);
    const first = hand.card?.first;
    this.layout = graph.layout;
    deck.deal(graph, graph.layout, looksOf(state));
    this.scene.fill(deck.cards.values(), deck.joins, graph.layout, deck.frames);
    this.paint.show(state);
    this.frontier.show(deck, graph.layout, state.past);
    const what = deck.fold ? "cards" : "tasks";
    this.svg.setAttribute(
      "aria-label",
      `Graph of ${graph.run.name}, ${deck.cards.size} ${what}. Arrow keys walk along the edges, Enter opens the detail.`,
    );
    if (anchor && (this.kept !== null || !(this.fitted && this.selected === null))) this.#hold(anchor);
    else this.fit({ glide: false });
    this.kept = null;
    hand.rove(deck.with(first ?? null)?.key ?? deck.cards.keys().next().value ?? -1);
    if (focused) hand.card?.box.focus();
    this.#meet();
    this.#level();
    this.minimap.show(graph.layout, deck.cards.values());
    this.select(this.selected);
    this.pick();
    this.hits(this.found);
  }

  /** The card that must not move when the structure changes: the selected one, that of the keyboard, or one in the middle. */
  #anchor() {
    const { view, size } = this.viewport;
    const { card: current } = this.hand;
    const opening = this.kept === null ? undefined : this.deck.startingWith(this.kept);
    const card =
      opening ??
      this.deck.with(this.selected) ??
      (current && isSeen(current, view, size) ? current : midmost(this.deck.cards.values(), view, size));
    return card ? new Anchor(card, view) : null;
  }

  /** @param {Anchor} anchor */
  #hold(anchor) {
    const card = this.deck.with(anchor.first);
    if (!card) return;
    this.fitted &&= this.kept === null;
    this.viewport.jump(anchor.view(card, this.viewport.view.k));
  }

  /** Look at the task that was awaited. */
  #meet() {
    const card = this.deck.with(this.awaited);
    this.awaited = null;
    if (!card) return;
    this.hand.focus(card, { visibly: false });
    this.#reveal(card);
  }

  /**
   * Draw what has changed.
   * @param {import("./state.js").RunState} state
   * @param {Set<number>} touched
   */
  update(state, touched) {
    this.paint.update(state, touched);
    if (this.layout) this.frontier.show(this.deck, this.layout, state.past);
  }

  #schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#level();
    });
  }

  /** Give each card the detail that the zoom and the budget allow. */
  #level() {
    if (!this.layout) return;
    const { view, size } = this.viewport;
    const { level, seen } = this.scene.detail(this.deck.cards, view, size);
    this.paint.level(level, seen);
    this.minimap.follow(view, size);
  }

  /**
   * Show all of it; of one that goes down, its beginning, as large as it can be read.
   * @param {{glide?: boolean, whole?: boolean}} [how]  whole: all of it, however small
   */
  fit({ glide = true, whole = false } = {}) {
    if (!this.layout || !this.viewport.size.width) return;
    this.fitted = true;
    const { viewport, layout } = this;
    const note = this.host.querySelector(".fold-note");
    const top = this.deck.fold && note instanceof HTMLElement ? Math.max(NOTE, note.offsetHeight + 12) : 0;
    const view =
      layout.down && !whole
        ? viewport.begin(layout, top)
        : viewport.whole(layout, top, this.covered().bottom);
    if (glide) this.viewport.glide(view);
    else this.viewport.jump(view);
  }

  /** @param {string} text  a view as `Viewport.spell` gave it */
  look(text) {
    const view = this.viewport.parse(text);
    if (!view) return;
    this.fitted = false;
    this.viewport.jump(view);
  }

  /** @param {number} factor */
  zoomBy(factor) {
    this.fitted = false;
    this.viewport.scale((k) => k * factor);
  }

  /** As large as life. */
  actualSize() {
    this.fitted = false;
    this.viewport.scale(() => 1);
  }

  /**
   * @param {number | null} index
   * @param {{reveal?: boolean}} [how]
   */
  select(index, { reveal = false } = {}) {
    this.deck.with(this.selected)?.box.removeAttribute("aria-current");
    this.selected = index;
    const card = this.deck.with(index);
    encircle(this.scene.selectedRing, card);
    this.scene.edges.light(card ? card.key : null);
    if (!card) return;
    card.box.setAttribute("aria-current", "true");
    this.hand.rove(card.key);
    if (reveal) this.#reveal(card);
  }

  /** Mark the picked ones. */
  pick() {
    for (const card of this.deck.cards.values()) {
      const { box } = card;
      if (card instanceof Card && this.selection.has(card.node.index))
        box.setAttribute("aria-pressed", "true");
      else box.removeAttribute("aria-pressed");
    }
  }

  /** Mark what was found, and count it on cards of many. @param {Set<number> | null} found */
  hits(found) {
    this.found = found;
    const { fold } = this.deck;
    if (fold) this.paint.redraw(fold.seek(found ?? []));
    for (const card of this.deck.cards.values())
      if (card instanceof Card) card.box.classList.toggle("found", found?.has(card.node.index) ?? false);
  }

  /** Put the keyboard on the graph. */
  focus() {
    this.hand.card?.box.focus();
  }

  /** @param {Drawn} card */
  #reveal(card) {
    const box = { x: card.x, y: card.y, width: WIDTH, height: card.height };
    if (this.viewport.reveal(box, this.covered())) this.fitted = false;
  }

  /** Show what a card is made of, in its place. @param {import("./types.js").FoldCard} fold */
  unfold(fold) {
    if (!fold.can_open) return;
    this.kept = fold.members[0][0];
    this.opens(fold);
  }

  /** @param {string} id  of a card that counts many */
  cardOf(id) {
    return this.deck.many(id);
  }

  /** The card of many that a node is on. @param {number} index */
  foldOf(index) {
    const card = this.deck.with(index);
    return card instanceof Many ? card.fold : null;
  }

  /** Mark the card whose members are shown. @param {string | null} id */
  expand(id) {
    for (const card of this.deck.cards.values()) {
      if (card instanceof Many) card.box.setAttribute("aria-expanded", String(card.fold.id === id));
    }
  }

  /** In the next structure, bring the card of a task into sight, with the keyboard on it. @param {number} index */
  focusOn(index) {
    this.awaited = index;
  }

  /**
   * Bring a card that counts many into sight.
   * @param {string} id
   * @param {{focus?: boolean}} [how]  put the keyboard on it
   */
  find(id, { focus = false } = {}) {
    const card = this.deck.many(id);
    if (!card) return;
    if (focus) this.hand.focus(card, { visibly: false });
    this.#reveal(card);
  }
}
