/** A line over a folded graph: how it is folded, what is told apart, and the way back from what was opened. */

import { html, render } from "htm/preact";
import { APART } from "./view.js";

const BETWEEN = 1000; // ms

/** @type {Record<string, {name: string, more: string, title: string}>} */
const WORDS = {
  failed: {
    name: "Failed apart",
    more: "more failed",
    title: "Show the tasks that failed, and what hangs on them, as cards of their own",
  },
  retried: {
    name: "Retried apart",
    more: "more retried",
    title: "Show the tasks that were tried again, and what hangs on them, as cards of their own",
  },
};

export class FoldNote {
  /**
   * @param {HTMLElement} host
   * @param {object} to
   * @param {(apart: string[]) => void} to.part  somebody asks to tell these apart
   * @param {() => void} to.refold  somebody asks for what has failed since
   * @param {() => void} to.close  somebody asks to fold again what was opened
   */
  constructor(host, { part, refold, close }) {
    this.host = host;
    this.to = { part, refold, close };
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {string[]} */
    this.apart = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.drawing = undefined;
  }

  stop() {
    clearTimeout(this.drawing);
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {string[]} apart  what is asked to be told apart
   */
  show(state, apart) {
    this.state = state;
    this.apart = apart;
    this.#draw();
  }

  /** States have changed. @param {import("./state.js").RunState} state */
  update(state) {
    this.state = state;
    this.drawing ??= setTimeout(() => this.#draw(), BETWEEN);
  }

  #draw() {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    const graph = this.state?.graph;
    const folding = graph?.folding;
    render(folding && this.state ? this.#line(this.state, folding) : html``, this.host);
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {import("./types.js").Folding} folding
   */
  #line(state, { method, cards, opened, apart, shown }) {
    const tasks = (state.run?.nodes ?? 0).toLocaleString("en");
    const count = cards.filter((card) => card.kind !== "join").length;
    const text = `${tasks} tasks on ${count} ${count === 1 ? "card" : "cards"}, folded by structure (${method})`;
    const now = countsOf(state);
    return html`<div class="fold-line">
      <span role="status" title=${text}>${text}</span>
      ${APART.filter((each) => now[each] || this.apart.includes(each)).map((each) => this.#toggle(each, now[each] - (apart[each] ?? now[each])))}
      ${opened.length || shown.length ? html`<button type="button" class="quiet small" onClick=${this.to.close}>Fold again</button>` : null}
    </div>`;
  }

  /**
   * @param {typeof APART[number]} each
   * @param {number} more  how many there are that the graph does not tell apart yet
   */
  #toggle(each, more) {
    const { name, more: said, title } = WORDS[each];
    const isOn = this.apart.includes(each);
    const next = isOn ? this.apart.filter((other) => other !== each) : [...this.apart, each];
    return html`<button type="button" class="quiet small toggle" key=${each} aria-pressed=${isOn} title=${title} onClick=${() => this.to.part(next)}>${name}</button>
      ${isOn && more > 0 && html`<button type="button" class="more" title="Fold it anew: the graph moves" onClick=${this.to.refold}>${more.toLocaleString("en")} ${said}: show them too</button>`}`;
  }
}

/** @param {import("./state.js").RunState} state @returns {Record<typeof APART[number], number>} */
function countsOf({ run, retries }) {
  let retried = 0;
  for (const count of retries) if (count > 0) retried += 1;
  return { failed: run?.counts.FAILURE ?? 0, retried };
}
