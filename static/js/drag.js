/**
 * Dragging tasks with a pointer onto a target of the tray: a label follows it, targets that would take them light up, the others
 * dim. Escape leaves everything as it was.
 */

const FAR = 5; // px, until then it is a click

/**
 * @typedef {object} Load  what is dragged
 * @property {number[]} nodes
 * @property {string} label
 */

export class Drag {
  /**
   * @param {object} to
   * @param {() => boolean} to.isOn  there is something to drag to
   * @param {(load: Load | null) => void} to.carry  this is being dragged, or nothing any more
   * @param {(key: string, nodes: number[]) => void} to.drop  onto the target of that key
   */
  constructor({ isOn, carry, drop }) {
    this.isOn = isOn;
    this.carry = carry;
    this.drop = drop;
    this.ghost = document.createElement("div");
    this.ghost.className = "drag-ghost";
    this.ghost.ariaHidden = "true";
    this.ghost.hidden = true;
    document.body.append(this.ghost);
    /** @type {Load | null} */
    this.load = null;
    this.ended = 0; // when the last one was, ms
    /** @type {(() => void) | null} */
    this.unbind = null;
  }

  /** Whether a click just now is the end of a drag. */
  get isDone() {
    return this.load !== null || performance.now() - this.ended < 50;
  }

  /**
   * A pointer was pressed on tasks; that may become a drag.
   * @param {PointerEvent} event
   * @param {() => Load | null} load  asked for when it does
   * @returns {boolean}  whether it may
   */
  begin(event, load) {
    if (!this.isOn() || event.button !== 0 || event.pointerType === "touch") return false;
    this.cancel();
    const { clientX, clientY } = event;
    const ending = new AbortController();
    const { signal } = ending;
    this.unbind = () => ending.abort();
    const move = (/** @type {PointerEvent} */ moved) => {
      const far = Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > FAR;
      if (!this.load && far) this.#lift(load());
      if (this.load) this.#over(moved);
    };
    const up = (/** @type {PointerEvent} */ raised) => this.#end(raised);
    addEventListener("pointermove", move, { signal });
    addEventListener("pointerup", up, { signal });
    addEventListener("pointercancel", () => this.cancel(), { signal });
    addEventListener("blur", () => this.cancel(), { signal });
    // Before all others: Escape then closes nothing else.
    addEventListener("keydown", (pressed) => this.#pressed(pressed), { signal, capture: true });
    return true;
  }

  /** @param {Load | null} load */
  #lift(load) {
    if (!load?.nodes.length) return this.cancel();
    this.load = load;
    this.ghost.textContent = load.label;
    this.ghost.hidden = false;
    document.body.classList.add("dragging");
    this.carry(load);
  }

  /** @param {PointerEvent} event */
  #over({ clientX, clientY }) {
    this.ghost.style.transform = `translate(${clientX + 14}px, ${clientY + 10}px)`;
    const found = targetAt(clientX, clientY);
    for (const each of document.querySelectorAll(".drop.over"))
      if (each !== found) each.classList.remove("over");
    if (found?.dataset.valid === "yes") found.classList.add("over");
  }

  /** @param {PointerEvent} event */
  #end({ clientX, clientY }) {
    const { load } = this;
    const found = load && targetAt(clientX, clientY);
    const key = found?.dataset.valid === "yes" ? found.dataset.target : undefined;
    this.cancel();
    if (load && key !== undefined) this.drop(key, load.nodes);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.key !== "Escape" || !this.load) return;
    event.preventDefault();
    event.stopPropagation();
    this.cancel();
  }

  /** Leave all as it was. */
  cancel() {
    this.unbind?.();
    this.unbind = null;
    if (!this.load) return;
    this.load = null;
    this.ended = performance.now();
    this.ghost.hidden = true;
    document.body.classList.remove("dragging");
    for (const each of document.querySelectorAll(".drop.over")) each.classList.remove("over");
    this.carry(null);
  }
}

/**
 * The target at a point: one of the buttons, or the tray itself, which stands for the first of them.
 * @param {number} x
 * @param {number} y
 * @returns {HTMLElement | null}
 */
function targetAt(x, y) {
  const under = document.elementFromPoint(x, y);
  const found = under?.closest("[data-target]") ?? under?.closest("#tray")?.querySelector("[data-target]");
  return found instanceof HTMLElement ? found : null;
}
