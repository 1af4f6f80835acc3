/**
 * Running a run's tasks once more, conducted: a dialog that says what will happen; a refusal names the tasks that are
 * not exactly known.
 */

import { html, render } from "htm/preact";
import { postAgain } from "./api.js";
import { split } from "./names.js";
import { isLive } from "./states.js";

const LISTED = 200;

/** @typedef {{node: string, task?: string | null, why?: string}} Inexact */

export class Rerun {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} run
   * @param {() => import("./state.js").RunState} state
   * @param {(id: string) => void} go  to a task of this run
   */
  constructor(dialog, run, state, go) {
    this.dialog = dialog;
    this.run = run;
    this.state = state;
    this.go = go;
    this.busy = false;
    /** @type {import("./api.js").ApiError | null} */
    this.problem = null;
  }

  open() {
    this.busy = false;
    this.problem = null;
    this.draw();
    this.dialog.showModal();
  }

  async send() {
    this.busy = true;
    this.problem = null;
    this.draw();
    try {
      const { run } = await postAgain(this.run);
      location.assign(`/runs/${encodeURIComponent(run)}`);
      return;
    } catch (problem) {
      this.problem = /** @type {import("./api.js").ApiError} */ (problem);
    }
    this.busy = false;
    this.draw();
  }

  draw() {
    const { run, nodes } = this.state();
    if (!run) return;
    const { busy, problem } = this;
    const close = () => this.dialog.close();
    const go = (/** @type {string} */ id) => {
      close();
      this.go(id);
    };
    const refused = (problem?.nodes.length ?? 0) > 0;
    const count = tasks(run.nodes);
    render(
      html`<header><h2 id="rerun-title" class="cut">Run again, conducted</h2><button type="button" class="quiet" onClick=${close}>Close</button></header>
        <ul class="effects">
          <li><b>${count}</b> ${run.nodes === 1 ? "is" : "are"} sent to your workers again, as a new run: the same names, arguments and options, fresh ids.</li>
          ${run.kind !== "conducted" && html`<li>Umbel sends each task when what it waits for is done, in place of Celery: that run can be paused, and nothing of it gets lost.</li>`}
          ${run.kind === "inferred" && html`<li>This run is inferred from events: what was never sent is not known, and is not in the new one.</li>`}
          ${isLive(run.state) && html`<li>This run goes on: its tasks then run twice.</li>`}
        </ul>
        ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem.message}</p>`}
        ${refused && html`<${Refused} inexact=${problem?.nodes} nodes=${nodes} go=${go} />`}
        <footer><button type="button" class="button plain" onClick=${close}>${refused ? "Close" : "Not now"}</button>
          ${!refused && html`<button type="button" class="button" disabled=${busy} onClick=${() => this.send()}>${busy ? "Starting" : `Run ${count}`}</button>`}</footer>`,
      this.dialog,
    );
  }
}

/** @param {{inexact: Inexact[], nodes: import("./nodes.js").Nodes, go: (id: string) => void}} props */
function Refused({ inexact, nodes, go }) {
  return html`<ul class="inexact" tabindex="0" aria-label="Tasks that are not exactly known">
      ${inexact.slice(0, LISTED).map(
        ({ node, task, why }) => html`<li key=${node}>
        <a href=${`#node=${encodeURIComponent(node)}`} onClick=${(/** @type {MouseEvent} */ event) => {
          event.preventDefault();
          go(node);
        }}><bdi class="name">${split(task ?? nodes.task(nodes.indexOf(node)) ?? node).name}</bdi></a> <span class="muted" dir="auto">${why}</span></li>`,
      )}</ul>
    ${inexact.length > LISTED && html`<p class="cap">${LISTED} of ${inexact.length.toLocaleString("en")} listed.</p>`}`;
}

/** @param {number} n */
const tasks = (n) => `${n.toLocaleString("en")} ${n === 1 ? "task" : "tasks"}`;
