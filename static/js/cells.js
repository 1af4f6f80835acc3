/**
 * The members of a card as a grid of cells on one canvas, of which only those in sight are painted: 100,000 cost what 5,000 do.
 *
 * States are painted as they come, ten times a second at most; the order and the legend follow twice a second, and not while a
 * pointer moves over the cells, so that nothing slips away under it. The keyboard has one cursor, a live region tells where it is.
 */

import { cornerOf, gridOf } from "./cellgrid.js";
import { Hands } from "./cellhands.js";
import { huesOf } from "./cellhues.js";
import { Ink } from "./cellink.js";
import { paint } from "./cellpaint.js";
import { looksOf } from "./looks.js";
import { found, numberOf, ordered, tookOf } from "./members.js";
import { FAILURE, NONE, stateOf, word } from "./states.js";
import { onTheme } from "./theme.js";
import { lookedAt } from "./time.js";

const BETWEEN_PAINTS = 100; // ms
const BETWEEN_ORDERS = 500; // ms
const STILL = 1000; // ms after the pointer has moved

/**
 * @typedef {object} Shown  what the grid shows
 * @property {string} name  of the tasks
 * @property {Int32Array} members  indices, ascending
 * @property {(index: number) => string} id
 * @property {(index: number) => string | null} worker
 *
 * @typedef {{by: string, order: string, text: string}} Look
 */

export class Cells {
  /**
   * @param {HTMLElement} host
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {() => void} to.arranged  order or legend have changed
   * @param {(index: number | null, at: {x: number, y: number}) => void} to.over  the pointer is over a cell
   * @param {(event: PointerEvent) => boolean} to.lift  picked cells are pressed; whether they can be dragged
   */
  constructor(host, selection, { open, arranged, over, lift }) {
    this.selection = selection;
    this.arranged = arranged;
    this.scroller = part("div", "cells-scroll");
    this.space = part("div", "cells-space");
    this.canvas = /** @type {HTMLCanvasElement} */ (part("canvas", "cells-canvas"));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "grid of cells");
    this.canvas.setAttribute("aria-describedby", "cells-said");
    this.said = part("p", "cells-said");
    this.said.id = "cells-said";
    this.said.setAttribute("aria-live", "polite");
    this.space.append(this.canvas);
    this.scroller.append(this.space);
    const probes = part("div", "cell-probes");
    host.append(this.scroller, this.said, probes);
    this.ink = new Ink(probes);
    /** @type {Shown} */
    this.shown = { name: "", members: new Int32Array(0), id: () => "", worker: () => null };
    /** @type {Look} */
    this.place = { by: "state", order: "state", text: "" };
    /** @type {import("./members.js").Known | null} */
    this.known = null;
    /** Members that the filter leaves, in the order that is shown. */
    /** @type {Int32Array} */
    this.order = new Int32Array(0);
    /** @type {import("./cellhues.js").Hues} */
    this.hues = { kind: () => "PENDING", legend: [] };
    this.grid = gridOf(0, 1, 1);
    this.room = 240; // px, how high the grid may be
    /** The node that the keyboard is on, and the one whose detail is open. */
    this.cursor = -1;
    this.isMoved = false; // somebody has moved the cursor; until then it is on the first
    this.current = -1;
    /** Those that were found; the rest is pale. @type {Set<number> | null} */
    this.hit = null;
    this.hands = new Hands(this, { open, over, lift });
    this.painted = 0; // when, ms
    this.ordered = 0;
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.painting = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.arranging = undefined;
    this.#bind();
  }

  #bind() {
    const { canvas, scroller } = this;
    scroller.addEventListener("scroll", () => this.soon(), { passive: true });
    canvas.addEventListener("focus", () => this.#focused());
    canvas.addEventListener("blur", () => this.soon());
    this.resizing = new ResizeObserver(() => this.#regrid());
    this.resizing.observe(scroller);
    this.unbind = onTheme(() => {
      this.ink.renew();
      this.soon();
    });
  }

  stop() {
    this.unbind?.();
    this.resizing?.disconnect();
    clearTimeout(this.painting);
    clearTimeout(this.arranging);
    cancelAnimationFrame(this.frame);
  }

  /**
   * Show other members, or the same ones in another run of events.
   * @param {Shown} shown
   * @param {import("./state.js").RunState} state
   */
  show(shown, state) {
    const isOther =
      shown.members.length !== this.shown.members.length || shown.members[0] !== this.shown.members[0];
    this.shown = shown;
    this.known = { state, worker: shown.worker, now: lookedAt() };
    if (isOther) {
      this.isMoved = false;
      this.scroller.scrollTop = 0;
    }
    this.arrange();
  }

  /** @param {Look} place */
  look(place) {
    const { by, order, text } = this.place;
    if (by === place.by && order === place.order && text === place.text) return;
    if (order !== place.order || text !== place.text) this.scroller.scrollTop = 0;
    this.place = place;
    this.arrange();
  }

  /** States have changed, of members among others. @param {import("./state.js").RunState} state */
  update(state) {
    if (!this.known) return;
    Object.assign(this.known, { state, now: lookedAt() });
    const rest = BETWEEN_ORDERS - (performance.now() - this.ordered);
    this.arranging ??= setTimeout(() => this.#again(), Math.max(0, rest));
    const wait = BETWEEN_PAINTS - (performance.now() - this.painted);
    this.painting ??= setTimeout(
      () => {
        this.painting = undefined;
        this.soon();
      },
      Math.max(0, wait),
    );
  }

  #again() {
    this.arranging = undefined;
    if (this.hands.isBusy(STILL)) this.arranging = setTimeout(() => this.#again(), BETWEEN_ORDERS);
    else this.arrange();
  }

  /** Put them in order anew. */
  arrange() {
    if (!this.known) return;
    const { members, id } = this.shown;
    this.known.now = lookedAt();
    const all = ordered(members, this.place.order, this.known);
    this.order = found(all, this.place.text, id, (index) => numberOf(members, index));
    this.hues = huesOf(members, this.place.by, this.known);
    if (!this.isMoved || !this.order.includes(this.cursor)) this.move(this.order[0] ?? -1, { by: "order" });
    const { name } = this.shown;
    const count = this.order.length.toLocaleString("en");
    this.canvas.setAttribute(
      "aria-label",
      `${count} of ${name}. Arrow keys walk, Enter opens the detail, Space selects.`,
    );
    this.#regrid();
    this.arranged();
  }

  /** How high the grid may be, in px. @param {number} room */
  fit(room) {
    if (room === this.room) return;
    this.room = room;
    this.#regrid();
  }

  #regrid() {
    const width = this.scroller.clientWidth;
    if (!width) return;
    const coarse = matchMedia("(pointer: coarse)").matches;
    this.grid = gridOf(this.order.length, width, this.room, { coarse });
    const height = this.grid.rows * this.grid.pitch;
    this.space.style.height = `${height}px`;
    this.scroller.style.maxHeight = `${this.room}px`;
    this.soon();
  }

  /** Paint in the next frame. */
  soon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.#paint();
    });
  }

  #paint() {
    if (!this.known) return;
    this.painted = performance.now();
    paint(this);
  }

  /** The keyboard is on the cells. */
  get isFocused() {
    return this.canvas.matches(":focus-visible");
  }

  /** The one whose detail is open. @param {number | null} index */
  select(index) {
    this.current = index ?? -1;
    const place = this.order.indexOf(this.current);
    if (place >= 0) this.reveal(place);
    this.soon();
  }

  /** The picked ones are others. */
  pick() {
    this.soon();
  }

  /** Those that were found, or null. @param {Set<number> | null} hit */
  hits(hit) {
    this.hit = hit;
    this.soon();
  }

  focus() {
    this.canvas.focus({ preventScroll: true });
  }

  /** "resize 4,711 of 10,000". @param {number} index */
  title(index) {
    const { members, name } = this.shown;
    return `${name} ${numberOf(members, index).toLocaleString("en")} of ${members.length.toLocaleString("en")}`;
  }

  /** What a cell is called aloud. @param {number} index */
  spell(index) {
    const parts = [this.title(index), word(this.stateOf(index))];
    const took = this.known && tookOf(this.known.state, index);
    if (took) parts.push(took);
    if (this.selection.has(index)) parts.push("selected");
    return parts.join(", ");
  }

  /** How many of the members have failed. */
  failed() {
    const codes = this.known?.state.codes;
    return this.shown.members.reduce((sum, index) => sum + (codes?.[index] === FAILURE ? 1 : 0), 0);
  }

  /** @param {number} index */
  stateOf(index) {
    return stateOf((this.known && looksOf(this.known.state)[index]) ?? NONE);
  }

  #focused() {
    const place = this.order.indexOf(this.cursor);
    if (place >= 0 && this.canvas.matches(":focus-visible")) this.reveal(place);
    this.say();
    this.soon();
  }

  /**
   * Put the cursor on a node.
   * @param {number} index
   * @param {{by?: "hand" | "order"}} [how]
   */
  move(index, { by = "hand" } = {}) {
    const isOther = index !== this.cursor;
    this.cursor = index;
    this.isMoved = by === "hand";
    if (isOther && by === "order" && document.activeElement === this.canvas) this.say();
  }

  /** Tell where the keyboard is. */
  say() {
    this.said.textContent = this.cursor < 0 ? "" : this.spell(this.cursor);
  }

  /** Bring the cell at a place into sight. @param {number} place */
  reveal(place) {
    const { y } = cornerOf(this.grid, place);
    const { scroller, grid } = this;
    if (y < scroller.scrollTop) scroller.scrollTop = y;
    else if (y + grid.pitch > scroller.scrollTop + scroller.clientHeight)
      scroller.scrollTop = y + grid.pitch - scroller.clientHeight;
    this.soon();
  }
}

/** @param {string} tag @param {string} name */
function part(tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  return made;
}
