/** What people did, in words with links. */

import { html } from "htm/preact";

const SHORT = 8; // characters of an id

/**
 * @typedef {object} Deed
 * @property {number} number
 * @property {number} at
 * @property {string | null} by
 * @property {string} what
 * @property {string | null} why
 * @property {string | null} run
 * @property {Record<string, any>} detail
 */

/** @type {Record<string, string>} */
const DONE = {
  pause: "paused",
  resume: "resumed",
  cancel: "cancelled",
  revoke: "revoked tasks of",
  again: "ran again",
  resubmit: "resubmitted",
  amend: "amended",
  timeout: "ended, as its time was up,",
};

/** What of a run that goes on was changed. @type {Array<[name: string, said: string]>} */
const AMENDED = [
  ["edits", "edited"],
  ["skip", "skipped"],
  ["hold", "held"],
  ["release", "released"],
];

/** What somebody did. @param {{deed: Deed}} props */
export function What({ deed: { what, run, detail } }) {
  if (what === "bulk" || what === "stop") {
    const bulk = html`<a href=${`/bulk/${encodeURIComponent(String(detail.bulk))}`}>${runs(detail.runs)}</a>`;
    return what === "bulk" ? html`resubmitted ${bulk} at once` : html`stopped a bulk before ${bulk}`;
  }
  const as = detail.as && html` as <${Run} id=${detail.as} />`;
  const bulk =
    detail.bulk && html` in a <a href=${`/bulk/${encodeURIComponent(String(detail.bulk))}`}>bulk</a>`;
  const more = told(detail);
  return html`${DONE[what] ?? what} <${Run} id=${run ?? ""} />${as}${bulk}${more && html` <span class="muted">${more}</span>`}`;
}

/** @param {{id: string}} props */
function Run({ id }) {
  return html`<a class="mono" href=${`/runs/${encodeURIComponent(id)}`} title=${id}>${id.slice(0, SHORT)}</a>`;
}

/** The numbers that go with it. @param {Record<string, any>} detail */
function told({ counts, nodes, count, terminate, touched, ...detail }) {
  const parts = AMENDED.filter(([name]) => Array.isArray(detail[name])).map(
    ([name, said]) => `${n(detail[name].length)} ${said}`,
  );
  if (parts.length) return parts.join(", ");
  if (counts && typeof counts === "object") {
    for (const [name, said] of [
      ["run", "run"],
      ["reuse", "reused"],
      ["force", "forced"],
      ["skip", "skipped"],
      ["left", "left out"],
    ])
      if (counts[name]) parts.push(`${n(counts[name])} ${said}`);
  }
  const many = [touched, count, Array.isArray(nodes) ? nodes.length : null].find(Number.isInteger);
  if (many) parts.push(`${n(many)} ${many === 1 ? "task" : "tasks"}`);
  if (terminate === true) parts.push("what ran was terminated");
  return parts.join(", ");
}

/** @param {number} count */
const n = (count) => Number(count).toLocaleString("en");
/** @param {number} count */
const runs = (count) => `${n(count)} ${count === 1 ? "run" : "runs"}`;
