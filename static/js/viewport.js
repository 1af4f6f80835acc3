/** What part of a drawing is seen: pan, wheel, pinch, fit, and short glides between views. */

import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";

const MIN = 0.04;
const MAX = 2.5;
const GLIDE = 150; // ms
const READ = 0.8; // of its size; so large all is read on a phone

/** @typedef {{x: number, y: number, k: number}} View  screen = world * k + (x, y) */

export class Viewport {
  /**
   * @param {SVGSVGElement} svg
   * @param {object} to
   * @param {(view: View) => void} to.moved
   * @param {() => void} to.grabbed  a person moved it, as opposed to us
   */
  constructor(svg, { moved, grabbed }) {
    this.svg = svg;
    /** @type {View} */
    this.view = { x: 0, y: 0, k: 1 };
    /** Where a glide leads, so that the next step begins there. @type {View | null} */
    this.goal = null;
    this.frame = 0;
    /** Whether a press is for others. @type {(event: MouseEvent) => boolean} */
    this.spare = () => false;
    this.zoom = /** @type {import("d3-zoom").ZoomBehavior<SVGSVGElement, unknown>} */ (zoom())
      .scaleExtent([MIN, MAX])
      .filter(
        (event) =>
          (!event.ctrlKey || event.type === "wheel") &&
          !event.button &&
          (event.type !== "mousedown" || !this.spare(event)),
      )
      .on("zoom", (event) => {
        const { x, y, k } = event.transform;
        this.view = { x, y, k };
        if (event.sourceEvent) {
          this.halt();
          grabbed();
        }
        moved(this.view);
      });
    this.selection =
      /** @type {import("d3-selection").Selection<SVGSVGElement, unknown, null, undefined>} */ (select(svg))
        .call(this.zoom)
        .on("dblclick.zoom", null);
  }

  get size() {
    return { width: this.svg.clientWidth, height: this.svg.clientHeight };
  }

  halt() {
    this.goal = null;
    cancelAnimationFrame(this.frame);
  }

  /** @param {View} view */
  jump(view) {
    this.halt();
    this.#set(view);
  }

  /** @param {View} view */
  #set({ x, y, k }) {
    this.selection.call(this.zoom.transform, zoomIdentity.translate(x, y).scale(k));
  }

  /** @param {View} target */
  glide(target) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.jump(target);
    this.halt();
    this.goal = target;
    const from = this.view;
    const began = performance.now();
    const step = (/** @type {number} */ time) => {
      const t = Math.min(1, Math.max(0, time - began) / GLIDE);
      const eased = 1 - (1 - t) ** 3;
      const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * eased;
      this.#set({ x: mix(from.x, target.x), y: mix(from.y, target.y), k: mix(from.k, target.k) });
      if (t < 1) this.frame = requestAnimationFrame(step);
      else this.goal = null;
    };
    this.frame = requestAnimationFrame(step);
  }

  /**
   * The view that shows a drawing whole, never larger than life.
   * @param {{width: number, height: number}} drawing
   * @param {number} [top]  px that something floats over
   * @param {number} [bottom]
   * @returns {View}
   */
  whole(drawing, top = 0, bottom = 0) {
    const { width } = this.size;
    const height = Math.max(1, this.size.height - top - bottom);
    const pad = width < 720 ? 16 : 40;
    const k = Math.max(
      MIN,
      Math.min(1, (width - 2 * pad) / drawing.width, (height - 2 * pad) / drawing.height),
    );
    return { k, x: (width - drawing.width * k) / 2, y: top + (height - drawing.height * k) / 2 };
  }

  /**
   * The view that shows a drawing from its top, as wide as the window.
   * @param {{width: number, height: number}} drawing
   * @param {number} top  px that something floats over
   * @returns {View}
   */
  begin(drawing, top) {
    const { width } = this.size;
    const k = Math.max(MIN, Math.min(READ, (width - 32) / drawing.width));
    return { k, x: (width - drawing.width * k) / 2, y: top + 24 };
  }

  /**
   * Put a place of the drawing in the middle.
   * @param {number} worldX
   * @param {number} worldY
   */
  centre(worldX, worldY) {
    const { width, height } = this.size;
    const { k } = this.view;
    this.jump({ k, x: width / 2 - worldX * k, y: height / 2 - worldY * k });
  }

  /** Zoom about the middle. @param {(k: number) => number} change */
  scale(change) {
    const { width, height } = this.size;
    const from = this.goal ?? this.view;
    const to = Math.max(MIN, Math.min(MAX, change(from.k)));
    const ratio = to / from.k;
    this.glide({
      k: to,
      x: width / 2 - (width / 2 - from.x) * ratio,
      y: height / 2 - (height / 2 - from.y) * ratio,
    });
  }

  /**
   * Move as little as shows a box that is out of sight; return whether it was.
   * @param {{x: number, y: number, width: number, height: number}} box  in the drawing
   * @param {{left?: number, right?: number, bottom?: number}} covered  px that something floats over
   */
  reveal(box, { left = 0, right = 0, bottom = 0 } = {}) {
    const { x, y, k } = this.view;
    const edge = 24;
    /** @type {(low: number, high: number, begin: number, end: number) => number} */
    const shift = (low, high, begin, end) => {
      if (high > end - edge) return Math.max(end - edge - high, begin + edge - low);
      return low < begin + edge ? begin + edge - low : 0;
    };
    const { width, height } = this.size;
    const dx = shift(box.x * k + x, (box.x + box.width) * k + x, left, width - right);
    const dy = shift(box.y * k + y, (box.y + box.height) * k + y, 0, height - bottom);
    const hidden = dx !== 0 || dy !== 0;
    if (hidden) this.glide({ k, x: x + dx, y: y + dy });
    return hidden;
  }

  /** "x,y,k" of the middle: the same place in a window of another size. */
  spell() {
    const { width, height } = this.size;
    const { x, y, k } = this.view;
    return `${Math.round((width / 2 - x) / k)},${Math.round((height / 2 - y) / k)},${k.toFixed(3)}`;
  }

  /** @param {string} text  what `spell` gave */
  parse(text) {
    const [cx, cy, k] = text.split(",").map(Number);
    if (![cx, cy, k].every(Number.isFinite) || k < MIN || k > MAX) return null;
    const { width, height } = this.size;
    return { k, x: width / 2 - cx * k, y: height / 2 - cy * k };
  }
}
