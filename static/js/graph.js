/**
 * The graph of a run: cards and splines as Graphviz placed them, drawn by hand in SVG.
 *
 * A change of state touches its card alone. What a card shows depends on the zoom and on whether it is in
 * sight, within a budget of elements. The layout changes only with the structure, and then the selected card stays
 * where it is on the screen.
 */

import { Card, COST, FAR, HEIGHT, MIDDLE, make, NEAR, WIDTH } from "./card.js";
import { Edges } from "./edges.js";
import { elapsed } from "./state.js";
import { NONE, STARTED, stateOf } from "./states.js";
import { now } from "./time.js";
import { Viewport } from "./viewport.js";
import { Walk } from "./walk.js";

const NEAR_FROM = 0.62; // zoom; 13 px text is still read at 8
const MIDDLE_FROM = 0.3;
const BUDGET = 1500; // elements
const TICK = 200; // ms

export class Graph {
  /**
   * @param {HTMLElement} host
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {() => void} to.moved  somebody moved the view
   * @param {() => {right?: number, bottom?: number}} to.covered  what floats over the graph
   */
  constructor(host, { open, moved, covered }) {
    this.host = host;
    this.open = open;
    this.covered = covered;
    this.svg = /** @type {SVGSVGElement} */ (
      make("svg", { class: "canvas", role: "application", "aria-roledescription": "graph" })
    );
    this.world = make("g", {});
    this.edges = new Edges();
    this.joins = make("g", { class: "joins", "aria-hidden": "true" });
    this.layer = make("g", {});
    this.faces = make("g", { class: "faces" });
    this.selectedRing = ring("ring selected");
    this.focusRing = ring("ring");
    this.world.append(this.edges.g, this.joins, this.selectedRing, this.focusRing, this.layer, this.faces);
    this.hatch = hatch();
    const defs = make("defs", {});
    defs.append(this.hatch);
    this.svg.append(defs, this.world);
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
    this.fitted = true; // nobody has moved the view since it was fitted
    this.frame = 0;
    this.walk = new Walk(new Map(), []);
    this.viewport = new Viewport(this.svg, {
      moved: ({ x, y, k }) => {
        this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
        this.#schedule();
      },
      grabbed: () => {
        this.fitted = false;
        moved();
      },
    });
    this.#bind();
  }

  #bind() {
    this.svg.addEventListener("click", (event) => {
      const card = this.#cardAt(event.target);
      if (!card) return;
      this.#focus(card.node.index, { visibly: false });
      this.open(card.node.index);
    });
    this.svg.addEventListener("keydown", (event) => this.#pressed(event));
    this.svg.addEventListener("focusin", (event) => {
      const card = this.#cardAt(event.target);
      if (card) this.#arrived(card);
    });
    this.svg.addEventListener("focusout", () => this.focusRing.setAttribute("visibility", "hidden"));
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
      else this.#schedule();
    });
    this.resizing.observe(this.svg);
    this.ticking = setInterval(() => this.#tick(), TICK);
  }

  stop() {
    clearInterval(this.ticking);
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
    this.select(this.selected);
  }

  /** @param {import("./types.js").RunGraph} graph */
  #place(graph) {
    const layout = /** @type {import("./types.js").Layout} */ (graph.layout);
    this.cards = new Map();
    const dots = [];
    for (const node of graph.nodes) {
      const centre = layout.nodes[node.index];
      if (!centre) continue;
      if (node.kind === "join")
        dots.push(make("circle", { class: "join", cx: String(centre[0]), cy: String(centre[1]), r: "6" }));
      else this.cards.set(node.index, new Card(node, centre, this.faces));
    }
    this.joins.replaceChildren(...dots);
    this.faces.replaceChildren();
    this.layer.replaceChildren(...[...this.cards.values()].map((card) => card.box));
    this.edges.show(layout.edges);
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
    for (const index of touched) {
      const card = this.cards.get(index);
      if (card) card.draw(this.#face(index), Math.max(FAR, card.level));
    }
  }

  /** @param {number} index */
  #face(index) {
    const state = /** @type {import("./state.js").RunState} */ (this.state);
    const code = index < state.codes.length ? state.codes[index] : NONE;
    const running = code === STARTED;
    const seconds = running || !Number.isNaN(state.finished[index]) ? elapsed(state, index, now()) : null;
    return { state: stateOf(code), seconds, retries: state.retries[index] ?? 0 };
  }

  #tick() {
    if (!this.state || this.host.hidden || document.body.dataset.fresh === "stale") return;
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
    const { x, y, k } = this.viewport.view;
    const { width, height } = this.viewport.size;
    const seen = new Set();
    for (const card of this.cards.values()) {
      const left = card.x * k + x;
      const top = card.y * k + y;
      if (left < width && top < height && left + WIDTH * k > 0 && top + HEIGHT * k > 0) seen.add(card);
    }
    let level = k >= NEAR_FROM ? NEAR : k >= MIDDLE_FROM ? MIDDLE : FAR;
    const rest = this.cards.size * COST[FAR];
    while (level > FAR && rest + seen.size * (COST[level] - COST[FAR]) > BUDGET) level -= 1;
    this.svg.dataset.level = String(level);
    // The hatching keeps its size on the screen, or it would blur to grey from afar.
    this.hatch.setAttribute("patternTransform", `rotate(45) scale(${Math.max(1, 0.7 / k).toFixed(2)})`);
    for (const card of this.cards.values()) {
      const wanted = seen.has(card) ? level : FAR;
      if (card.level !== wanted) card.draw(this.#face(card.node.index), wanted);
    }
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
    encircle(this.selectedRing, card);
    this.edges.light(card ? card.node.index : null);
    if (!card) return;
    card.box.setAttribute("aria-current", "true");
    this.#rove(card.node.index);
    if (reveal) this.#reveal(card);
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

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const card = this.#cardAt(event.target);
    if (!card) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.open(card.node.index);
      return;
    }
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const next = this.walk.step(card.node.index, event.key);
    if (next !== null) this.#focus(next, { visibly: true });
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
    encircle(this.focusRing, card);
    this.#reveal(card);
  }

  /** One card is in the tab order: the current one. @param {number} index */
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

/** @param {string} name */
function ring(name) {
  return make("rect", {
    class: name,
    width: String(WIDTH + 10),
    height: String(HEIGHT + 10),
    rx: "12",
    visibility: "hidden",
  });
}

/**
 * @param {SVGElement} ring
 * @param {Card | undefined} card
 */
function encircle(ring, card) {
  ring.setAttribute("visibility", card ? "visible" : "hidden");
  if (card) ring.setAttribute("transform", `translate(${card.x - 5} ${card.y - 5})`);
}

/** The hatching of what is blocked. */
function hatch() {
  const pattern = make("pattern", {
    id: "hatch",
    "data-state": "BLOCKED",
    width: "8",
    height: "8",
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  pattern.append(
    make("rect", { class: "hatch-ground", width: "8", height: "8" }),
    make("rect", { class: "hatch-line", width: "4", height: "8" }),
  );
  return pattern;
}
