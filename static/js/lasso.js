/** A rectangle drawn over a graph selects the cards that it touches: with Shift, or while the lasso is on. */

import { make, WIDTH } from "./card.js";
import { membersOn } from "./graphhand.js";

const FAR = 4; // px

/** @typedef {{x: number, y: number}} Point */

export class Lasso {
  /**
   * @param {import("./graph.js").Graph} graph
   * @param {import("./selection.js").Selection} selection
   * @param {() => boolean} isOn  rectangles can be drawn
   */
  constructor(graph, selection, isOn) {
    this.graph = graph;
    this.selection = selection;
    this.isOn = isOn;
    this.armed = false; // without Shift, too
    this.rect = make("rect", { class: "lasso", visibility: "hidden", "aria-hidden": "true" });
    graph.svg.append(this.rect);
    graph.svg.addEventListener("pointerdown", (event) => this.#down(event));
  }

  /** Whether a press begins a rectangle rather than moves the view. @param {MouseEvent} event */
  takes(event) {
    const onCard = this.graph.deck.at(event.target) !== undefined;
    return this.isOn() && !onCard && (event.shiftKey || this.armed);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || event.pointerType === "touch" || !this.takes(event)) return;
    const from = this.#point(event);
    const adds = event.shiftKey || event.ctrlKey || event.metaKey;
    const ending = new AbortController();
    const { signal } = ending;
    let to = from;
    const end = (/** @type {boolean} */ takes) => {
      ending.abort();
      this.rect.setAttribute("visibility", "hidden");
      if (takes && Math.hypot(to.x - from.x, to.y - from.y) > FAR) this.#pick(from, to, adds);
    };
    const move = (/** @type {PointerEvent} */ moved) => {
      to = this.#point(moved);
      this.#draw(from, to);
    };
    const leave = (/** @type {KeyboardEvent} */ pressed) => {
      if (pressed.key !== "Escape") return;
      pressed.preventDefault();
      pressed.stopPropagation();
      end(false);
    };
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", () => end(true), { signal });
    addEventListener("pointercancel", () => end(false), { signal });
    addEventListener("keydown", leave, { signal, capture: true });
  }

  /** @param {MouseEvent} event @returns {Point} */
  #point({ clientX, clientY }) {
    const { left, top } = this.graph.svg.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  /**
   * @param {Point} from
   * @param {Point} to
   */
  #draw(from, to) {
    const { x, y, width, height } = between(from, to);
    const at = { x, y, width, height, visibility: "visible" };
    for (const [name, value] of Object.entries(at)) this.rect.setAttribute(name, `${value}`);
  }

  /**
   * @param {Point} from
   * @param {Point} to
   * @param {boolean} adds
   */
  #pick(from, to, adds) {
    const { view } = this.graph.viewport;
    const box = between(from, to);
    const found = [...this.graph.deck.cards.values()].filter((card) => {
      const left = card.x * view.k + view.x;
      const top = card.y * view.k + view.y;
      const isBeside = left > box.x + box.width || left + WIDTH * view.k < box.x;
      return !isBeside && top <= box.y + box.height && top + card.height * view.k >= box.y;
    });
    const indexes = found.flatMap(membersOn);
    if (adds) this.selection.add(indexes);
    else this.selection.set(indexes);
  }
}

/**
 * @param {Point} a
 * @param {Point} b
 */
function between(a, b) {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return { x, y, width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
}
