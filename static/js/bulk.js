/** The page of one bulk: how far it has come, and what has come of each run. */

import { html, render } from "htm/preact";
import { getBulk, getItems, stopBulk } from "./bulkapi.js";
import { aboutOf, glyphOf, OUTCOMES, OutcomeBar, stateWord, Who } from "./bulkparts.js";
import { Live } from "./live.js";
import { Chip, Glyph, ICONS, Icon, TaskName } from "./parts.js";
import { element, showFreshness, toast } from "./shell.js";
import { BAR_ORDER, word } from "./states.js";

const ID = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const SIZE = 100; // runs of one page
const MOST = 500; // that are asked for at once
const SOON = 400; // ms, so that many changes are one question
const AGAIN = 2000; // ms, while it goes on
const RUN_ORDER = ["RUNNING", ...BAR_ORDER];

/**
 * @typedef {import("./types.js").Bulk} Bulk
 * @typedef {import("./types.js").BulkItem} BulkItem
 */

class BulkPage {
  constructor() {
    this.host = element("bulk", HTMLElement);
    this.live = new Live();
    /** @type {Bulk | null} */
    this.bulk = null;
    /** By position. @type {Map<number, BulkItem>} */
    this.items = new Map();
    this.outcome = new URLSearchParams(location.search).get("outcome") ?? "";
    /** @type {number | null} */
    this.next = null;
    this.loaded = false;
    this.stopping = false;
    /** @type {string | null} */
    this.problem = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  start() {
    showFreshness(this.live);
    this.live.on("runs", ({ runs }) => this.hear(runs));
    this.live.join({
      run: null,
      have: () => ({ since: 0, structure: 0 }),
      joined: () => this.ask(),
      refused: ({ message }) => {
        this.problem = message;
        this.draw();
      },
    });
    this.live.start();
    this.ask();
  }

  /** @param {import("./types.js").RunSummary[]} runs */
  hear(runs) {
    const states = new Map(runs.map(({ id, state }) => [id, state]));
    for (const [position, item] of this.items) {
      const state = states.get(item.new_run ?? "");
      if (state && state !== item.state) this.items.set(position, { ...item, state });
    }
    this.askSoon(SOON);
  }

  /** @param {number} wait */
  askSoon(wait) {
    this.later ??= setTimeout(() => this.ask(), wait);
  }

  async ask() {
    clearTimeout(this.later);
    this.later = undefined;
    const { outcome } = this;
    try {
      const limit = Math.min(Math.max(SIZE, this.items.size), MOST);
      const [bulk, page] = await Promise.all([getBulk(ID), getItems(ID, outcome, -1, limit)]);
      if (outcome !== this.outcome) return;
      this.bulk = bulk;
      // What no longer has the outcome leaves, as far as this page tells.
      const last = page.next ?? Infinity;
      for (const position of this.items.keys()) if (position <= last) this.items.delete(position);
      for (const item of page.items) this.items.set(item.position, item);
      if (!this.loaded || this.items.size <= limit) this.next = page.next;
      this.loaded = true;
      this.problem = null;
    } catch (problem) {
      const { message, status } = /** @type {import("./api.js").ApiError} */ (problem);
      this.problem = message;
      if (status === 0 || status >= 500) this.askSoon(AGAIN);
    }
    if (this.bulk?.state === "RUNNING") this.askSoon(AGAIN);
    this.draw();
  }

  async more() {
    const { next, outcome } = this;
    if (next === null) return;
    try {
      const page = await getItems(ID, outcome, next, SIZE);
      if (outcome !== this.outcome) return;
      for (const item of page.items) this.items.set(item.position, item);
      this.next = page.next;
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.draw();
  }

  /** @param {string} outcome */
  choose(outcome) {
    this.outcome = outcome;
    this.items = new Map();
    this.loaded = false;
    history.replaceState(null, "", outcome ? `?outcome=${outcome}` : location.pathname);
    this.draw();
    this.ask();
  }

  async stop() {
    this.stopping = true;
    this.draw();
    try {
      const { stopped } = await stopBulk(ID);
      toast(`Stopped: ${stopped.toLocaleString("en")} runs were not begun.`);
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    this.stopping = false;
    this.ask();
  }

  draw() {
    const { bulk, problem } = this;
    render(
      html`${problem && html`<p class="notice" role="alert">${problem}</p>`}
        ${bulk && html`<${Head} page=${this} bulk=${bulk} /><${Outcomes} page=${this} bulk=${bulk} /><${Items} page=${this} />`}`,
      this.host,
    );
  }
}

/** @param {{page: BulkPage, bulk: Bulk}} props */
function Head({ page, bulk }) {
  const waiting = bulk.outcomes.waiting ?? 0;
  const made = RUN_ORDER.filter((state) => bulk.runs[state]);
  return html`<div class="bulk-head">
    <h1>Resubmission of ${bulk.total.toLocaleString("en")} ${bulk.total === 1 ? "run" : "runs"} <span class="muted">${stateWord(bulk)}</span></h1>
    ${bulk.state === "RUNNING" && html`<button type="button" class="button plain bulk-stop" disabled=${page.stopping} title=${`Begin none of the ${waiting.toLocaleString("en")} runs that wait; what was begun goes on`} onClick=${() => page.stop()}><${Icon} d=${ICONS.stop} />${page.stopping ? "Stopping" : `Stop before ${waiting.toLocaleString("en")} runs`}</button>`}
  </div>
  <p class="bulk-who"><${Who} bulk=${bulk} />${aboutOf(bulk) && html`<span class="mono cut" title=${aboutOf(bulk)} dir="auto">${aboutOf(bulk)}</span>`}${bulk.why && html`<q dir="auto">${bulk.why}</q>`}${bulk.stopped?.by && html`<span class="muted">stopped by <bdi>${bulk.stopped.by}</bdi></span>`}</p>
  <${OutcomeBar} bulk=${bulk} />
  <p class="bulk-made">${made.length > 0 && html`<span class="muted">The new runs:</span>`}${made.map((state) => html`<span key=${state} class="chip"><${Glyph} state=${state} /><b>${bulk.runs[state].toLocaleString("en")}</b> ${word(state)}</span>`)}</p>`;
}

/** @param {{page: BulkPage, bulk: Bulk}} props */
function Outcomes({ page, bulk }) {
  const button = (/** @type {string} */ outcome, /** @type {string} */ title, /** @type {number} */ count) =>
    html`<button type="button" key=${outcome} aria-pressed=${page.outcome === outcome} onClick=${() => page.choose(outcome)}>${title} ${count.toLocaleString("en")}</button>`;
  return html`<div class="segments bulk-outcomes" role="group" aria-label="Outcomes">${button("", "All", bulk.total)}${OUTCOMES.filter(
    ([name]) => bulk.outcomes[name] || page.outcome === name,
  ).map(([name]) => button(name, name, bulk.outcomes[name] ?? 0))}</div>`;
}

/** @param {{page: BulkPage}} props */
function Items({ page }) {
  const items = [...page.items.values()].sort((a, b) => a.position - b.position);
  if (!items.length) return html`<p class="board-empty muted">${page.loaded ? "None." : "Loading"}</p>`;
  return html`<table class="bulk-items"><thead><tr><th scope="col" class="right">#</th><th scope="col">Run</th><th scope="col">Outcome</th><th scope="col">New run</th><th scope="col">Why</th></tr></thead>
    <tbody>${items.map((item) => html`<${Row} key=${item.position} item=${item} />`)}</tbody></table>
    ${page.next !== null && html`<p class="list-more"><span class="muted">${items.length.toLocaleString("en")} shown</span><button type="button" class="button plain" onClick=${() => page.more()}>Show more</button></p>`}`;
}

/** @param {{item: BulkItem}} props */
function Row({ item: { position, run, name, outcome, new_run: made, state, message } }) {
  const said = outcome ?? "waiting";
  return html`<tr data-outcome=${said} data-old=${run}>
    <td class="right muted">${(position + 1).toLocaleString("en")}</td>
    <td><a href=${`/runs/${encodeURIComponent(run)}`}>${name === null ? html`<span class="mono">${run.slice(0, 8)}</span>` : html`<${TaskName} task=${name} />`}</a></td>
    <td><span class="chip"><${Glyph} state=${glyphOf(said)} /><span>${said}</span></span></td>
    <td>${made && html`<a class="bulk-new" href=${`/runs/${encodeURIComponent(made)}`}>${state ? html`<${Chip} state=${state} />` : html`<span class="mono">${made.slice(0, 8)}</span>`}</a>`}</td>
    <td class="bulk-message" dir="auto" title=${message ?? ""}>${message}</td>
  </tr>`;
}

new BulkPage().start();
