/** The page of all bulks, newest first. */

import { html, render } from "htm/preact";
import { getBulks } from "./bulkapi.js";
import { aboutOf, OutcomeBar, stateWord, Who } from "./bulkparts.js";
import { Live } from "./live.js";
import { element, showFreshness } from "./shell.js";

const AGAIN = 2000; // ms, while one goes on

class BulksPage {
  constructor() {
    this.host = element("bulks", HTMLElement);
    this.live = new Live();
    /** @type {import("./types.js").Bulk[]} */
    this.bulks = [];
    /** @type {number | null} */
    this.next = null;
    this.loaded = false;
    /** @type {string | null} */
    this.problem = null;
  }

  start() {
    showFreshness(this.live);
    this.live.start();
    this.ask();
  }

  async ask() {
    try {
      const { bulks, next } = await getBulks();
      const oldest = bulks.at(-1)?.at ?? Infinity;
      const older = this.bulks.filter(({ at }) => at < oldest);
      this.bulks = [...bulks, ...older];
      if (!older.length) this.next = next;
      this.loaded = true;
      this.problem = null;
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    if (this.problem || this.bulks.some(({ state }) => state === "RUNNING"))
      setTimeout(() => this.ask(), AGAIN);
    this.draw();
  }

  async more() {
    try {
      const { bulks, next } = await getBulks(this.next);
      this.bulks = [...this.bulks, ...bulks];
      this.next = next;
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.draw();
  }

  draw() {
    const { bulks, next, loaded, problem } = this;
    render(
      html`${problem && html`<p class="notice" role="alert">${problem}</p>`}
        ${loaded && !bulks.length && html`<div class="empty small"><h2>Nothing was resubmitted in bulk yet</h2><p>The column of failed runs on the board groups them by their error, and resubmits all that have it.</p><p><a class="button" href="/board">To the board</a></p></div>`}
        ${bulks.length > 0 && html`<ul class="bulk-list">${bulks.map((bulk) => html`<${Entry} key=${bulk.id} bulk=${bulk} />`)}</ul>`}
        ${next !== null && html`<p class="list-more"><button type="button" class="button plain" onClick=${() => this.more()}>Show older</button></p>`}`,
      this.host,
    );
  }
}

/** @param {{bulk: import("./types.js").Bulk}} props */
function Entry({ bulk }) {
  const refused = (bulk.outcomes.refused ?? 0) + (bulk.outcomes.changed ?? 0);
  return html`<li class="bulk-entry">
    <a class="row-link" href=${`/bulk/${encodeURIComponent(bulk.id)}`}><b>${bulk.total.toLocaleString("en")} ${bulk.total === 1 ? "run" : "runs"}</b></a>
    <span>${stateWord(bulk)}</span><${OutcomeBar} bulk=${bulk} />
    <span class="note" data-state=${refused ? "FAILURE" : undefined}>${refused > 0 && `${refused.toLocaleString("en")} not resubmitted`}</span>
    <span class="mono cut" dir="auto" title=${aboutOf(bulk)}>${aboutOf(bulk)}</span><${Who} bulk=${bulk} /></li>`;
}

new BulksPage().start();
