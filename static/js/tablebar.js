/** What stands over the table: its filter, how much of the run is shown, and saving that as CSV. */

import { html } from "htm/preact";
import { save, toCsv } from "./csv.js";
import { Glyph, ICONS, Icon } from "./parts.js";
import { summary } from "./sieve.js";
import { BAR_ORDER, NONE, stateOf, word } from "./states.js";

/**
 * @typedef {object} BarProps
 * @property {{states: string[]}} place
 * @property {boolean} found  what was found is listed alone
 * @property {import("./types.js").Counts} counts
 * @property {number} shown
 * @property {number} total
 * @property {boolean} loading  rows are still on their way
 * @property {(change: Partial<import("./view.js").Place>) => void} arrange
 * @property {() => void} pickAll
 * @property {() => void} save
 */

/** @param {BarProps} props */
export function TableBar({ place, found, counts, shown, total, loading, arrange, pickAll, save: saveAll }) {
  const present = BAR_ORDER.filter((state) => counts[state] || place.states.includes(state));
  const toggle = (/** @type {string} */ state) =>
    arrange({
      states: place.states.includes(state)
        ? place.states.filter((each) => each !== state)
        : [...place.states, state],
    });
  const isFiltered = place.states.length > 0 || found;
  const all = total.toLocaleString("en");
  return html`
    <div class="toggles" role="group" aria-label="States">
      ${present.map(
        (
          state,
        ) => html`<button type="button" key=${state} class="quiet toggle" aria-pressed=${place.states.includes(state)} title=${`Only ${word(state)}`} onClick=${() => toggle(state)}>
        <${Glyph} state=${state} /><span>${word(state)}</span></button>`,
      )}
    </div>
    <span class="table-count muted" role="status">${isFiltered ? `${shown.toLocaleString("en")} of ${all}` : all} ${total === 1 ? "task" : "tasks"}</span>
    <button type="button" class="quiet" title="Select every task that is listed" disabled=${!shown} onClick=${pickAll}>Select all</button>
    <button type="button" class="button plain" disabled=${loading || !shown} title=${loading ? "The rows are being loaded" : "Save what is listed as a file of comma-separated values"} onClick=${saveAll}><${Icon} d=${ICONS.save} />CSV</button>`;
}

/**
 * Hand the browser what the table lists.
 * @param {import("./state.js").RunState} state
 * @param {import("./types.js").GraphNode[]} nodes
 * @param {(index: number) => import("./types.js").NodeRow | null} row
 */
export function saveRows(state, nodes, row) {
  const head =
    "index id task state reason worker queue attempt sent received started finished seconds arguments";
  const lines = nodes.map((node) => {
    const { index, id, task } = node;
    const known = row(index);
    const [started, finished] = [state.started[index], state.finished[index]];
    const seconds = finished - started;
    return [
      index,
      id,
      task,
      stateOf(state.codes[index] ?? NONE),
      known?.reason,
      known?.worker,
      known?.queue,
      (state.retries[index] ?? 0) + 1,
      stamp(known?.sent),
      stamp(known?.received),
      stamp(started),
      stamp(finished),
      Number.isNaN(seconds) ? null : seconds.toFixed(3),
      summary(node),
    ];
  });
  const name = state.run?.id.slice(0, 8) ?? "run";
  save(`umbel-${name}.csv`, new Blob([toCsv([head.split(" "), ...lines])], { type: "text/csv" }));
}

/** As ISO 8601 writes it. @param {number | null | undefined} at */
function stamp(at) {
  return at === null || at === undefined || Number.isNaN(at) ? null : new Date(at * 1000).toISOString();
}
