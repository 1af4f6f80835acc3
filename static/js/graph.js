/**
 * The graph of a run: cards and splines as Graphviz placed them, drawn by hand in SVG.
 *
 * A change of state touches its card alone. What a card shows depends on the zoom and on whether it is in
 * sight, within a budget of elements. The layout changes only with the structure, and then the selected card stays
 * where it is on the screen.
 */

import { Card, FAR, faceOf, HEIGHT, make, WIDTH } from "./card.js";
import { holds } from "./held.js";
import { Minimap } from "./minimap.js";
import { encircle, Scene } from "./scene.js";
import { picking } from "./selection.js";
import { elapsed } from "./state.js";
import { onTick } from "./ticks.js";
import { now } from "./time.js";
import { Viewport } from "./viewport.js";
import { Walk } from "./walk.js";

export class Graph {
  /**
   * @param {HTMLElement} host
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {() => void} to.moved  somebody moved the view
   * @param {() => {right?: number, bottom?: number}} to.covered  what floats over the graph
   */
  constructor(host, selection, { open, moved, covered }) {
    this.host = host;
    this.selection = selection;
    this.open = open;
    this.covered = covered;
    this.scene = new Scene();
    this.svg = this.scene.svg;
    host.prepend(this.svg);
    /** @type {Map<number, Card>} */
    this.cards = new Map();
    /** @type {import("./types.js").Layout | null} */
    this.layout = null;
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {number | null} */
    this.selected = null;
    this.current = -1;
    /** What holds each. @type {(index: number) => string} */
    this.holds = () => "";
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
      if (card && !card.box.querySelector("title")) {
        // Names are cut to fit; the whole is told on hover.
        const title = make("title", {});
        title.textContent = `${card.node.task ?? ""}\n${card.node.id}`;
        card.box.prepend(title);
      }
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
    const id = this.cards.get(this.current)?.node.id;
    this.state = state;
    this.holds = holds(state);
    this.layout = graph.layout;
    this.#place(graph);
    this.svg.setAttribute(
      "aria-label",
      `Graph of ${graph.run.name}, ${this.cards.size} tasks. Arrow keys walk along the edges, Enter opens the detail.`,
    );
    if (kept && !(this.fitted && this.selected === null)) this.#hold(kept);
    else this.fit({ glide: false });
    this.#rove(this.#indexOf(id) ?? this.cards.keys().next().value ?? -1);
    if (focused) this.cards.get(this.current)?.box.focus();
    this.#level();
    this.minimap.show(graph.layout, this.cards.values());
    this.select(this.selected);
    this.pick();
  }

  /** @param {import("./types.js").RunGraph} graph */
  #place(graph) {
    const layout = /** @type {import("./types.js").Layout} */ (graph.layout);
    this.cards = new Map();
    /** @type {Array<[number, number]>} */
    const joins = [];
    for (const node of graph.nodes) {
      const centre = layout.nodes[node.index];
      if (!centre) continue;
      if (node.kind === "join") joins.push(centre);
      else this.cards.set(node.index, new Card(node, centre, this.scene.faces));
    }
    this.scene.fill(this.cards.values(), joins, layout);
    this.walk = new Walk(
      new Map([...this.cards].map(([index, { x, y }]) => [index, { x, y }])),
      layout.edges,
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
    for (const [index, card] of this.cards) {
      // What holds a task changes with others, and with the run.
      if (touched.has(index) || card.face.held !== this.holds(index))
        card.draw(this.#face(index), Math.max(FAR, card.level));
    }
    if (touched.size) this.minimap.paint();
  }

  /** @param {number} index */
  #face(index) {
    return faceOf(/** @type {import("./state.js").RunState} */ (this.state), index, this.holds(index));
  }

  #tick() {
    if (!this.state || this.host.hidden) return;
    for (const card of this.cards.values()) {
      if (card.face.state !== "STARTED" || !card.time) continue;
      const seconds = elapsed(this.state, card.node.index, now());
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
      if (card.level !== wanted) card.draw(this.#face(card.node.index), wanted);
    }
    this.minimap.follow(view, size);
  }

  /** @param {{glide?: boolean}} [how] */
  fit({ glide = true } = {}) {
    if (!this.layout || !this.viewport.size.width) return;
    this.fitted = true;
    const view = this.viewport.whole(this.layout);
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
    this.cards.get(this.selected ?? -1)?.box.removeAttribute("aria-current");
    this.selected = index;
    const card = index === null ? undefined : this.cards.get(index);
    encircle(this.scene.selectedRing, card);
    this.scene.edges.light(card ? card.node.index : null);
    if (!card) return;
    card.box.setAttribute("aria-current", "true");
    this.#rove(card.node.index);
    if (reveal) this.#reveal(card);
  }

  /** Mark the picked ones. */
  pick() {
    for (const [index, { box }] of this.cards) {
      if (this.selection.has(index)) box.setAttribute("aria-pressed", "true");
      else box.removeAttribute("aria-pressed");
    }
  }

  /** Put the keyboard on the graph. */
  focus() {
    this.cards.get(this.current)?.box.focus();
  }

  /** @param {Card} card */
  #reveal(card) {
    const box = { x: card.x, y: card.y, width: WIDTH, height: HEIGHT };
    if (this.viewport.reveal(box, this.covered())) this.fitted = false;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const card = this.#cardAt(event.target);
    if (!card) return;
    const { index } = card.node;
    this.#focus(index, { visibly: false });
    // In a graph nothing lies between two others, so that shift picks one as ctrl does.
    if (picking(event)) this.selection.toggle(index);
    else this.open(index);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const card = this.#cardAt(event.target);
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    const { index } = card.node;
    if (event.key === "Enter") this.open(index);
    else if (event.key === " ") this.selection.toggle(index);
    else if (!Walk.keys.includes(event.key)) return;
    event.preventDefault();
    const next = this.walk.step(index, event.key);
    if (next === null) return;
    if (event.shiftKey) this.selection.add([index, next]);
    this.#focus(next, { visibly: true });
  }

  /**
   * @param {number} index
   * @param {{visibly: boolean}} how
   */
  #focus(index, { visibly }) {
    const card = this.cards.get(index);
    if (!card) return;
    // SVG elements take the option too, but the type of their focus() does not say so.
    card.box.focus(/** @type {FocusOptions} */ ({ preventScroll: true, focusVisible: visibly }));
  }

  /** @param {Card} card */
  #arrived(card) {
    this.#rove(card.node.index);
    if (!card.box.matches(":focus-visible")) return;
    encircle(this.scene.focusRing, card);
    this.scene.edges.light(card.node.index); // where the arrow keys lead
    this.#reveal(card);
  }

  /** One card alone is a tab stop. @param {number} index */
  #rove(index) {
    this.cards.get(this.current)?.box.setAttribute("tabindex", "-1");
    this.current = index;
    this.cards.get(index)?.box.setAttribute("tabindex", "0");
  }

  /** @param {EventTarget | null} target */
  #cardAt(target) {
    const box = target instanceof Element ? target.closest(".card") : null;
    return box instanceof SVGElement ? this.cards.get(Number(box.dataset.index)) : undefined;
  }

  /** @param {string | undefined} id */
  #indexOf(id) {
    for (const [index, card] of this.cards) if (card.node.id === id) return index;
    return null;
  }

  /** The card that must not move when the structure changes: the selected one, else the one in the middle. */
  #anchor() {
    const { x, y, k } = this.viewport.view;
    const { width, height } = this.viewport.size;
    const selected = this.cards.get(this.selected ?? -1);
    let best = selected;
    let least = Infinity;
    for (const card of selected ? [] : this.cards.values()) {
      const far = Math.hypot(card.x * k + x - width / 2, card.y * k + y - height / 2);
      if (far < least) [best, least] = [card, far];
    }
    return best ? { id: best.node.id, x: best.x * k + x, y: best.y * k + y } : null;
  }

  /** @param {{id: string, x: number, y: number}} anchor */
  #hold({ id, x, y }) {
    const card = this.cards.get(this.#indexOf(id) ?? -1);
    const { k } = this.viewport.view;
    if (card) this.viewport.jump({ k, x: x - card.x * k, y: y - card.y * k });
  }
}
