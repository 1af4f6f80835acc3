/** Pointer and keyboard on a grid of cells: one opens, several are picked, and a rectangle that is drawn picks what it touches. */

import { placeAt, placesIn, stepOf } from "./cellgrid.js";
import { picking } from "./selection.js";

const DRAG = 4; // px

/** @typedef {{x: number, y: number}} Point */

export class Hands {
  /**
   * @param {import("./cells.js").Cells} cells
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {(index: number | null, at: Point) => void} to.over  the pointer is over a cell
   * @param {(event: PointerEvent) => boolean} to.lift  picked cells are pressed; whether they can be dragged
   */
  constructor(cells, { open, over, lift }) {
    this.cells = cells;
    this.lift = lift;
    this.open = open;
    this.over = over;
    this.hovered = -1; // the node under the pointer
    this.moved = 0; // when the pointer last did, ms
    /** Where it was pressed. @type {Point | null} */
    this.from = null;
    /** What is being drawn around some. @type {{from: Point, to: Point} | null} */
    this.band = null;
    const { canvas } = cells;
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("click", (event) => this.#clicked(event));
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", () => this.#up());
    canvas.addEventListener("pointercancel", () => this.#up());
    canvas.addEventListener("pointerleave", () => this.#hover(-1));
  }

  /** Whether nothing may move: the pointer has, within so many ms. @param {number} still */
  isBusy(still) {
    return this.from !== null || performance.now() - this.moved < still;
  }

  /** @param {MouseEvent} event @returns {Point} */
  #point({ clientX, clientY }) {
    const { canvas, scroller } = this.cells;
    const corner = canvas.getBoundingClientRect();
    return { x: clientX - corner.left, y: clientY - corner.top + scroller.scrollTop };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || event.pointerType === "touch") return; // a finger that is dragged scrolls
    this.band = null;
    const { x, y } = this.#point(event);
    const { order, selection, grid } = this.cells;
    if (selection.has(order[placeAt(grid, x, y)] ?? -1) && this.lift(event)) return;
    this.from = { x, y };
    this.cells.canvas.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (event.pointerType === "touch") return;
    this.moved = performance.now();
    const { from } = this;
    const to = this.#point(event);
    if (from && (this.band || Math.hypot(to.x - from.x, to.y - from.y) > DRAG)) {
      this.band = { from, to };
      this.#hover(-1);
      this.cells.soon();
    } else this.#hover(placeAt(this.cells.grid, to.x, to.y), event);
  }

  #up() {
    this.from = null;
  }

  /**
   * @param {number} place
   * @param {PointerEvent} [event]
   */
  #hover(place, event) {
    const index = place < 0 ? -1 : this.cells.order[place];
    if (index !== this.hovered) this.cells.soon();
    this.hovered = index;
    this.over(index < 0 ? null : index, { x: event?.clientX ?? 0, y: event?.clientY ?? 0 });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { cells } = this;
    const { selection, order, grid } = cells;
    const how = picking(event);
    if (this.band) {
      const { from, to } = this.band;
      this.band = null;
      const indexes = placesIn(grid, from, to).map((place) => order[place]);
      if (how) selection.add(indexes);
      else selection.set(indexes);
      return;
    }
    const { x, y } = this.#point(event);
    const index = order[placeAt(grid, x, y)];
    if (index === undefined) return;
    cells.move(index);
    if (how === "toggle") selection.toggle(index);
    else if (how === "extend") selection.extend(index, [...order]);
    else this.open(index);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { cells } = this;
    const { selection, cursor } = cells;
    if (event.altKey || cursor < 0) return;
    if (event.key === " " || event.key === "Enter") cells.move(cursor);
    const held = event.ctrlKey || event.metaKey;
    if (held && event.key === "a") selection.add(cells.order);
    else if (held && event.key !== "Home" && event.key !== "End") return;
    else if (event.key === "Enter") this.open(cursor);
    else if (event.key === " ") selection.toggle(cursor);
    else if (!this.#step(event)) return;
    event.preventDefault();
    if (event.key !== "Enter") cells.say();
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const { cells } = this;
    const { order, selection } = cells;
    const page = Math.floor(cells.scroller.clientHeight / cells.grid.pitch);
    const next = stepOf(cells.grid, order.indexOf(cells.cursor), event.key, page);
    if (next === null) return false;
    if (event.shiftKey) {
      selection.anchor ??= cells.cursor;
      selection.extend(order[next], [...order]);
    }
    cells.move(order[next]);
    cells.reveal(next);
    return true;
  }
}
