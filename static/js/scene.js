/** What the graph is drawn with: the SVG and its layers, the rings around cards, the hatching of what is blocked. */

import { FAR, MIDDLE, make, NEAR, WIDTH } from "./card.js";
import { Edges } from "./edges.js";

const NEAR_FROM = 0.62; // zoom; 13 px text is still read at 8
const MIDDLE_FROM = 0.3;
const BUDGET = 1500; // elements

/** @typedef {import("./deck.js").Drawn} Card */

export class Scene {
  constructor() {
    this.svg = /** @type {SVGSVGElement} */ (
      make("svg", { class: "canvas", role: "application", "aria-roledescription": "graph" })
    );
    this.world = make("g", {});
    this.blocks = make("g", { class: "blocks", "aria-hidden": "true" });
    this.frames = make("g", { class: "frames", "aria-hidden": "true" });
    this.edges = new Edges();
    this.joins = make("g", { class: "joins", "aria-hidden": "true" });
    this.layer = make("g", {});
    this.faces = make("g", { class: "faces" });
    this.selectedRing = ring("ring selected");
    this.focusRing = ring("ring");
    this.world.append(
      this.blocks,
      this.frames,
      this.edges.g,
      this.joins,
      this.selectedRing,
      this.focusRing,
      this.layer,
      this.faces,
    );
    this.hatch = hatch();
    const defs = make("defs", {});
    defs.append(this.hatch);
    this.svg.append(defs, this.world);
  }

  /** @param {import("./viewport.js").View} view */
  move({ x, y, k }) {
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  }

  /**
   * Fill it anew.
   * @param {Iterable<Card>} cards
   * @param {Array<[number, number]>} joins  their centres
   * @param {import("./types.js").Layout} layout
   * @param {ReturnType<typeof import("./fold.js").framed>} [repeats]  what is drawn around repeats
   */
  fill(cards, joins, { blocks, edges }, repeats = []) {
    // Labels are over all of the frames: they stand on the border, since frames may stand close.
    this.frames.replaceChildren(...repeats.map(frame), ...repeats.map(label));
    const frames = blocks.map(([x, y, width, height]) =>
      make("rect", { x: `${x}`, y: `${y}`, width: `${width}`, height: `${height}`, rx: "14" }),
    );
    this.blocks.replaceChildren(...frames);
    const dots = joins.map(([x, y]) => make("circle", { class: "join", cx: `${x}`, cy: `${y}`, r: "6" }));
    this.joins.replaceChildren(...dots);
    this.faces.replaceChildren();
    this.layer.replaceChildren(...[...cards].map((card) => card.box));
    this.edges.show(edges);
  }

  /**
   * The level of detail that zoom and budget allow, and the cards in sight, which have it.
   * @param {Map<number, Card>} cards
   * @param {import("./viewport.js").View} view
   * @param {{width: number, height: number}} size
   */
  detail(cards, { x, y, k }, { width, height }) {
    /** @type {Set<Card>} */
    const seen = new Set();
    for (const card of cards.values()) {
      const left = card.x * k + x;
      const top = card.y * k + y;
      if (left < width && top < height && left + WIDTH * k > 0 && top + card.height * k > 0) seen.add(card);
    }
    let level = k >= NEAR_FROM ? NEAR : k >= MIDDLE_FROM ? MIDDLE : FAR;
    let rest = 0;
    for (const card of cards.values()) rest += card.costs[FAR];
    const more = (/** @type {number} */ at) => {
      let sum = 0;
      for (const { costs } of seen) sum += costs[at] - costs[FAR];
      return sum;
    };
    while (level > FAR && rest + more(level) > BUDGET) level -= 1;
    this.svg.dataset.level = String(level);
    // The hatching keeps its size on the screen, or it would blur to grey from afar.
    this.hatch.setAttribute("patternTransform", `rotate(45) scale(${Math.max(1, 0.7 / k).toFixed(2)})`);
    return { level, seen };
  }
}

/** @param {string} name */
function ring(name) {
  return make("rect", {
    class: name,
    width: String(WIDTH + 10),
    rx: "12",
    visibility: "hidden",
  });
}

/**
 * @param {SVGElement} ring
 * @param {Card | undefined} card
 */
export function encircle(ring, card) {
  ring.setAttribute("visibility", card ? "visible" : "hidden");
  if (!card) return;
  ring.setAttribute("transform", `translate(${card.x - 5} ${card.y - 5})`);
  ring.setAttribute("height", String(card.height + 10));
}

/** @param {ReturnType<typeof import("./fold.js").framed>[number]} at */
function frame({ x, y, width, height }) {
  return make("rect", { x: `${x}`, y: `${y}`, width: `${width}`, height: `${height}`, rx: "14" });
}

/** @param {ReturnType<typeof import("./fold.js").framed>[number]} at */
function label({ x, y, label: text, how }) {
  const made = make("text", { x: `${x + 16}`, y: `${y + 4}` });
  const times = make("tspan", { class: "frame-times" });
  times.textContent = text;
  made.append(times, ` ${how}`);
  return made;
}

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
