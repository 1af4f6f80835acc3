/** Which errors the failed runs of the board have: those that are alike, with how many runs have them. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { getErrors } from "./api.js";
import { ICONS, Icon } from "./parts.js";

const FIRST = 3; // that are shown at once
const SOON = 1500; // ms, so that many changes are one question
const RETRY = 4000; // ms

/** @typedef {import("./types.js").CommonError} CommonError */

export class Groups {
  /**
   * @param {object} to
   * @param {() => URLSearchParams} to.asked  what the Failed column shows
   * @param {() => void} to.changed
   * @param {(error: string | null) => void} to.choose  show only runs with that error
   * @param {(error: string | null) => void} to.resubmit  all runs with it; null: all of the column
   */
  constructor({ asked, changed, choose, resubmit }) {
    this.asked = asked;
    this.changed = changed;
    this.choose = choose;
    this.resubmit = resubmit;
    /** @type {CommonError[]} */
    this.errors = [];
    this.more = 0;
    this.turn = 0;
    /** Until then the cards below wait: they would be pushed down at once. */
    this.loaded = false;
    /** @type {string | null} */
    this.chosen = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  askSoon(wait = SOON) {
    this.later ??= setTimeout(() => this.ask(), wait);
  }

  async ask() {
    clearTimeout(this.later);
    this.later = undefined;
    this.turn += 1;
    const { turn } = this;
    try {
      const { errors, more } = await getErrors(this.asked());
      if (turn !== this.turn) return; // something else was asked since
      Object.assign(this, { errors, more });
    } catch {
      this.askSoon(RETRY); // the columns say that the server is away
    }
    this.loaded = true;
    this.changed();
  }
}

/** @param {{groups: Groups}} props */
export function CommonErrors({ groups }) {
  const [all, setAll] = useState(false);
  const { errors, more, chosen } = groups;
  const many = errors.filter(({ runs, error }) => runs > 1 || error === chosen);
  if (!many.length) return null;
  const left = many.length - FIRST + more;
  const shown = all ? many : many.slice(0, FIRST);
  return html`<ul class="board-errors" aria-label="Failed runs by error">
    ${shown.map(
      ({ error, runs, example }) => html`<li key=${error} class="board-group">
      <button type="button" class="board-heading" aria-pressed=${error === chosen} title=${example} onClick=${() => groups.choose(error === chosen ? null : error)}><bdi class="cut mono">${error}</bdi><b>×${runs.toLocaleString("en")}</b></button>
      <button type="button" class="quiet small square" title=${`Resubmit all ${runs.toLocaleString("en")} runs with this error`} aria-label=${`Resubmit all ${runs.toLocaleString("en")}: ${error}`} onClick=${() => groups.resubmit(error)}><${Icon} d=${ICONS.again} /></button></li>`,
    )}
    ${(many.length > FIRST || more > 0) && html`<li class="board-group"><button type="button" class="quiet small" aria-expanded=${all} onClick=${() => setAll(!all)}>${all ? "Fewer" : `${left.toLocaleString("en")} more ${left === 1 ? "error" : "errors"}`}</button>${all && more > 0 && html`<span class="muted">and ${more.toLocaleString("en")} that are rarer</span>`}</li>`}
  </ul>`;
}
