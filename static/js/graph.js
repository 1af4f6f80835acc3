/**
 * The graph of a run: cards and splines as Graphviz placed them, drawn by hand in SVG.
 *
 * A change of state touches its card alone. What a card shows depends on the zoom and on whether it is in
 * sight, within a budget of elements. The layout changes only with the structure, and then the selected card stays
 * where it is on the screen.
 */

import { Card, FAR, faceOf, make, WIDTH } from "./card.js";
import { Fold, framed } from "./fold.js";
import { holds } from "./held.js";
import { Many } from "./many.js";
import { Minimap } from "./minimap.js";
import { encircle, Scene } from "./scene.js";
import { picking } from "./selection.js";
import { elapsed } from "./state.js";
import { onTick } from "./ticks.js";
import { lookedAt } from "./time.js";
import { Viewport } from "./viewport.js";
import { Walk } from "./walk.js";

const NOTE = 44; // px, the line that says how a graph is folded
const BETWEEN_PAINTS = 100; // ms, where each card counts many

/** @typedef {Card | Many} Drawn */

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
    this.open = open;
    this.members = look;
    this.opens = unfold;
    this.covered = covered;
    this.scene = new Scene();
    this.svg = this.scene.svg;
    host.prepend(this.svg);
    /** By the index of the node; where the graph is folded, by their places. @type {Map<number, Drawn>} */
    this.cards = new Map();
    /** @type {Fold | null} */
    this.fold = null;
    /** What changed since the last paint of a folded graph. @type {Set<number>} */
    this.dirty = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.painting = undefined;
    /** A task that is looked at once another structure is here. @type {number | null} */
    this.awaited = null;
    /** The first member of the card that is being opened: it stays where it is. @type {number | null} */
    this.kept = null;
    /** @type {import("./types.js").Layout | null} */
    this.layout = null;
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {number | null} */
    this.selected = null;
    this.current = -1;
    /** What holds each. @type {(index: number) => string} */
    this.holds = () => "";
    /** What is looked for; null when nothing is. @type {Set<number> | null} */
    this.found = null;
    this.fitted = true; // nobody has moved the view since it was fitted
    this.frame = 0;
    this.walk = new Walk(new Map(), []);
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
    this.#bind();
  }

  #bind() {
    this.svg.addEventListener("click", (event) => this.#clicked(event));
    this.svg.addEventListener("keydown", (event) => this.#pressed(event));
    this.svg.addEventListener("focusin", (event) => {
      const card = this.#cardAt(event.target);
      if (card) this.#arrived(card);
    });
    this.svg.addEventListener("focusout", () => {
      this.scene.focusRing.setAttribute("visibility", "hidden");
      this.scene.edges.light(this.selected);
    });
    this.svg.addEventListener("pointerover", (event) => {
      const card = this.#cardAt(event.target);
      if (!card || event.target !== card.box) return;
      // Names are cut to fit; the whole is told on hover.
      const title = card.box.querySelector("title") ?? make("title", {});
      title.textContent = card.title;
      card.box.prepend(title);
    });
    this.resizing = new ResizeObserver(() => {
      if (this.fitted) this.fit({ glide: false });
      this.#schedule();
    });
    this.resizing.observe(this.svg);
    this.unbind = onTick(() => this.#tick());
  }

  stop() {
    this.unbind?.();
    this.minimap.stop();
    this.resizing?.disconnect();
    clearTimeout(this.painting);
    cancelAnimationFrame(this.frame);
  }

  /**
   * Draw another structure.
   * @param {import("./state.js").RunState} state
   */
  show(state) {
    const graph = state.graph;
    if (!graph?.layout) return;
    const kept = this.#anchor();
    const focused = this.svg.contains(document.activeElement);
    const first = this.cards.get(this.current)?.first;
    this.state = state;
    this.holds = holds(state);
    this.layout = graph.layout;
    if (graph.folding) this.#placeFolded(graph, graph.folding);
    else this.#place(graph);
    const what = this.fold ? "cards" : "tasks";
    this.svg.setAttribute(
      "aria-label",
      `Graph of ${graph.run.name}, ${this.cards.size} ${what}. Arrow keys walk along the edges, Enter opens the detail.`,
    );
    if (kept && (this.kept !== null || !(this.fitted && this.selected === null))) this.#hold(kept);
    else this.fit({ glide: false });
    this.kept = null;
    this.#rove(this.#cardOf(first ?? null)?.key ?? this.cards.keys().next().value ?? -1);
    if (focused) this.cards.get(this.current)?.box.focus();
    const awaited = this.#cardOf(this.awaited);
    if (awaited) {
      this.#focus(awaited.key, { visibly: false });
      this.#reveal(awaited);
    }
    this.awaited = null;
    this.#level();
    this.minimap.show(graph.layout, this.cards.values());
    this.select(this.selected);
    this.pick();
    this.hits(this.found);
  }

  /**
   * @param {import("./types.js").RunGraph} graph
   * @param {import("./types.js").Folding} folding
   */
  #placeFolded(graph, folding) {
    const layout = /** @type {import("./types.js").Layout} */ (graph.layout);
    const rows = new Set(folding.frames.flatMap(({ how, cards }) => (how === "series" ? cards : [])));
    const together = new Set(folding.frames.flatMap(({ cards }) => (cards.length > 1 ? cards : [])));
    this.fold = new Fold(folding, this.state?.codes ?? new Uint8Array(0));
    if (this.state) this.fold.times.refresh(this.state);
    this.dirty.clear();
    this.cards = new Map();
    /** @type {Array<[number, number]>} */
    const joins = [];
    folding.cards.forEach((card, place) => {
      const centre = layout.nodes[place];
      if (!centre) return;
      const isRow = rows.has(place) && !together.has(place);
      if (card.kind === "join") joins.push(centre);
      else if (card.kind === "task")
        this.cards.set(place, new Card(only(card), centre, this.scene.faces, place));
      else this.cards.set(place, new Many(card, place, centre, this.scene.faces, isRow));
    });
    this.scene.fill(this.cards.values(), joins, layout, framed(folding.frames, this.cards, WIDTH));
    this.#walk(layout);
  }

  /** @param {import("./types.js").RunGraph} graph */
  #place(graph) {
    const layout = /** @type {import("./types.js").Layout} */ (graph.layout);
    this.fold = null;
    this.cards = new Map();
    /** @type {Array<[number, number]>} */
    const joins = [];
    for (const node of graph.nodes ?? []) {
      const centre = layout.nodes[node.index];
      if (!centre) continue;
      if (node.kind === "join") joins.push(centre);
      else this.cards.set(node.index, new Card(node, centre, this.scene.faces));
    }
    this.scene.fill(this.cards.values(), joins, layout);
    this.#walk(layout);
  }

  /** @param {import("./types.js").Layout} layout */
  #walk(layout) {
    this.walk = new Walk(
      new Map([...this.cards].map(([index, { x, y }]) => [index, { x, y }])),
      layout.edges,
      layout,
    );
  }

  /**
   * Draw what has changed.
   * @param {import("./state.js").RunState} state
   * @param {Set<number>} touched
   */
  update(state, touched) {
    this.state = state;
    this.holds = holds(state);
    if (this.fold) {
      for (const place of this.fold.update(state.codes, touched)) this.dirty.add(place);
      this.painting ??= setTimeout(() => this.#paint(), BETWEEN_PAINTS);
      return;
    }
    this.#redraw(touched);
    if (touched.size) this.minimap.paint();
  }

  #paint() {
    this.painting = undefined;
    const dirty = this.dirty;
    this.dirty = new Set();
    const times = this.fold?.times;
    if (times && this.state) for (const place of times.refresh(this.state)) dirty.add(place);
    const { wait = null } = times ?? {};
    if (wait !== null) this.painting = setTimeout(() => this.#paint(), Math.max(wait, BETWEEN_PAINTS));
    this.#redraw(dirty);
    if (dirty.size) this.minimap.paint();
  }

  /** @param {Set<number>} changed  keys of cards */
  #redraw(changed) {
    for (const [key, card] of this.cards) {
      // What holds a task changes with others, and with the run.
      const held = card instanceof Card && card.face.held !== this.holds(card.node.index);
      if (changed.has(key) || held) this.#draw(card, Math.max(FAR, card.level));
    }
  }

  /**
   * @param {Drawn} card
   * @param {number} level
   */
  #draw(card, level) {
    const state = /** @type {import("./state.js").RunState} */ (this.state);
    if (card instanceof Many) card.draw(/** @type {Fold} */ (this.fold).tally(card.key), level);
    else card.draw(faceOf(state, card.node.index, this.holds(card.node.index)), level);
  }

  #tick() {
    if (!this.state || this.host.hidden) return;
    for (const card of this.cards.values()) {
      if (card instanceof Many || card.face.state !== "STARTED" || !card.time) continue;
      const seconds = elapsed(this.state, card.node.index, lookedAt());
      if (seconds !== null) card.tick(seconds);
    }
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
    if (!this.state) return;
    const { view, size } = this.viewport;
    const { level, seen } = this.scene.detail(this.cards, view, size);
    for (const card of this.cards.values()) {
      const wanted = seen.has(card) ? level : FAR;
      if (card.level !== wanted) this.#draw(card, wanted);
    }
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
    const top = this.fold && note instanceof HTMLElement ? Math.max(NOTE, note.offsetHeight + 12) : 0;
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
    this.#cardOf(this.selected)?.box.removeAttribute("aria-current");
    this.selected = index;
    const card = this.#cardOf(index);
    encircle(this.scene.selectedRing, card);
    this.scene.edges.light(card ? card.key : null);
    if (!card) return;
    card.box.setAttribute("aria-current", "true");
    this.#rove(card.key);
    if (reveal) this.#reveal(card);
  }

  /** Mark the picked ones. */
  pick() {
    for (const card of this.cards.values()) {
      const { box } = card;
      if (card instanceof Card && this.selection.has(card.node.index))
        box.setAttribute("aria-pressed", "true");
      else box.removeAttribute("aria-pressed");
    }
  }

  /** Mark what was found, and count it on cards of many. @param {Set<number> | null} found */
  hits(found) {
    this.found = found;
    if (this.fold) this.#redraw(this.fold.seek(found ?? []));
    for (const card of this.cards.values())
      if (card instanceof Card) card.box.classList.toggle("found", found?.has(card.node.index) ?? false);
  }

  /** Put the keyboard on the graph. */
  focus() {
    this.cards.get(this.current)?.box.focus();
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
    for (const card of this.cards.values()) if (card instanceof Many && card.fold.id === id) return card;
    return undefined;
  }

  /** Mark the card whose members are shown. @param {string | null} id */
  expand(id) {
    for (const card of this.cards.values()) {
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
    const card = this.cardOf(id);
    if (!card) return;
    if (focus) this.#focus(card.key, { visibly: false });
    this.#reveal(card);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const card = this.#cardAt(event.target);
    if (!card) return;
    this.#focus(card.key, { visibly: false });
    // In a graph nothing lies between two others, so that shift picks one as ctrl does.
    const opener = event.target instanceof Element && event.target.closest(".card-open");
    if (opener && card instanceof Many) this.unfold(card.fold);
    else if (picking(event)) this.#toggle(card);
    else this.#open(card);
  }

  /** @param {Drawn} card */
  #open(card) {
    if (card instanceof Card) this.open(card.node.index);
    else this.members(card.fold);
  }

  /** Pick it, or no longer; of a card of many, pick all. @param {Drawn} card */
  #toggle(card) {
    if (card instanceof Card) this.selection.toggle(card.node.index);
    else this.selection.add(members(card));
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const card = this.#cardAt(event.target);
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") this.#open(card);
    else if (event.key === "o" && card instanceof Many) this.unfold(card.fold);
    else if (event.key === " ") this.#toggle(card);
    else if (!Walk.keys.includes(event.key)) return;
    event.preventDefault();
    const next = this.walk.step(card.key, event.key);
    if (next === null) return;
    const there = this.cards.get(next);
    if (event.shiftKey && there) this.selection.add([...members(card), ...members(there)]);
    this.#focus(next, { visibly: true });
  }

  /**
   * @param {number} key
   * @param {{visibly: boolean}} how
   */
  #focus(key, { visibly }) {
    const card = this.cards.get(key);
    if (!card) return;
    // SVG elements take the option too, but the type of their focus() does not say so.
    card.box.focus(/** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: visibly }));
  }

  /** @param {Drawn} card */
  #arrived(card) {
    this.#rove(card.key);
    if (!card.box.matches(":focus-visible")) return;
    encircle(this.scene.focusRing, card);
    this.scene.edges.light(card.key); // where the arrow keys lead
    this.#reveal(card);
  }

  /** One card alone is a tab stop. @param {number} key */
  #rove(key) {
    this.cards.get(this.current)?.box.setAttribute("tabindex", "-1");
    this.current = key;
    this.cards.get(key)?.box.setAttribute("tabindex", "0");
  }

  /** @param {EventTarget | null} target */
  #cardAt(target) {
    const box = target instanceof Element ? target.closest(".card, .card-open") : null;
    return box instanceof SVGElement ? this.cards.get(Number(box.dataset.index)) : undefined;
  }

  /** The card of many that a node is on. @param {number} index */
  foldOf(index) {
    const card = this.#cardOf(index);
    return card instanceof Many ? card.fold : null;
  }

  /** The card that a node is on. @param {number | null} index */
  #cardOf(index) {
    if (index === null) return undefined;
    return this.cards.get(this.fold ? this.fold.home(index) : index);
  }

  /** The card that must not move when the structure changes: the selected one, that of the keyboard, or one in the middle. */
  #anchor() {
    const { x, y, k } = this.viewport.view;
    const { width, height } = this.viewport.size;
    const opening = this.kept === null ? undefined : this.#first(this.kept);
    const current = this.cards.get(this.current);
    const isSeen = current && inside(current.x * k + x, width) && inside(current.y * k + y, height);
    const chosen = opening ?? this.#cardOf(this.selected) ?? (isSeen ? current : undefined);
    let best = chosen;
    let least = Infinity;
    for (const card of chosen ? [] : this.cards.values()) {
      const far = Math.hypot(card.x * k + x - width / 2, card.y * k + y - height / 2);
      if (far < least) [best, least] = [card, far];
    }
    return best ? { first: best.first, x: best.x * k + x, y: middle(best) * k + y } : null;
  }

  /** @param {number} index  of the first member of a card */
  #first(index) {
    for (const card of this.cards.values()) if (card.first === index) return card;
    return undefined;
  }

  /** @param {{first: number, x: number, y: number}} anchor */
  #hold({ first, x, y }) {
    const card = this.#cardOf(first);
    const { k } = this.viewport.view;
    if (!card) return;
    this.fitted &&= this.kept === null;
    this.viewport.jump({ k, x: x - card.x * k, y: y - middle(card) * k });
  }
}

/** @param {number} at @param {number} size */
const inside = (at, size) => at >= 0 && at < size;

/** @param {Drawn} card */
function middle(card) {
  return card.y + card.height / 2;
}

/** The one node on a card. @param {import("./types.js").FoldCard} card @returns {import("./nodes.js").Node} */
function only({ id, task, members }) {
  // What is shown alone because somebody opened what it was in has a number behind its id.
  return { index: members[0][0], id: id.replace(/\/\d+$/, ""), task, kind: "task" };
}

/** The indexes of the tasks on a card. @param {Drawn} card */
function members(card) {
  if (card instanceof Card) return [card.node.index];
  return card.fold.members.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
}
