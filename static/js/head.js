/** The head of a run's page: what it is, how far it has come, how long it has taken. */

import { html } from "htm/preact";
import { About, kindTitle } from "./about.js";
import { PauseButton } from "./control.js";
import { Export } from "./export.js";
import { LineageStrip } from "./lineage.js";
import { split } from "./names.js";
import { AmendButton, ResubmitButton } from "./offer.js";
import { Copy, Elapsed, Glyph, ICONS, Icon, Moment, Paused, StateBar } from "./parts.js";
import { BAR_ORDER, isLive, word } from "./states.js";
import { clock, span } from "./time.js";
import { Left } from "./timelinebar.js";

const MARKS = 4; // that are shown
const TABS = { graph: "Graph", timeline: "Timeline", table: "Table" };

/**
 * @typedef {object} HeadProps
 * @property {import("./types.js").RunSummary} run
 * @property {import("./view.js").Tab} tab
 * @property {import("./types.js").Estimate | null} left  how long it may still take
 * @property {{at: number, state: string} | null} moment  it is shown as it was then
 * @property {(() => void) | null} replay  show it once more along its time, where that can be
 * @property {boolean} drawn  there is a graph to look at
 * @property {(tab: import("./view.js").Tab) => void} choose
 * @property {(state: string) => void} next  show the next task in that state
 * @property {(() => void) | null} again  start the same workflow once more
 * @property {boolean} starting
 * @property {() => void} revoke
 * @property {() => void} rerun
 * @property {import("./control.js").Control} control
 * @property {import("./resubmission.js").Resubmission} resubmission
 * @property {() => void} why  show which errors the failures are
 */

/** @param {HeadProps} props */
export function Head({
  run,
  tab,
  left,
  moment,
  replay,
  drawn,
  choose,
  next,
  again,
  starting,
  revoke,
  rerun,
  control,
  resubmission,
  why,
}) {
  const { name, module } = split(run.name);
  const conducted = run.kind === "conducted";
  const stop = conducted ? "Cancel" : "Revoke";
  return html`
    <div class="run-title">
      <${Glyph} state=${moment?.state ?? run.state} />
      <h1 class="cut" title=${run.name}><bdi class="name">${name}</bdi>${module && html` <bdi class="module">${module}</bdi>`}</h1>
      ${moment ? html`<span class="run-then" title="This is the past: the run is over">${word(moment.state)} at ${clock(moment.at)}</span>` : html`<span class="run-state" data-run-state=${run.state}>${word(run.state)}</span>`}
      ${run.paused && isLive(run.state) && html`<${Paused} />`}
      <span class="run-elapsed" title="From the first start to the last finish">${moment ? span(moment.at - (run.started ?? moment.at)) : html`<${Lasted} run=${run} />`}</span>
      ${left && isLive(run.state) && html`<${Left} estimate=${left} brief=${true} />`}
      <button type="button" class="tag" title=${kindTitle(run.kind)} popovertarget="about">${run.kind}</button>
      <${About} run=${run} />
      <span class="run-when muted">${run.started === null ? "created" : "started"} <${Moment} at=${run.started ?? run.created} />${run.by && html` by <bdi class="run-by" title=${run.by}>${run.by}</bdi>`}</span>
      <span class="run-id"><span class="mono" title=${run.id}>${run.id.slice(0, 8)}</span><${Copy} text=${run.id} label="Copy the run id" /></span>
      ${
        run.parent &&
        html`<a class="run-parent" title="A task of another run sent this one" href=${`/runs/${encodeURIComponent(run.parent.run)}#node=${encodeURIComponent(run.parent.node)}`}>sent by ${run.parent.node.slice(0, 8)}</a>`
      }
      <span class="run-actions"><${PauseButton} run=${run} control=${control} />
      ${isLive(run.state) && html`<button type="button" class="button plain run-revoke" aria-label=${`${stop} this run`} title=${`${stop} this run`} onClick=${revoke}><${Icon} d=${ICONS.stop} /><span>${stop}</span></button>`}
      <${Export} run=${run.id} />
      ${again && !conducted && html`<button type="button" class="button plain run-again" aria-label="Start again" title="Start the same workflow once more, as it was started" disabled=${starting} onClick=${again}><${Icon} d=${ICONS.again} /><span>Start again</span></button>`}
      <button type="button" class="button plain run-rerun" aria-label="Run again, conducted" title="Run its tasks once more: Umbel sends them" onClick=${rerun}><${Icon} d=${ICONS.conduct} /><span>${conducted ? "Run again" : "Run again, conducted"}</span></button>
      ${!moment && html`<${AmendButton} own=${resubmission} run=${run} />`}
      ${!moment && html`<${ResubmitButton} own=${resubmission} run=${run} />`}</span>
    </div>
    <${LineageStrip} lineage=${resubmission.lineage} run=${run} />
    <${StateBar} counts=${run.counts} total=${run.nodes} />
    <div class="run-foot">
      <ul class="counts" aria-label="Tasks by state">
        ${BAR_ORDER.filter((state) => run.counts[state]).map(
          (state) => html`<li key=${state}>
          <button type="button" class="quiet count" data-count=${state} title=${`Show the next task that is ${word(state)}`} onClick=${() => next(state)}>
            <${Glyph} state=${state} /><b>${run.counts[state].toLocaleString("en")}</b> ${word(state)}
          </button>${state === "FAILURE" && html`<button type="button" class="quiet why" title="Which errors these are, and what they share (w)" onClick=${why}>why?</button>`}</li>`,
        )}
        <li class="muted count-all">${run.nodes.toLocaleString("en")} ${run.nodes === 1 ? "task" : "tasks"}</li>
      </ul>
      <ul class="marks" aria-label="What holds it">
        ${marks(run).map(([text, title], at) => html`<li key=${`mark ${at}`} class="run-mark"><button type="button" class="tag" title=${title} popovertarget="about">${text}</button></li>`)}
      </ul>
      ${replay && html`<button type="button" class="quiet run-replay" aria-pressed=${moment !== null} title="Show this run once more, along its time (y)" aria-label="Replay" onClick=${replay}><${Icon} d=${ICONS.replay} /><span>Replay</span></button>`}
      <div class="segments" role="tablist" aria-label="View">
        ${
          /** @type {const} */ (["graph", "timeline", "table"]).map(
            (each) => html`<button
          type="button" role="tab" key=${each} id=${`tab-${each}`} aria-controls=${each} aria-selected=${tab === each}
          disabled=${each === "graph" && !drawn} onClick=${() => choose(each)}
        >${TABS[each]}</button>`,
          )
        }
      </div>
    </div>`;
}

/**
 * Who has intervened, and what holds tasks that could be sent.
 * @param {import("./types.js").RunSummary} run
 * @returns {Array<[text: unknown, title: string]>}
 */
function marks({ paused, cancelled, waits, state }) {
  /** @type {Array<[unknown, string]>} */
  const found = [];
  const who = (/** @type {string} */ what, /** @type {import("./types.js").Mark} */ { at, by }) =>
    html`${what}${by && html` by <bdi>${by}</bdi>`} <${Moment} at=${at} />`;
  if (cancelled) found.push([who("cancelled", cancelled), "What was done to this run"]);
  if (!isLive(state)) return found;
  if (paused) found.push([who("paused", paused), "Nothing more is sent; what is out goes on"]);
  const { window, rates = {}, locks = {}, queues = {} } = waits ?? {};
  if (window) {
    const all = window.of === "all" ? " of all runs" : "";
    found.push([
      `window ${window.limit.toLocaleString("en")}${all}`,
      `As many tasks${all} are out as may be at a time`,
    ]);
  }
  for (const [task, { rate, next }] of Object.entries(rates))
    found.push([
      html`rate <bdi>${split(task).name}</bdi> ${rate}`,
      `Held by its rate; the next at ${clock(next)}`,
    ]);
  for (const key of Object.keys(locks))
    found.push([html`lock <bdi>${key}</bdi>`, "Another task has this lock"]);
  for (const [queue, why] of Object.entries(queues)) found.push([html`queue <bdi>${queue}</bdi>`, why]);
  return found.length > MARKS
    ? [...found.slice(0, MARKS), [`and ${found.length - MARKS} more`, "What else holds tasks"]]
    : found;
}

/** How long a run took, or has taken so far. @param {{run: import("./types.js").RunSummary}} props */
export function Lasted({ run }) {
  const { started, finished, state } = run;
  if (started === null) return html`${isLive(state) ? "not started" : "–"}`;
  if (finished !== null) return html`${span(finished - started)}`;
  return isLive(state) ? html`<${Elapsed} since=${started} />` : html`–`;
}
