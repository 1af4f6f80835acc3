/** The page of all runs: a live list, and in the demo the workflows to start. */

import { html, render } from "htm/preact";
import { getDemo, getRuns } from "./api.js";
import { Demo } from "./demo.js";
import { paintFavicon } from "./favicon.js";
import { Lasted } from "./head.js";
import { Live } from "./live.js";
import { Chip, Code, Moment, StateBar, TaskName } from "./parts.js";
import { element, showFreshness } from "./shell.js";
import { BAR_ORDER, isLive, word } from "./states.js";

const RETRY = 2000; // ms

/** @typedef {import("./types.js").RunSummary} RunSummary */

class RunsPage {
  constructor() {
    this.host = element("runs", HTMLElement);
    this.live = new Live();
    /** @type {Map<string, RunSummary>} */
    this.runs = new Map();
    /** @type {string | null} */
    this.next = null;
    this.loaded = false;
    this.loading = false;
    /** @type {string | null} */
    this.problem = null;
    this.frame = 0;
  }

  start() {
    showFreshness(this.live);
    this.live.on("runs", ({ runs }) => this.take(runs));
    this.live.join({
      run: null,
      have: () => ({ since: 0, structure: 0 }),
      joined: () => this.load(), // the list as it is now, after we began to listen
      refused: ({ message }) => this.fail(message),
    });
    this.live.start();
    this.load();
    if (document.body.dataset.demo === "yes") this.loadDemo();
  }

  /** @param {RunSummary[]} runs */
  take(runs) {
    for (const run of runs) {
      const known = this.runs.get(run.id);
      if (!known || run.seq >= known.seq) this.runs.set(run.id, { ...known, ...run });
    }
    this.schedule();
  }

  async load() {
    try {
      const { runs, next } = await getRuns();
      if (!this.loaded) this.next = next;
      this.loaded = true;
      this.problem = null;
      this.take(runs);
    } catch (problem) {
      this.fail(/** @type {Error} */ (problem).message);
      setTimeout(() => this.load(), RETRY);
    }
  }

  /** @param {string} message */
  fail(message) {
    this.problem = message;
    this.schedule();
  }

  async more() {
    if (this.next === null || this.loading) return;
    this.loading = true;
    this.schedule();
    try {
      const { runs, next } = await getRuns(this.next);
      this.next = next;
      this.take(runs);
    } catch (problem) {
      this.fail(/** @type {Error} */ (problem).message);
    }
    this.loading = false;
    this.schedule();
  }

  async loadDemo() {
    try {
      const { workflows } = await getDemo();
      render(html`<${Demo} workflows=${workflows} />`, element("demo", HTMLElement));
    } catch {
      setTimeout(() => this.loadDemo(), RETRY);
    }
  }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const runs = [...this.runs.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
    paintFavicon(runs);
    render(
      html`${this.problem && html`<p class="notice" role="alert">${this.problem}</p>`}
        ${runs.length ? html`<${List} runs=${runs} />` : this.loaded && html`<${Empty} />`}
        ${this.next !== null && html`<p class="list-more"><button type="button" class="button plain" disabled=${this.loading} onClick=${() => this.more()}>${this.loading ? "Loading" : "Show older runs"}</button></p>`}`,
      this.host,
    );
  }
}

/** @param {{runs: RunSummary[]}} props */
function List({ runs }) {
  return html`<table class="runs">
    <thead><tr><th scope="col">State</th><th scope="col">Name</th><th scope="col">Tasks</th><th scope="col" class="runs-note"><span class="unseen">Attention</span></th><th scope="col">Started</th><th scope="col" class="right">Duration</th></tr></thead>
    <tbody>${runs.map((run) => html`<${Row} key=${run.id} run=${run} />`)}</tbody>
  </table>`;
}

/** @param {{run: RunSummary}} props */
function Row({ run }) {
  const done = BAR_ORDER.slice(0, 5).reduce((sum, state) => sum + (run.counts[state] ?? 0), 0);
  const notes = ["FAILURE", "BLOCKED", "RETRY", "REVOKED"].filter((state) => run.counts[state]);
  return html`<tr data-run=${run.id} data-run-state=${run.state} class=${isLive(run.state) ? "is-live" : ""}>
    <td class="runs-state"><${Chip} state=${run.state} /></td>
    <td class="runs-name"><a class="row-link" href=${`/runs/${encodeURIComponent(run.id)}`}><${TaskName} task=${run.name} /></a></td>
    <td class="runs-bar"><div><${StateBar} counts=${run.counts} total=${run.nodes} /><span class="runs-count">${done.toLocaleString("en")} / ${run.nodes.toLocaleString("en")}</span></div></td>
    <td class="runs-note">${notes.map((state) => html`<span key=${state} class="note" data-state=${state}>${run.counts[state].toLocaleString("en")} ${word(state)}</span>`)}</td>
    <td class="runs-when"><${Moment} at=${run.started ?? run.created} /></td>
    <td class="runs-time right"><${Lasted} run=${run} /></td>
  </tr>`;
}

function Empty() {
  const isDemo = document.body.dataset.demo === "yes";
  if (isDemo)
    return html`<div class="empty small"><h2>No runs yet</h2><p>Start one of the workflows above and watch its tasks fill with colour.</p></div>`;
  return html`<div class="empty">
    <h2>No runs yet</h2>
    <p>Add these lines where your Celery app is made. Each canvas that you send then appears here as a whole graph, and your workers need no change.</p>
    <${Code} text=${"import umbel.engine\numbel.engine.watch(app)"} />
    <p>The conductor listens to the broker and records what happens. It must be running:</p>
    <${Code} text="umbel conductor" />
    <p>No Celery at hand? The demo brings a broker, a worker and five workflows of its own:</p>
    <${Code} text="umbel demo" />
  </div>`;
}

new RunsPage().start();
