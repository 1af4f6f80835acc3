/** Where what is known of a task came from, on a run that was made of another one. */

import { html } from "htm/preact";
import { Glyph } from "./parts.js";

/** @type {Record<string, [look: string, said: string]>} */
const SAID = {
  reused: ["REUSED", "Its result was taken over: it did not run again."],
  kept: ["KEPT", "It was done before. Its result was not kept, and nothing that runs needs it."],
  forced: ["FORCED", "Somebody marked it as succeeded, with this result: it did not run."],
};

/** Reasons that a plan gives, in words. @type {Record<string, string>} */
const REASONS = {
  skipped: "skipped by the plan",
  left: "left out of the plan",
  ignored: "its failure does not count",
};

/** @param {string} reason */
export function reasonWord(reason) {
  return REASONS[reason] ?? reason;
}

/** What a task looks like. @param {import("./types.js").NodeDetail} detail */
export function lookOf({ state, mark, held }) {
  const look = SAID[mark ?? ""]?.[0];
  if (look && state === "SUCCESS") return look;
  return held && state === "PENDING" ? "HELD" : state;
}

/** @param {{detail: import("./types.js").NodeDetail}} props */
export function Whence({ detail }) {
  const { mark, held, source, state } = detail;
  const said = SAID[mark ?? ""]?.[1];
  const isHeld = held && state === "PENDING";
  if (!said && !isHeld && !source) return null;
  return html`<div class="whence" data-mark=${mark}>
    ${said && html`<p><${Glyph} state=${lookOf(detail)} /><span>${said}</span></p>`}
    ${isHeld && html`<p><${Glyph} state="HELD" /><span>It is held: it is not sent until somebody releases it.</span></p>`}
    ${source && html`<p><a href=${`/runs/${encodeURIComponent(source.run)}#node=${encodeURIComponent(source.node)}`}>${mark === "reused" ? "Where it ran" : "What it was in the run before"}</a> <span class="mono muted">${source.run.slice(0, 8)}</span></p>`}
  </div>`;
}
