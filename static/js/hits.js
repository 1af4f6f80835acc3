/**
 * Tasks that a search or an error has found: counted on the cards, ringed among the cells, alone in the table, and
 * walked one by one. The walk opens the cards that hold what it comes to, and folds again those that it opened before.
 */

import { html, render } from "htm/preact";
import { ICONS, Icon } from "./parts.js";

const DEEPEST = 12; // cards within cards that are opened on one way

/**
 * @typedef {object} Found
 * @property {string} what  for people: what they are
 * @property {number[]} indexes  ascending
 * @property {string} [cut]  why these are not all
 * @property {() => void} close  somebody has seen enough
 */

export class Hits {
  /**
   * @param {HTMLElement} host
   * @param {import("./run.js").RunPage} page
   */
  constructor(host, page) {
    this.host = host;
    this.page = page;
    /** @type {Found | null} */
    this.found = null;
    /** @type {Set<number> | null} */
    this.set = null;
    /** The place of the one that is open; -1 before the first. */
    this.at = -1;
    /** The task that the walk is on its way to. @type {number | null} */
    this.goal = null;
    /** A task whose detail is opened once its id is known. @type {number | null} */
    this.unnamed = null;
    /** Ids of cards that were opened on this way, and on the one before. @type {Set<string>} */
    this.opened = new Set();
    /** @type {Set<string>} */
    this.before = new Set();
  }

  /** @param {Found | null} found */
  show(found) {
    const here = this.found?.indexes[this.at];
    this.found = found;
    this.set = found && new Set(found.indexes);
    this.at = here === undefined ? -1 : (found?.indexes.indexOf(here) ?? -1);
    this.page.stage.found(this.set);
    this.draw();
  }

  /** Go on to the next, or to the one before. @param {1 | -1} by */
  step(by) {
    const count = this.found?.indexes.length ?? 0;
    if (!count) return;
    const from = this.at < 0 && by < 0 ? 0 : this.at;
    this.goTo((from + by + count) % count);
  }

  /** @param {number} at  a place among the hits */
  goTo(at) {
    const index = this.found?.indexes[at];
    if (index === undefined) return;
    this.at = at;
    this.draw();
    this.before = this.opened;
    this.opened = new Set();
    this.goal = index;
    this.unnamed = index;
    this.named();
    this.follow();
  }

  /** Open the detail, if the nodes have come. */
  named() {
    if (this.unnamed === null || !this.page.state.nodes.id(this.unnamed)) return;
    this.page.detail.openIndex(this.unnamed);
    this.unnamed = null;
  }

  /** Open the card that holds the goal, if it can be; called again when the graph is drawn. */
  follow() {
    if (this.goal === null) return;
    const card = this.page.stage.graph.foldOf(this.goal);
    const isOpen = !card?.can_open || this.opened.has(card.id) || this.opened.size >= DEEPEST;
    if (isOpen) {
      this.goal = null;
      if (card) this.page.stage.peek(card.id);
      this.page.stage.mark({ reveal: true });
      return;
    }
    const others = this.page.place.open.filter((id) => !this.before.has(id) || this.opened.has(id));
    this.before.clear();
    this.opened.add(card.id);
    this.page.folding.fold({ open: [...new Set([...others, card.id])] });
  }

  draw() {
    const { found, at } = this;
    if (!found) return render(html``, this.host);
    const text = said(found, at);
    return render(
      html`<div class="picked hits" role="group" aria-label="What was found">
          <span class="hits-told" role="status" title=${[text, found.cut].filter(Boolean).join("\n")}><b>${text}</b> <bdi>${found.what}</bdi>${found.cut && html` <i class="muted">${found.cut}</i>`}</span>
          <button type="button" class="quiet small square" title="The one before (Shift+N)" aria-label="The one before" disabled=${!found.indexes.length} onClick=${() => this.step(-1)}><${Icon} d=${ICONS.left} /></button>
          <button type="button" class="quiet small square" title="The next (n)" aria-label="The next" disabled=${!found.indexes.length} onClick=${() => this.step(1)}><${Icon} d=${ICONS.right} /></button>
          <button type="button" class="quiet small square" title="Show everything again" aria-label="Show everything again" onClick=${found.close}><${Icon} d=${ICONS.close} /></button>
        </div>`,
      this.host,
    );
  }
}

/** "3 of 12". @param {Found} found @param {number} at */
function said({ indexes }, at) {
  const all = indexes.length ? indexes.length.toLocaleString("en") : "none";
  return at < 0 ? `${all} found` : `${(at + 1).toLocaleString("en")} of ${all}`;
}

/** The indexes in stretches of a first one and how many follow each other. @param {Array<[first: number, count: number]>} pairs */
export function spread(pairs) {
  return pairs.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
}
