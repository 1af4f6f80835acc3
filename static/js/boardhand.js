/**
 * Dragging a failed card onto the column of what runs, by mouse or pen. A finger scrolls; the card has a button for it.
 *
 * pressed -> (moved further than SLACK) dragging -> dropped on the target, or let go: the card glides back.
 */

import { copyOf } from "./boardmoves.js";

const SLACK = 6; // px that a press may move before it is a drag
const BACK = 150; // ms

/**
 * @typedef {object} Held
 * @property {HTMLElement} card
 * @property {string} run
 * @property {number} x  where it was taken
 * @property {number} y
 * @property {DOMRect} from
 * @property {HTMLElement | null} copy  once it moves
 */

export class BoardHand {
  /**
   * @param {HTMLElement} board
   * @param {object} to
   * @param {(run: string) => void} to.drop  on the column of what runs
   * @param {() => void} to.ended  the board may move again
   */
  constructor(board, { drop, ended }) {
    this.board = board;
    this.drop = drop;
    this.ended = ended;
    /** @type {Held | null} */
    this.held = null;
  }

  /** @returns {() => void}  the unbinder */
  start() {
    const ends = new AbortController();
    const { signal } = ends;
    this.board.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    this.board.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
    addEventListener("pointermove", (event) => this.#move(event), { signal });
    addEventListener("pointerup", (event) => this.#release(event), { signal });
    addEventListener("pointercancel", () => this.#letGo(), { signal });
    addEventListener("keydown", (event) => event.key === "Escape" && this.isDragging && this.#letGo(), {
      signal,
    });
    return () => ends.abort();
  }

  get isDragging() {
    return this.held !== null && this.held.copy !== null;
  }

  /** @param {PointerEvent} event */
  #press({ target, button, pointerType, clientX: x, clientY: y }) {
    if (button !== 0 || pointerType === "touch" || !(target instanceof Element)) return;
    const card = target.closest(".board-card[data-movable]");
    if (!(card instanceof HTMLElement) || target.closest(".board-again, .board-mark")) return;
    this.held = { card, run: card.dataset.run ?? "", x, y, from: card.getBoundingClientRect(), copy: null };
  }

  /** @param {PointerEvent} event */
  #move({ clientX, clientY }) {
    const { held } = this;
    if (!held) return;
    const [dx, dy] = [clientX - held.x, clientY - held.y];
    if (!held.copy) {
      if (Math.hypot(dx, dy) < SLACK) return;
      getSelection()?.removeAllRanges();
      held.copy = copyOf(held.card, held.from);
      held.copy.classList.add("is-dragged");
      held.card.dataset.dragged = "";
      this.board.dataset.dragging = "";
    }
    held.copy.style.transform = `translate(${dx}px, ${dy}px) rotate(1deg)`;
    const over = this.#target(clientX, clientY);
    this.board.toggleAttribute("data-over", over);
  }

  /** @param {PointerEvent} event */
  #release({ clientX, clientY }) {
    const { held } = this;
    if (!held?.copy) {
      this.held = null;
      return;
    }
    this.#swallowClick();
    if (!this.#target(clientX, clientY)) return this.#letGo();
    this.#finish();
    held.copy.remove();
    this.drop(held.run);
  }

  /** Put it back where it was. */
  #letGo() {
    const { held } = this;
    if (!held) return;
    const { copy } = held;
    if (copy) {
      const back = copy.animate([{ transform: copy.style.transform }, { transform: "none" }], BACK);
      back.finished.finally(() => copy.remove());
      this.#finish();
    }
    this.held = null;
  }

  #finish() {
    delete this.held?.card.dataset.dragged;
    delete this.board.dataset.dragging;
    this.board.removeAttribute("data-over");
    this.held = null;
    this.ended();
  }

  /** The end of a drag is no press on the link under it. */
  #swallowClick() {
    const swallow = (/** @type {Event} */ event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #target(x, y) {
    return Boolean(document.elementFromPoint(x, y)?.closest('[data-column="running"]'));
  }
}
