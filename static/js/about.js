/** What there is to say of a run beyond its states: how it is run, by whom, by which rules, and what was done to it. */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { getActions } from "./api.js";
import { split } from "./names.js";
import { Copy, Moment } from "./parts.js";
import { chosen, ruleRows } from "./rules.js";

/** @type {Record<string, {title: string, more?: string}>} */
const KINDS = {
  native: {
    title: "Celery runs it, and Umbel watches: it was announced whole when it was sent.",
    more: "It can be revoked, but not paused: what comes next is in the messages that Celery's workers hold already. Run it again, conducted, to have that.",
  },
  inferred: {
    title:
      "Nobody announced it: it is drawn from what events tell: which task started which. What has not been sent yet cannot be known; watch(app) in the process that sends it tells all.",
    more: "It can be revoked, but not paused: Celery runs it.",
  },
  conducted: {
    title: "Umbel runs it on your workers: it sends each task when what it waits for is done.",
  },
};

const DONE = /** @type {Record<string, string>} */ ({
  run: "started it",
  start: "started it",
  again: "ran it again",
  resubmit: "resubmitted it",
  amend: "amended it",
  pause: "paused it",
  resume: "resumed it",
  cancel: "cancelled it",
  revoke: "revoked tasks",
  timeout: "ended it: its time was up",
});

/** @param {string} kind */
export function kindTitle(kind) {
  return KINDS[kind]?.title ?? kind;
}

/** @param {{run: import("./types.js").RunSummary}} props */
export function About({ run }) {
  const { title, more } = KINDS[run.kind] ?? { title: "" };
  const [open, setOpen] = useState(false);
  const toggled = (/** @type {ToggleEvent} */ event) => setOpen(event.newState === "open");
  return html`<div class="bubble at-title about" id="about" popover tabindex="0" role="region" aria-label="About this run" onToggle=${toggled}>
    <h2>${run.kind}</h2><p>${title}</p>${more && html`<p>${more}</p>`}
    <${Facts} run=${run} />
    <${Actions} run=${run} open=${open} />
  </div>`;
}

/** @param {{run: import("./types.js").RunSummary}} props */
function Facts({ run }) {
  const { priority, window, time_limit: limit, rates = {}, locks = {} } = run.options ?? {};
  /** @type {Array<[string, unknown]>} */
  const rows = [
    [
      "Id",
      html`<span class="mono cut" title=${run.id}>${run.id}</span><${Copy} text=${run.id} label="Copy the whole id" />`,
    ],
    ["Created", html`<${Moment} at=${run.created} />`],
    ["Started by", run.by && html`<bdi class="cut" title=${run.by}>${run.by}</bdi>`],
    ["Priority", priority],
    ["Window", window && `${window.toLocaleString("en")} ${window === 1 ? "task" : "tasks"} out at a time`],
    ["Time limit", limit && chosen(limit)],
    ...Object.entries(rates).map(
      ([task, rate]) => /** @type {[string, unknown]} */ (["Rate", named(task, rate)]),
    ),
    ...Object.entries(locks).map(
      ([task, key]) => /** @type {[string, unknown]} */ (["Lock", named(task, key)]),
    ),
    ...ruleRows(run.options ?? null),
  ];
  const shown = rows.filter(([, value]) => value);
  return html`<dl class="facts">${shown.map(([name, value], at) => html`<dt key=${at}>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/**
 * @param {string} task
 * @param {string} value
 */
function named(task, value) {
  return html`<bdi class="name cut" title=${task}>${split(task).name}</bdi><bdi class="cut">${value}</bdi>`;
}

/** Asked for when somebody looks, and again when more was done. @param {{run: import("./types.js").RunSummary, open: boolean}} props */
function Actions({ run, open }) {
  const [actions, setActions] = useState(/** @type {import("./types.js").Action[]} */ ([]));
  const wanted = open && run.id;
  useEffect(() => {
    let isWanted = true;
    if (wanted)
      getActions(wanted).then(
        (found) => isWanted && setActions(found.actions),
        () => undefined, // the page itself says when the server is away
      );
    return () => {
      isWanted = false;
    };
  }, [wanted, run.paused?.at, run.cancelled?.at, run.state]);
  if (!actions.length) return null;
  return html`<h3>What was done</h3><ol class="actions">${actions.map(
    ({ at, by, what, detail }, place) => html`<li key=${place}>
    <span><bdi>${by ?? "somebody"}</bdi> ${DONE[what] ?? what}${told(detail)}</span><span class="muted"><${Moment} at=${at} /></span></li>`,
  )}</ol><p><a href=${`/actions?run=${encodeURIComponent(run.id)}`}>All that was done, and why</a></p>`;
}

/** @param {Record<string, unknown> | null} detail */
function told(detail) {
  const parts = [];
  const nodes = detail?.nodes;
  const count = Array.isArray(nodes) ? nodes.length : typeof nodes === "number" ? nodes : null;
  if (count !== null) parts.push(`${count.toLocaleString("en")} ${count === 1 ? "task" : "tasks"}`);
  if (detail?.terminate === true) parts.push("what ran was terminated");
  return parts.length ? html` <span class="muted">(${parts.join(", ")})</span>` : "";
}
