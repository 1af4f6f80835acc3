/** A run on the board: one card, drawn again only when the run has changed. */

import { html } from "htm/preact";
import { Component } from "preact";
import { kindTitle } from "./about.js";
import { attemptOf } from "./descent.js";
import { Glyph, ICONS, Icon, Moment, Paused, StateBar, TaskName } from "./parts.js";
import { isLive, isOver, word } from "./states.js";

/** @typedef {import("./types.js").RunSummary} RunSummary */

const SHORT = 8; // characters of an id
const NOTES = ["FAILURE", "BLOCKED", "RETRY", "REVOKED"];

/** Whether dragging it to where runs go on means anything. @param {RunSummary} run */
export function canResubmit(run) {
  return run.state === "FAILURE" || run.state === "REVOKED";
}

/** Where the plan of its resubmission is. @param {string} run */
export function planOf(run) {
  return `${pageOf(run)}?plan=`;
}

/** @param {string} run */
export function pageOf(run) {
  return `/runs/${encodeURIComponent(run)}`;
}

/** @extends {Component<{run: RunSummary, tabbable: boolean}>} */
export class RunCard extends Component {
  /** @param {{run: RunSummary, tabbable: boolean}} next */
  shouldComponentUpdate(next) {
    return next.run !== this.props.run || next.tabbable !== this.props.tabbable;
  }

  render() {
    const { run, tabbable } = this.props;
    const done = Object.entries(run.counts).reduce((sum, [state, n]) => sum + (isOver(state) ? n : 0), 0);
    const open = canResubmit(run) && !run.resolved_by;
    const said = NOTES.filter((state) => run.counts[state]).map(
      (state) => `${run.counts[state]} ${word(state)}`,
    );
    const label = [run.name, word(run.state), ...said, run.error].filter(Boolean).join(", ");
    return html`<li class="board-card" data-run=${run.id} data-run-state=${run.state} data-movable=${open ? "" : undefined}>
      <div class="board-title"><${Glyph} state=${run.state} />
        <a class="board-link" href=${pageOf(run.id)} draggable=${false} tabindex=${tabbable ? 0 : -1} aria-label=${label}><${TaskName} task=${run.name} /></a>
        ${run.paused && isLive(run.state) && html`<${Paused} />`}
        <span class="board-age muted"><${Moment} at=${run.finished ?? run.started ?? run.created} /></span></div>
      <div class="board-bar"><${StateBar} counts=${run.counts} total=${run.nodes} /><span>${done.toLocaleString("en")} / ${run.nodes.toLocaleString("en")}</span></div>
      ${
        (run.error || open) &&
        html`<div class="board-wrong"><p class="board-error mono cut" title=${run.error ?? ""} dir="auto">${run.error ?? ""}</p>
          ${open && html`<a class="quiet small board-again" href=${planOf(run.id)} tabindex="-1" draggable=${false} title="Plan what runs again (r), or drag the card onto Running"><${Icon} d=${ICONS.again} />Resubmit</a>`}</div>`
      }
      <${Foot} run=${run} />
    </li>`;
  }
}

/** Whence it comes, and who made it. @param {{run: RunSummary}} props */
function Foot({ run }) {
  const { made_from: from, resolved_by: by, left = 0, kind } = run;
  if (!from && !by && !left && !run.by && kind === "native") return null;
  return html`<div class="board-foot">
    ${from && html`<a class="board-mark" href=${pageOf(from)} tabindex="-1" draggable=${false} title=${`Made from ${from}`}>${attemptOf(run)} of <span class="mono">${from.slice(0, SHORT)}</span></a>`}
    ${by && html`<a class="board-mark" href=${pageOf(by)} tabindex="-1" draggable=${false} title=${`What failed here succeeded in ${by}`}>resolved by <span class="mono">${by.slice(0, SHORT)}</span></a>`}
    ${left > 0 && html`<span title="Tasks that this attempt left out">${left.toLocaleString("en")} left out</span>`}
    ${kind !== "native" && !run.by && html`<span title=${kindTitle(kind)}>${kind}</span>`}
    ${run.by && html`<bdi class="cut board-by" title=${run.by}>${run.by}</bdi>`}
  </div>`;
}
