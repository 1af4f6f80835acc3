/** What a row of a timeline says: its name and figures, on hover, and read out. */

import { html } from "htm/preact";
import { split } from "./names.js";
import { Glyph } from "./parts.js";
import { STARTED, STATES, word } from "./states.js";
import { clock, span } from "./time.js";
import { factsOf, membersOf, quantile, timesOf } from "./timelinerows.js";

/** @typedef {import("./timelinerows.js").Row} Row */
/** @typedef {import("./timelinerows.js").Known} Known */

/** @param {{row: Row, known: Known, hits: number | null}} props  hits: how many of it were found */
export function RowName({ row, known, hits }) {
  const facts = factsOf(row, known);
  const name = split(row.label).name;
  const title = `${row.label ?? ""}${row.card ? ` ×${row.count.toLocaleString("en")}` : ""}`;
  const figure = row.card ? quantile(facts.ran, 0.5) : lasted(row, known);
  return html`<span class="timeline-name" title=${title}>
    <${Glyph} state=${row.card ? standing(facts) : (STATES[known.state.codes[row.first]] ?? "PENDING")} />
    <bdi class="name cut">${row.card ? short(row.label) : name}</bdi>
    ${row.card && html`<b class="timeline-times">×${row.count.toLocaleString("en")}</b>`}
    ${facts.failed > 0 && row.card && html`<span class="timeline-failed">${facts.failed.toLocaleString("en")} failed</span>`}
    ${hits !== null && hits > 0 && row.card && html`<span class="timeline-hits">${hits.toLocaleString("en")} found</span>`}
    <span class="timeline-figure">${Number.isNaN(figure) ? "" : html`${row.card && !facts.failed && html`<span class="muted">med </span>`}${span(figure)}`}</span>
  </span>`;
}

/** The state that stands for all of a row. @param {import("./timelinerows.js").Facts} facts */
function standing({ failed, isOpen, begin, ran }) {
  if (failed) return "FAILURE";
  if (isOpen) return begin === Infinity ? "PENDING" : "STARTED";
  return ran.length ? "SUCCESS" : "SKIPPED";
}

/** "resize → pack" of "shop.resize → shop.pack". @param {string | null} label */
function short(label) {
  return (label ?? "")
    .split(/( → | \+ )/)
    .map((part) => (/^ /.test(part) ? part : split(part || null).name))
    .join("");
}

/** Seconds that the one task of a row ran. @param {Row} row @param {Known} known */
function lasted(row, known) {
  const { started, finished } = timesOf(known, row.first);
  return finished - started;
}

/**
 * @param {Row} row
 * @param {Known} known
 * @param {boolean} isCritical
 * @param {number | null} hits  how many of it were found; null where nobody looks for anything
 */
export function said(row, known, isCritical, hits) {
  const facts = factsOf(row, known);
  const parts = [row.card ? `${short(row.label)} ×${row.count.toLocaleString("en")}` : split(row.label).name];
  if (row.card) {
    if (facts.failed) parts.push(`${facts.failed.toLocaleString("en")} failed`);
    if (facts.ran.length) parts.push(`ran ${durations(facts.ran)}`);
    if (facts.waited >= 0) parts.push(`half were in a queue for ${span(facts.waited)} or less`);
  } else {
    parts.push(word(STATES[known.state.codes[row.first]] ?? "PENDING"));
    const ran = lasted(row, known);
    if (facts.waited >= 0) parts.push(`in a queue for ${span(facts.waited)}`);
    if (ran >= 0) parts.push(`ran ${span(ran)}`);
  }
  if (facts.begin < Infinity) parts.push(`${span(facts.begin - known.spells.began)} after the beginning`);
  if (hits) parts.push(row.card ? `${hits.toLocaleString("en")} found` : "found");
  if (isCritical) parts.push("on the critical path");
  return parts.join(", ");
}

/** "0.4 s to 21 s, half of them 5.3 s or less". @param {Float64Array} ran */
function durations(ran) {
  const [least, most] = [span(ran[0]), span(ran[ran.length - 1])];
  return least === most ? least : `${least} to ${most}, half of them ${span(quantile(ran, 0.5))} or less`;
}

/**
 * Lines about a row at a moment.
 * @param {Row} row
 * @param {Known} known
 * @param {number} at  seconds since the epoch
 * @param {number | undefined} failed  the index of the one that failed there, if any
 */
export function describe(row, known, at, failed) {
  const facts = factsOf(row, known);
  if (!row.card) return ofOne(row, known);
  const [running, waiting] = during(row, known, at);
  const lines = [
    `at ${clock(at)}: ${running.toLocaleString("en")} ran, ${waiting.toLocaleString("en")} in a queue`,
  ];
  if (facts.ran.length) lines.push(`ran ${durations(facts.ran)}`);
  if (facts.waited >= 0) lines.push(`in a queue: ${span(facts.waited)} (median)`);
  if (facts.begin < Infinity && facts.end > 0)
    lines.push(`${clock(facts.begin)} to ${facts.isOpen ? "now" : clock(facts.end)}`);
  if (facts.failed)
    lines.push(
      failed !== undefined
        ? `failed here: ${known.state.nodes.id(failed) || "…"}`
        : `${facts.failed.toLocaleString("en")} failed`,
    );
  return lines;
}

/** @param {Row} row @param {Known} known */
function ofOne(row, known) {
  const { code, asked, waited, started, finished, isSkewed } = timesOf(known, row.first);
  const lines = [word(STATES[code] ?? "PENDING")];
  if (asked <= waited) lines.push(`in a queue ${span(waited - asked)}, from ${clock(asked)}`);
  if (started <= finished)
    lines.push(`${code === STARTED ? "has run" : "ran"} ${span(finished - started)}, from ${clock(started)}`);
  const tries = known.state.retries[row.first];
  if (tries) lines.push(`attempt ${tries + 1}; only the last one is drawn`);
  if (isSkewed) lines.push("the clocks of its machines disagree");
  const over = known.spells.settled.get(row.first);
  if (over !== undefined) lines.push(`since ${clock(over)}`);
  return lines;
}

/** How many of a row ran and waited at a moment. @param {Row} row @param {Known} known @param {number} at */
function during(row, known, at) {
  const counts = [0, 0];
  for (const index of membersOf(row)) {
    const { asked, waited, started, finished } = timesOf(known, index);
    if (started <= at && at < finished) counts[0] += 1;
    else if (asked <= at && at < waited) counts[1] += 1;
  }
  return counts;
}
