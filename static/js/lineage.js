/** The line of runs that a run is of: each was made of the one before, to mend it. */

import { html } from "htm/preact";
import { getLineage } from "./api.js";
import { Glyph, Moment } from "./parts.js";
import { isLive, word } from "./states.js";

const BETWEEN = 5000; // ms, while another of them goes on
const FIRST = 1; // that are shown of a long line
const LAST = 4;

/**
 * @typedef {import("./types.js").Attempted} Attempted
 * @typedef {import("./types.js").RunSummary} RunSummary
 */

export class Lineage {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    /** Oldest first. @type {Attempted[]} */
    this.runs = [];
    this.known = ""; // what was true of this run when it was asked for
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  /** Of a run that is over others may be made at any time. @param {RunSummary} run */
  follow({ made_from: from, seq, state }) {
    if (!from && isLive(state)) return;
    const known = isLive(state) ? state : `${state} ${seq}`;
    if (known === this.known) return;
    this.known = known;
    this.#ask();
  }

  async #ask() {
    clearTimeout(this.later);
    try {
      this.runs = (await getLineage(this.run)).runs;
      this.changed();
    } catch {
      // The page says when the server is away.
    }
    if (this.runs.some(({ id, state }) => id !== this.run && isLive(state)))
      this.later = setTimeout(() => this.#ask(), BETWEEN);
  }
}

/** @param {{lineage: Lineage, run: RunSummary}} props */
export function LineageStrip({ lineage: { runs, run: here }, run }) {
  if (runs.length < 2) return null;
  const isLong = runs.length > FIRST + LAST + 1;
  const numbered = runs.map((each, at) => /** @type {const} */ ([each, at + 1]));
  const shown = isLong ? [...numbered.slice(0, FIRST), ...numbered.slice(-LAST)] : numbered;
  const mender = numbered.find(([{ id }]) => id === run.resolved_by);
  return html`<nav class="lineage" aria-label="Attempts"><ol>${shown.map(
    (
      [each, number],
      at,
    ) => html`<li key=${each.id}>${at > 0 && html`<span class="lineage-arrow" aria-hidden="true">${isLong && at === FIRST ? "→ … →" : "→"}</span>`}
      <${Attempt} each=${each} number=${number} isHere=${each.id === here} /></li>`,
  )}</ol>
    ${mender && html`<span class="lineage-resolved">resolved by <a href=${`/runs/${encodeURIComponent(mender[0].id)}`}>attempt ${mender[1]}</a></span>`}
    <${Why} each=${runs.find(({ id }) => id === here)} /></nav>`;
}

/** @param {{each: Attempted, number: number, isHere: boolean}} props */
function Attempt({ each, number, isHere }) {
  const { id, state, size, counts, by, why, left } = each;
  const done = (counts.SUCCESS ?? 0).toLocaleString("en");
  const parts = [
    `${word(state)}: ${done} of ${size.toLocaleString("en")} succeeded`,
    by && `by ${by}`,
    why && `“${why}”`,
    left ? `${left.toLocaleString("en")} left out` : "",
  ];
  return html`<a class="lineage-run" href=${`/runs/${encodeURIComponent(id)}`} aria-current=${isHere ? "page" : null} title=${parts.filter(Boolean).join("\n")}><${Glyph} state=${state} /><span>Attempt ${number}</span><span class="unseen">, ${word(state)}</span></a>`;
}

/** Why this one was made. @param {{each: Attempted | undefined}} props */
function Why({ each }) {
  if (!each?.made_from) return null;
  return html`<span class="lineage-why muted cut">made <${Moment} at=${each.created} />${each.by && html` by <bdi>${each.by}</bdi>`}${each.why && html`: <bdi>${each.why}</bdi>`}</span>`;
}
