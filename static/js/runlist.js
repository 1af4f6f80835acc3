/** The runs as rows: one is drawn again only when it has changed. */

import { html } from "htm/preact";
import { Component } from "preact";
import { kindTitle } from "./about.js";
import { attemptOf } from "./descent.js";
import { isSingle } from "./filters.js";
import { Lasted } from "./head.js";
import { Chip, Moment, Paused, StateBar, TaskName } from "./parts.js";
import { isLive, word } from "./states.js";

/** @typedef {import("./types.js").RunSummary} RunSummary */

const FINAL = ["SUCCESS", "FAILURE", "REVOKED", "BLOCKED", "SKIPPED"];

/** @param {{runs: RunSummary[]}} props */
export function RunList({ runs }) {
  return html`<table class="runs">
    <thead><tr><th scope="col">State</th><th scope="col">Name</th><th scope="col">Tasks</th><th scope="col" class="runs-note"><span class="unseen">Attention</span></th><th scope="col">Started</th><th scope="col" class="right">Duration</th></tr></thead>
    <tbody>${runs.map((run) => html`<${Row} key=${run.id} run=${run} />`)}</tbody>
  </table>`;
}

/** @extends {Component<{run: RunSummary}>} */
class Row extends Component {
  /** @param {{run: RunSummary}} next */
  shouldComponentUpdate(next) {
    return next.run !== this.props.run;
  }

  render() {
    const { run } = this.props;
    const done = FINAL.reduce((sum, state) => sum + (run.counts[state] ?? 0), 0);
    const by = run.resolved_by ?? run.later;
    const notes = by ? [] : ["FAILURE", "BLOCKED", "RETRY", "REVOKED"].filter((state) => run.counts[state]);
    return html`<tr data-run=${run.id} data-run-state=${run.state} class=${isLive(run.state) ? "is-live" : ""}>
      <td class="runs-state"><${Chip} state=${run.state} />${run.paused && isLive(run.state) && html`<${Paused} />`}</td>
      <td class="runs-name"><a class="row-link" href=${`/runs/${encodeURIComponent(run.id)}`}><${TaskName} task=${run.name} /></a>${tags(run).map(([text, title]) => html`<span key=${text} class="tag" title=${title}>${text}</span>`)}</td>
      <td class="runs-bar"><div><${StateBar} counts=${run.counts} total=${run.nodes} /><span class="runs-count">${done.toLocaleString("en")} / ${run.nodes.toLocaleString("en")}</span></div></td>
      <td class="runs-note">${by && html`<a class="resolved" href=${`/runs/${encodeURIComponent(by)}`} title=${run.resolved_by ? `What failed here succeeded in ${by}` : `Another attempt was made of it: ${by}`}>${run.resolved_by ? "resolved by" : "tried again:"} <span class="mono">${by.slice(0, 8)}</span></a>`}${notes.map((state) => html`<span key=${state} class="note" data-state=${state}>${run.counts[state].toLocaleString("en")} ${word(state)}</span>`)}</td>
      <td class="runs-when">${run.started === null && "sent "}<${Moment} at=${run.started ?? run.created} /></td>
      <td class="runs-time right"><${Lasted} run=${run} /></td>
    </tr>`;
  }
}

/**
 * What sets a run apart from one that Celery runs and that was announced.
 * @param {RunSummary} run
 * @returns {Array<[text: string, title: string]>}
 */
function tags(run) {
  /** @type {Array<[string, string]>} */
  const found = [];
  if (isSingle(run)) found.push(["single", "A task that was sent by itself"]);
  else if (run.kind !== "native") found.push([run.kind, kindTitle(run.kind)]);
  if (run.made_from) found.push([attemptOf(run), `Made from ${run.made_from}`]);
  const priority = run.options?.priority ?? 0;
  if (priority)
    found.push([
      `priority ${priority}`,
      "Of runs that could send something, the one with the greater goes first",
    ]);
  return found;
}
