/** What the pages about bulks share: words for outcomes, the bar, who wanted it. */

import { html } from "htm/preact";
import { Moment } from "./parts.js";

/** In the order of the bar; and with the state whose fill and glyph say it. @type {Array<[outcome: string, state: string]>} */
export const OUTCOMES = [
  ["resubmitted", "SUCCESS"],
  ["changed", "RETRY"],
  ["refused", "FAILURE"],
  ["stopped", "REVOKED"],
  ["waiting", "PENDING"],
];

/** @type {Record<string, string>} */
const STATES = { RUNNING: "going on", DONE: "done", STOPPED: "stopped" };

/** @typedef {import("./types.js").Bulk} Bulk */

/** @param {Bulk} bulk */
export function stateWord(bulk) {
  return STATES[bulk.state] ?? bulk.state;
}

/** The state whose glyph stands for an outcome. @param {string} outcome */
export function glyphOf(outcome) {
  return OUTCOMES.find(([name]) => name === outcome)?.[1] ?? "PENDING";
}

/** @param {{bulk: Bulk}} props */
export function OutcomeBar({ bulk }) {
  const parts = OUTCOMES.filter(([name]) => bulk.outcomes[name]);
  const said = parts.map(([name]) => `${bulk.outcomes[name].toLocaleString("en")} ${name}`).join(", ");
  return html`<div class="bar" role="img" aria-label=${`${bulk.total.toLocaleString("en")} runs: ${said}`}>${parts.map(
    ([name, state]) =>
      html`<i key=${name} data-state=${state} style=${{ flexGrow: bulk.outcomes[name] }}></i>`,
  )}</div>`;
}

/** Which runs it was about, in words. @param {Bulk} bulk */
export function aboutOf({ filter }) {
  const { text, error, name, task, worker, id, kind, states } = /** @type {Record<string, string>} */ (
    filter
  );
  const said = [error, name && `name has ${name}`, text && `has ${text}`, task, worker, id, kind].filter(
    Boolean,
  );
  if (Array.isArray(states) && states.length === 1) said.push(states[0] === "REVOKED" ? "revoked" : "failed");
  return said.join(" · ");
}

/** @param {{bulk: Bulk}} props */
export function Who({ bulk }) {
  return html`<span class="muted"><${Moment} at=${bulk.at} />${bulk.by && html` by <bdi>${bulk.by}</bdi>`}</span>`;
}
