/**
 * Revoking tasks, or cancelling a run that Umbel conducts: a dialog that says exactly what will happen, and then what
 * has happened to each.
 */

import { html, render } from "htm/preact";
import { postControl, postRevoke } from "./api.js";
import { foresee } from "./foresight.js";
import { split } from "./names.js";
import { Glyph } from "./parts.js";
import { toast } from "./shell.js";
import { NONE, stateOf } from "./states.js";

const LISTED = 200; // outcomes that are listed

/**
 * @typedef {import("./nodes.js").Node} Node
 * @typedef {import("./types.js").Outcome} Outcome
 * @typedef {import("./foresight.js").Facts} Facts
 */

export class Revoke {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {string} run
   * @param {() => import("./state.js").RunState} state
   */
  constructor(dialog, run, state) {
    this.dialog = dialog;
    this.run = run;
    this.state = state;
    /** Of whom it is asked; null is the whole run. @type {Node[] | null} */
    this.nodes = null;
    this.terminate = false;
    this.ran = false; // something ran while the dialog was open
    this.busy = false;
    /** @type {string | null} */
    this.problem = null;
    /** @type {Outcome[] | null} */
    this.outcomes = null;
  }

  /** @param {Node[] | null} nodes  null is the whole run */
  open(nodes) {
    this.nodes = nodes;
    this.terminate = false;
    this.ran = false;
    this.busy = false;
    this.problem = null;
    this.outcomes = null;
    this.draw();
    this.dialog.showModal();
  }

  /** States have changed: what would happen, and what has become of them, is told anew. */
  refresh() {
    if (this.dialog.open) this.draw();
  }

  async send() {
    this.busy = true;
    this.problem = null;
    this.draw();
    try {
      if (this.nodes === null && this.conducted) await this.#cancel();
      else {
        const nodes = this.nodes?.map(({ id }) => id) ?? null;
        this.outcomes = (await postRevoke(this.run, nodes, this.terminate)).results;
      }
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.busy = false;
    this.draw();
  }

  async #cancel() {
    await postControl(this.run, "cancel", { terminate: this.terminate });
    this.dialog.close();
    toast("Cancelled.");
  }

  /** Umbel sends its tasks. */
  get conducted() {
    return this.state().run?.kind === "conducted";
  }

  draw() {
    const { nodes, problem, outcomes, terminate, busy } = this;
    const state = this.state();
    const facts = foresee(state, nodes);
    this.ran ||= facts.running > 0 || (nodes === null && this.conducted);
    const what =
      nodes === null ? "this run" : nodes.length === 1 ? split(nodes[0].task).name : tasks(nodes.length);
    const close = () => this.dialog.close();
    const set = () => {
      this.terminate = !this.terminate;
      this.draw();
    };
    const verb = nodes === null && this.conducted ? "Cancel" : "Revoke";
    render(
      html`<header><h2 id="revoke-title" class="cut">${verb} <bdi>${what}</bdi></h2><button type="button" class="quiet" onClick=${close}>Close</button></header>
        ${
          outcomes
            ? html`<${Outcomes} outcomes=${outcomes} state=${state} />`
            : html`<${Question} verb=${verb} cancelled=${Boolean(this.state().run?.cancelled)} conducted=${this.conducted} facts=${facts} ran=${this.ran} terminate=${terminate} busy=${busy} problem=${problem} set=${set} send=${() => this.send()} close=${close} />`
        }`,
      this.dialog,
    );
  }
}

/**
 * @param {{verb: string, cancelled: boolean, conducted: boolean, facts: Facts, ran: boolean, terminate: boolean, busy: boolean, problem: string | null, set: () => void, send: () => void, close: () => void}} props
 */
function Question({ verb, cancelled, conducted, facts, ran, terminate, busy, problem, set, send, close }) {
  const { unsent, queued, running, over, after } = facts;
  const hit = unsent + queued + (terminate ? running : 0);
  const cancels = verb === "Cancel";
  const helps = cancels && !cancelled ? hit + running > 0 : hit > 0;
  const its = (/** @type {number} */ n) => (n === 1 ? "it" : "them");
  const does = `${terminate ? `${verb} and terminate` : verb} ${cancels ? "the run" : tasks(hit)}`;
  return html`<ul class="effects">
      ${queued > 0 && html`<li><b>${tasks(queued)}</b> on the way: the workers drop ${its(queued)} instead of running ${its(queued)}.</li>`}
      ${unsent > 0 && html`<li><b>${tasks(unsent)}</b> not sent yet: ${conducted ? `Umbel does not send ${its(unsent)}.` : `the workers that are up now will drop ${its(unsent)}; one that starts later would not.`}</li>`}
      ${
        running > 0 &&
        html`<li><b>${tasks(running)}</b> running: ${
          terminate
            ? "the worker ends the process, in the middle of whatever it does."
            : `${running === 1 ? "goes" : "go"} on to the end${cancels ? ", which is recorded" : ""}, unless you terminate ${its(running)}.`
        }</li>`
      }
      ${over > 0 && html`<li><b>${tasks(over)}</b> over already: nothing happens to ${its(over)}.</li>`}
      ${after > 0 && html`<li><b>${tasks(after)}</b> further on will never run, since ${after === 1 ? "it waits" : "they wait"} for these.</li>`}
    </ul>
    ${ran && html`<label class="check"><input type="checkbox" checked=${terminate} onChange=${set} /> Terminate what is running</label>`}
    <p class="muted">${hit + running > 0 ? lasting(verb, conducted) : `There is nothing left to ${verb.toLowerCase()}.`}</p>
    ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem}</p>`}
    <footer><button type="button" class="button plain" onClick=${close}>${cancels ? "Keep it running" : "Cancel"}</button>
      <button type="button" class="button danger" disabled=${busy || !helps} onClick=${send}>${busy ? (cancels ? "Cancelling" : "Revoking") : does}</button></footer>`;
}

/**
 * @param {string} verb
 * @param {boolean} conducted
 */
function lasting(verb, conducted) {
  if (verb === "Cancel")
    return "This cannot be undone. Pause instead to go on later, or run it again afterwards.";
  if (conducted) return "This cannot be undone.";
  return "This cannot be undone: workers drop a revoked id whenever it comes again. Celery runs this natively, so that it cannot be paused.";
}

/** @param {{outcomes: Outcome[], state: import("./state.js").RunState}} props */
function Outcomes({ outcomes, state }) {
  const { nodes } = state;
  const now = (/** @type {string} */ id) => stateOf(state.codes[nodes.indexOf(id)] ?? NONE);
  /** @type {Map<string, Outcome[]>} */
  const groups = new Map();
  for (const each of outcomes) groups.set(each.message, [...(groups.get(each.message) ?? []), each]);
  return html`<div class="outcomes" role="status" tabindex="0">
    ${!outcomes.length && html`<p>Nothing was left to revoke.</p>`}
    ${[...groups].map(
      ([
        message,
        group,
      ]) => html`<section key=${message}><h3>${tasks(group.length)}</h3><p class="muted">${message}</p>
      <ul>${group.slice(0, LISTED).map(({ node }) => html`<li key=${node}><${Glyph} state=${now(node)} /><span class="cut"><bdi class="name">${split(nodes.task(nodes.indexOf(node)) ?? node).name}</bdi> <span class="mono muted">${node}</span></span></li>`)}</ul>
      ${group.length > LISTED && html`<p class="cap">${LISTED} of ${group.length.toLocaleString("en")} listed.</p>`}</section>`,
    )}</div>`;
}

/** @param {number} n */
const tasks = (n) => `${n.toLocaleString("en")} ${n === 1 ? "task" : "tasks"}`;
