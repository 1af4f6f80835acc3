/**
 * The whole graph, small, in a corner, with a frame around what is seen: there when the graph is larger than the view.
 *
 * One canvas element, painted at most four times a second; the frame moves with every move of the view. For the pointer
 * alone: the keyboard walks along the edges and zooms.
 */

import { WIDTH } from "./card.js";
import { LOOKS } from "./states.js";
import { onTheme } from "./theme.js";

const WIDEST = 208; // px
const HIGHEST = 136;
const LEAST = 36;
const PAD = 6;
const BETWEEN = 250; // ms

export class Minimap {
  /**
   * @param {HTMLElement} host
   * @param {object} to
   * @param {(x: number, y: number) => void} to.look  show that place of the drawing in the middle
   */
  constructor(host, { look }) {
    this.look = look;
    this.box = document.createElement("div");
    this.box.className = "minimap";
    this.box.hidden = true;
    this.box.ariaHidden = "true";
    this.box.title = "Drag to look elsewhere";
    this.canvas = document.createElement("canvas");
    this.frame = document.createElement("div");
    this.frame.className = "minimap-frame";
    // What tells the fills of the states, and of the edges, in the theme of the moment.
    this.probes = [...LOOKS, "EDGE"].map((state) => {
      const probe = document.createElement("i");
      probe.dataset.state = state;
      return probe;
    });
    this.box.append(this.canvas, this.frame, ...this.probes);
    host.append(this.box);
    this.width = 0;
    this.height = 0;
    this.scale = 1;
    /** @type {Path2D | null} */
    this.edges = null;
    /** @type {Array<{x: number, y: number, high: number, state: () => string}>} */
    this.cards = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.painting = undefined;
    this.box.addEventListener("pointerdown", (event) => this.#grabbed(event));
    this.unbind = onTheme(() => this.paint());
  }

  stop() {
    clearTimeout(this.painting);
    this.unbind();
  }

  /**
   * @param {import("./types.js").Layout} layout
   * @param {Iterable<import("./deck.js").Drawn>} cards
   */
  show(layout, cards) {
    this.width = layout.width;
    this.height = layout.height;
    this.scale = Math.min((WIDEST - 2 * PAD) / layout.width, (HIGHEST - 2 * PAD) / layout.height);
    const px = (/** @type {number} */ size) => Math.max(LEAST, Math.round(size * this.scale + 2 * PAD));
    this.left = (px(layout.width) - layout.width * this.scale) / 2;
    this.top = (px(layout.height) - layout.height * this.scale) / 2;
    this.box.style.width = `${px(layout.width)}px`;
    this.box.style.height = `${px(layout.height)}px`;
    this.cards = [...cards].map((card) => ({
      x: card.x,
      y: card.y,
      high: card.height,
      state: () => card.face.state,
    }));
    this.edges = new Path2D([...new Set(layout.edges.map((edge) => edge[3]))].join(""));
    this.paint();
  }

  /** Some states have changed. */
  paint() {
    if (this.box.hidden) return;
    this.painting ??= setTimeout(() => {
      this.painting = undefined;
      this.#paint();
    }, BETWEEN);
  }

  #paint() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.box;
    if (!clientWidth) return;
    this.canvas.width = clientWidth * ratio;
    this.canvas.height = clientHeight * ratio;
    const ink = this.canvas.getContext("2d");
    if (!ink || !this.edges) return;
    const fills = new Map(
      this.probes.map((probe) => [probe.dataset.state, getComputedStyle(probe).backgroundColor]),
    );
    const scale = this.scale * ratio;
    ink.setTransform(scale, 0, 0, scale, (this.left ?? 0) * ratio, (this.top ?? 0) * ratio);
    ink.lineWidth = 0.6 / this.scale;
    ink.strokeStyle = fills.get("EDGE") ?? "";
    ink.stroke(this.edges);
    // A card is never thinner than a pixel or so, or a failure would not be seen.
    const width = Math.max(WIDTH, 2 / this.scale);
    for (const late of [false, true]) {
      for (const { x, y, high, state } of this.cards) {
        if ((state() === "FAILURE") !== late) continue; // failures last, over the rest
        ink.fillStyle = fills.get(state()) ?? fills.get("PENDING") ?? "";
        ink.fillRect(x, y, width, Math.max(high, 1.2 / this.scale));
      }
    }
  }

  /**
   * The view has moved.
   * @param {import("./viewport.js").View} view
   * @param {{width: number, height: number}} size
   */
  follow({ x, y, k }, { width, height }) {
    const isLarger = this.width * k > width + 1 || this.height * k > height + 1;
    if (this.box.hidden === isLarger) {
      this.box.hidden = !isLarger;
      this.#paint();
    }
    if (!isLarger) return;
    const { scale } = this;
    const left = Math.max(0, (this.left ?? 0) - (x / k) * scale);
    const top = Math.max(0, (this.top ?? 0) - (y / k) * scale);
    const right = Math.min(this.box.clientWidth, (this.left ?? 0) + ((width - x) / k) * scale);
    const bottom = Math.min(this.box.clientHeight, (this.top ?? 0) + ((height - y) / k) * scale);
    this.frame.style.transform = `translate(${left}px, ${top}px)`;
    this.frame.style.width = `${Math.max(4, right - left)}px`;
    this.frame.style.height = `${Math.max(4, bottom - top)}px`;
  }

  /** @param {PointerEvent} event */
  #grabbed(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.box.setPointerCapture(event.pointerId);
    const drag = (/** @type {PointerEvent} */ { clientX, clientY }) => {
      const corner = this.box.getBoundingClientRect();
      const x = (clientX - corner.left - this.box.clientLeft - (this.left ?? 0)) / this.scale;
      const y = (clientY - corner.top - this.box.clientTop - (this.top ?? 0)) / this.scale;
      const within = (/** @type {number} */ value, /** @type {number} */ end) =>
        Math.max(0, Math.min(end, value));
      this.look(within(x, this.width), within(y, this.height));
    };
    const end = () => this.box.removeEventListener("pointermove", drag);
    this.box.addEventListener("pointermove", drag);
    this.box.addEventListener("lostpointercapture", end, { once: true });
    drag(event);
  }
}
