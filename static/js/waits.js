/** Why a task is not running: what the server says of it, in words and with links. */

import { html } from "htm/preact";
import { split } from "./names.js";
import { Glyph, Moment } from "./parts.js";
import { useTicking } from "./ticks.js";
import { clock, exact, now, span } from "./time.js";

/**
 * @typedef {import("./types.js").Wait} Wait
 * @typedef {(id: string) => void} Go
 */

/** @param {{detail: import("./types.js").NodeDetail, go: Go}} props */
export function Waits({ detail, go }) {
  const waits = detail.waits ?? [];
  if (!waits.length) return null;
  return html`<section class="waits" aria-labelledby="waits-title"><h3 id="waits-title">Why is it not running?</h3>
    <ul>${waits.map((wait, at) => html`<li key=${`${wait.kind} ${at}`} data-wait=${wait.kind}>${said(wait, detail.run, go)}</li>`)}</ul></section>`;
}

/**
 * @param {Wait} wait
 * @param {string} run
 * @param {Go} go
 */
function said(wait, run, go) {
  switch (wait.kind) {
    case "parents":
      return html`<${Parents} wait=${wait} go=${go} />`;
    case "held":
      return "Somebody holds it: it is not sent until it is released.";
    case "paused":
      return html`The run is paused${wait.by && html`, by <bdi>${wait.by}</bdi>`}${wait.at && html`, <${Moment} at=${wait.at} />`}.`;
    case "window":
      return `${wait.of === "all" ? "Of all runs together" : "Of this run"}, ${wait.limit?.toLocaleString("en")} may be out at a time, and as many are.`;
    case "rate":
      return html`Tasks of this name are sent at most ${wait.rate}${wait.next && html`; the next at <${Until} at=${wait.next} />`}.`;
    case "lock":
      return html`<${Lock} wait=${wait} run=${run} go=${go} />`;
    case "retry":
      return html`It failed and is sent again${wait.at ? html` at <${Until} at=${wait.at} />` : " later"}.`;
    case "eta":
      return html`It was sent to start no sooner than ${wait.at ? html`<${Until} at=${wait.at} />` : "its time"}.`;
    case "queue":
      return html`<${Queue} wait=${wait} />`;
    default:
      return html`<span dir="auto">${wait.why ?? wait.kind}</span>`;
  }
}

/** @param {{wait: Wait}} props */
function Queue({ wait: { queue, why } }) {
  const name = queue ? html` <bdi class="mono">${queue}</bdi>` : "";
  return why
    ? html`Its queue${name}: <span dir="auto">${why}</span>`
    : html`It is in its queue${name}, and no worker has taken it yet.`;
}

/** @param {{wait: Wait, go: Go}} props */
function Parents({ wait: { nodes = [], total = nodes.length }, go }) {
  return html`It waits for ${total === 1 ? "this task" : `these ${total.toLocaleString("en")} tasks`}:
    <ul class="neighbours">${nodes.map(
      ({ id, task, state }) => html`<li key=${id}>
      <a href=${`#node=${encodeURIComponent(id)}`} title=${task ?? ""} onClick=${(/** @type {MouseEvent} */ event) => follow(event, id, go)}>
        <${Glyph} state=${state ?? "PENDING"} /><bdi class="cut">${split(task).name}</bdi></a></li>`,
    )}</ul>
    ${total > nodes.length && html`<p class="cap">${nodes.length} of ${total.toLocaleString("en")} shown.</p>`}`;
}

/** @param {{wait: Wait, run: string, go: Go}} props */
function Lock({ wait: { key, run: holder, node }, run, go }) {
  const name = html`the lock <bdi class="mono">${key}</bdi>`;
  if (!holder || !node) return html`${name} is held by another task.`;
  const here = holder === run;
  const address = `${here ? "" : `/runs/${encodeURIComponent(holder)}`}#node=${encodeURIComponent(node)}`;
  return html`Another task has ${name}: <a href=${address} onClick=${(/** @type {MouseEvent} */ event) => here && follow(event, node, go)}><span class="mono">${node.slice(0, 8)}</span>${here ? " of this run" : " of another run"}</a>.`;
}

/**
 * @param {MouseEvent} event
 * @param {string} id
 * @param {Go} go
 */
function follow(event, id, go) {
  event.preventDefault();
  go(id);
}

/** A moment to come. @param {{at: number}} props */
function Until({ at }) {
  const left = useTicking(() => {
    const seconds = Math.ceil(at - now());
    return seconds > 0 ? ` (in ${seconds < 60 ? `${seconds} s` : span(seconds)})` : "";
  });
  return html`<time datetime=${new Date(at * 1000).toISOString()} title=${exact(at)}>${clock(at)}</time>${left}`;
}
