/** The head of a run's page: what it is, how far it has come, how long it has taken. */

import { html } from "htm/preact";
import { Export } from "./export.js";
import { split } from "./names.js";
import { Copy, Elapsed, Glyph, ICONS, Icon, Moment, StateBar } from "./parts.js";
import { BAR_ORDER, isLive, word } from "./states.js";
import { span } from "./time.js";

/** @type {Record<string, {text: string, title: string}>} */
const KINDS = {
  native: {
    text: "native",
    title: "Celery runs it, and Umbel watches: it was announced whole when it was sent",
  },
  inferred: {
    text: "inferred",
    title:
      "Nobody announced it: it is drawn from what events tell: which task started which. What has not been sent yet cannot be known; watch(app) in the process that sends it tells all.",
  },
  conducted: { text: "conducted", title: "Umbel runs it on your workers" },
};

/**
 * @typedef {object} HeadProps
 * @property {import("./types.js").RunSummary} run
 * @property {"graph" | "table"} tab
 * @property {boolean} drawn  there is a graph to look at
 * @property {(tab: "graph" | "table") => void} choose
 * @property {(state: string) => void} next  show the next task in that state
 * @property {(() => void) | null} again  start the same workflow once more
 * @property {boolean} starting
 * @property {() => void} revoke
 */

/** @param {HeadProps} props */
export function Head({ run, tab, drawn, choose, next, again, starting, revoke }) {
  const { name, module } = split(run.name);
  const kind = KINDS[run.kind] ?? { text: run.kind, title: run.kind };
  return html`
    <div class="run-title">
      <${Glyph} state=${run.state} />
      <h1 class="cut" title=${run.name}><bdi class="name">${name}</bdi>${module && html` <bdi class="module">${module}</bdi>`}</h1>
      <span class="run-state" data-run-state=${run.state}>${word(run.state)}</span>
      <span class="run-elapsed" title="From the first start to the last finish"><${Lasted} run=${run} /></span>
      <button type="button" class="tag" title=${kind.title} popovertarget="kind">${kind.text}</button>
      <div class="bubble at-title" id="kind" popover><h2>${kind.text}</h2><p>${kind.title}</p></div>
      <span class="run-when muted">${run.started === null ? "created" : "started"} <${Moment} at=${run.started ?? run.created} /></span>
      <span class="run-id"><span class="mono" title=${run.id}>${run.id.slice(0, 8)}</span><${Copy} text=${run.id} label="Copy the run id" /></span>
      ${
        run.parent &&
        html`<a class="run-parent" title="A task of another run sent this one" href=${`/runs/${encodeURIComponent(run.parent.run)}#node=${encodeURIComponent(run.parent.node)}`}>sent by ${run.parent.node.slice(0, 8)}</a>`
      }
      <span class="run-actions">${isLive(run.state) && html`<button type="button" class="button plain run-revoke" aria-label="Revoke this run" onClick=${revoke}><${Icon} d=${ICONS.stop} /><span>Revoke</span></button>`}<${Export} run=${run.id} />
      ${again && html`<button type="button" class="button plain run-again" aria-label="Start again" disabled=${starting} onClick=${again}><${Icon} d=${ICONS.again} />Start again</button>`}</span>
    </div>
    <${StateBar} counts=${run.counts} total=${run.nodes} />
    <div class="run-foot">
      <ul class="counts" aria-label="Tasks by state">
        ${BAR_ORDER.filter((state) => run.counts[state]).map(
          (state) => html`<li key=${state}>
          <button type="button" class="quiet count" data-count=${state} title=${`Show the next task that is ${word(state)}`} onClick=${() => next(state)}>
            <${Glyph} state=${state} /><b>${run.counts[state].toLocaleString("en")}</b> ${word(state)}
          </button></li>`,
        )}
        <li class="muted count-all">${run.nodes.toLocaleString("en")} ${run.nodes === 1 ? "task" : "tasks"}</li>
      </ul>
      <div class="segments" role="tablist" aria-label="View">
        ${
          /** @type {const} */ (["graph", "table"]).map(
            (each) => html`<button
          type="button" role="tab" key=${each} id=${`tab-${each}`} aria-controls=${each} aria-selected=${tab === each}
          disabled=${each === "graph" && !drawn} onClick=${() => choose(each)}
        >${each === "graph" ? "Graph" : "Table"}</button>`,
          )
        }
      </div>
    </div>`;
}

/** How long a run took, or has taken so far. @param {{run: import("./types.js").RunSummary}} props */
export function Lasted({ run }) {
  const { started, finished, state } = run;
  if (started === null) return html`${isLive(state) ? "not started" : "–"}`;
  if (finished !== null) return html`${span(finished - started)}`;
  return isLive(state) ? html`<${Elapsed} since=${started} />` : html`–`;
}
