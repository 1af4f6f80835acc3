/** Resubmitting many failed runs at once: what it would do, asked for anew whenever that has changed, and why it is done. */

import { html, render } from "htm/preact";
import { chosenBy, planBulk, postBulk } from "./bulkapi.js";
import { Glyph, Moment, TaskName } from "./parts.js";

const AT_ONCE = 50; // new runs that go on at the same time, as the conductor has it

/**
 * @typedef {import("./types.js").BulkPreview} BulkPreview
 * @typedef {import("./api.js").ApiError} ApiError
 */

export class BulkDialog {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    /** @type {import("./bulkapi.js").Chosen} */
    this.filter = {};
    /** @type {string | null} */
    this.error = null;
    /** @type {BulkPreview | null} */
    this.plan = null;
    this.why = "";
    this.busy = false;
    this.changed = false;
    /** @type {string | null} */
    this.problem = null;
  }

  /**
   * @param {URLSearchParams} filters
   * @param {string | null} error  that all of them have
   */
  open(filters, error) {
    Object.assign(this, {
      filter: chosenBy(filters),
      error,
      plan: null,
      busy: false,
      changed: false,
      problem: null,
    });
    this.draw();
    this.dialog.showModal();
    this.look();
  }

  async look() {
    const { filter } = this;
    try {
      const plan = await planBulk(filter);
      if (filter !== this.filter) return;
      this.plan = plan;
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.draw();
  }

  async send() {
    if (!this.plan) return;
    Object.assign(this, { busy: true, changed: false, problem: null });
    this.draw();
    try {
      const { bulk } = await postBulk(this.filter, this.plan.hash, this.why.trim());
      location.assign(`/bulk/${encodeURIComponent(bulk)}`);
      return;
    } catch (problem) {
      const { code, message } = /** @type {ApiError} */ (problem);
      if (code === "stale") {
        this.changed = true;
        await this.look();
      } else this.problem = message;
    }
    this.busy = false;
    this.draw();
  }

  draw() {
    const { plan, error, busy, problem, changed, why } = this;
    const close = () => this.dialog.close();
    render(
      html`<header><h2 id="bulk-title">${plan ? `Resubmit ${runs(plan.runs)}` : "Resubmit failed runs"}</h2><button type="button" class="quiet" onClick=${close}>Close</button></header>
        ${error && html`<p class="bulk-error mono" dir="auto">${error}</p>`}
        ${!plan && !problem && html`<p class="muted" role="status">Looking at what would be done</p>`}
        ${plan && html`<${Effects} plan=${plan} /><${First} plan=${plan} />`}
        ${changed && html`<p class="panel-problem" role="alert">Meanwhile something changed: these are the runs as they are now. Confirm them once more.</p>`}
        ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem}</p>`}
        <label class="bulk-why"><span>Why</span><input class="field" type="text" maxlength="2000" placeholder="The price service is back" value=${why} onInput=${(
          /** @type {InputEvent} */ event,
        ) => {
          this.why = /** @type {HTMLInputElement} */ (event.target).value;
        }} /></label>
        <footer><a class="bulk-earlier" href="/bulk">Earlier ones</a><button type="button" class="button plain" onClick=${close}>Not now</button>
          <button type="button" class="button" disabled=${busy || !plan?.runs} onClick=${() => this.send()}>${busy ? "Resubmitting" : `Resubmit ${plan ? runs(plan.runs) : ""}`}</button></footer>`,
      this.dialog,
    );
  }
}

/** @param {{plan: BulkPreview}} props */
function Effects({ plan }) {
  const { failed, blocked, rest, later, more, looked_at: looked, run, reuse, refused } = plan;
  if (!plan.runs)
    return html`<p>No failed run fits that could be resubmitted.${later > 0 && html` ${runs(later)} had a later attempt: look at that one.`}</p>`;
  const exact = looked === plan.runs;
  return html`<ul class="effects">
    ${exact ? html`<li><b>${tasks(run)}</b> run again, the results of <b>${n(reuse)}</b> are reused.</li>` : html`<li><b>${n(failed)}</b> failed and <b>${n(blocked)}</b> blocked tasks run again; what the other <b>${n(rest)}</b> returned is reused where it is kept.</li>`}
    <li>Each is planned at its turn, the oldest first, and becomes a new run; at most ${AT_ONCE} of these go on at a time. You can stop it.</li>
    ${
      refused > 0 &&
      html`<li class="bulk-refused"><b>${n(refused)}</b> of ${exact ? "them" : `${n(looked)} that were looked at`} cannot be resubmitted:
      <ul>${plan.problems.map(({ code, message, runs: count }) => html`<li key=${code} dir="auto"><b>×${n(count)}</b> ${message}</li>`)}</ul></li>`
    }
    ${!exact && html`<li class="muted">${n(looked)} of ${n(plan.runs)} were planned to tell you this.</li>`}
    ${later > 0 && html`<li class="muted">${n(later)} more had a later attempt: what failed in these is not run once more.</li>`}
    ${more && html`<li>More fit: these are the oldest ${n(plan.runs)}. Do it once more for the others.</li>`}
  </ul>`;
}

/** Some of the runs. @param {{plan: BulkPreview}} props */
function First({ plan }) {
  const more = plan.runs - plan.first.length;
  return html`<ul class="bulk-first" aria-label="The first of them">${plan.first.map(
    ({ id, name, created, error }) =>
      html`<li key=${id}><${Glyph} state="FAILURE" /><a href=${`/runs/${encodeURIComponent(id)}`}><${TaskName} task=${name} /></a><span class="cut muted mono" title=${error ?? ""}>${error ?? ""}</span><span class="muted"><${Moment} at=${created} /></span></li>`,
  )}${more > 0 && html`<li class="muted">and ${n(more)} more</li>`}</ul>`;
}

/** @param {number} count */
const n = (count) => count.toLocaleString("en");
/** @param {number} count */
const runs = (count) => `${n(count)} ${count === 1 ? "run" : "runs"}`;
/** @param {number} count */
const tasks = (count) => `${n(count)} ${count === 1 ? "task" : "tasks"}`;
