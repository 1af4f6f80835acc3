/** The menu of a task, or of several: what a plan can do with them. For the pointer and the keyboard alike. */

import { html, render } from "htm/preact";
import { Glyph } from "./parts.js";
import { called } from "./planwords.js";
import { dismiss } from "./targets.js";

const EDGE = 8; // px to the edge of the window

/**
 * @typedef {object} Asked  whose menu it is
 * @property {number[]} nodes
 * @property {number[]} [all]  of a card of many: all of them, where `nodes` are those that did not succeed
 */

export class TaskMenu {
  /**
   * @param {HTMLElement} host
   * @param {import("./resubmission.js").Resubmission} own
   */
  constructor(host, own) {
    this.host = host;
    this.own = own;
    /** Where the keyboard was. @type {Element | null} */
    this.before = null;
    host.addEventListener("keydown", (event) => this.#pressed(event));
    host.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed") this.#closed();
    });
  }

  /**
   * @param {Asked} asked
   * @param {{x: number, y: number}} at  in the window
   */
  open(asked, at) {
    if (!asked.nodes.length) return;
    this.before = document.activeElement;
    render(
      html`<${Items} own=${this.own} asked=${asked} more=${() => this.#draw({ nodes: asked.all ?? [] })} done=${() => this.host.hidePopover()} />`,
      this.host,
    );
    this.host.showPopover();
    const { offsetWidth, offsetHeight } = this.host;
    const left = Math.max(EDGE, Math.min(at.x, innerWidth - offsetWidth - EDGE));
    const top = Math.max(EDGE, Math.min(at.y, innerHeight - offsetHeight - EDGE));
    this.host.style.transform = `translate(${left}px, ${top}px)`;
    this.#items[0]?.focus();
  }

  /** @param {Asked} asked */
  #draw(asked) {
    render(
      html`<${Items} own=${this.own} asked=${asked} more=${() => undefined} done=${() => this.host.hidePopover()} />`,
      this.host,
    );
    this.#items[0]?.focus();
  }

  #closed() {
    const { before } = this;
    this.before = null;
    if (this.host.contains(document.activeElement) || document.activeElement === document.body) {
      if (before instanceof HTMLElement || before instanceof SVGElement)
        before.focus({ preventScroll: true });
    }
  }

  /** @returns {HTMLButtonElement[]} */
  get #items() {
    return [...this.host.querySelectorAll("button:not([disabled])")].filter(
      (each) => each instanceof HTMLButtonElement,
    );
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const items = this.#items;
    const here = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: items.length - 1 };
    const next = steps[event.key];
    if (next !== undefined) items.at(next % items.length)?.focus();
    else if (event.key === "Tab") this.host.hidePopover();
    else return;
    event.preventDefault();
  }
}

/** @param {{own: import("./resubmission.js").Resubmission, asked: Asked, more: () => void, done: () => void}} props */
function Items({ own, asked: { nodes, all }, more, done }) {
  const { nodes: known } = own.page.state;
  const press = (/** @type {() => void} */ does) => () => {
    done();
    does();
  };
  return html`<h2 id="menu-title" class="menu-title cut"><bdi>${called(known, nodes)}</bdi>${all && html` <span class="muted">of ${all.length.toLocaleString("en")}</span>`}</h2>
    <div role="menu" aria-labelledby="menu-title">${own.tray.targets
      .filter(({ key }) => !key.startsWith("queue ") || key === "queue")
      .map((target) => {
        const why = target.refuses(nodes);
        return html`<button type="button" role="menuitem" key=${target.key} disabled=${why !== ""} title=${why ? `Not now: ${why}` : target.about} onClick=${press(() => target.take(nodes))}><${Glyph} state=${target.look} /><span>${target.key === "queue" ? "On another queue…" : target.label}</span></button>`;
      })}
      ${own.isChosen(nodes) && html`<button type="button" role="menuitem" onClick=${press(() => dismiss(own.planning, nodes))}><span class="glyph" data-state="PENDING"></span><span>Take out of what was chosen</span></button>`}
      ${all && html`<button type="button" role="menuitem" onClick=${more}><span class="glyph" data-state="SUCCESS"></span><span>All ${all.length.toLocaleString("en")} of the card…</span></button>`}
    </div>`;
}
