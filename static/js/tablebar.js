/** What stands over the table: its filters, how much of the run is shown, and saving that as a file. */

import { html } from "htm/preact";
import { split } from "./names.js";
import { Glyph, ICONS, Icon } from "./parts.js";
import { BAR_ORDER, word } from "./states.js";

/**
 * @typedef {object} BarProps
 * @property {{states: string[], task: string | null, worker: string | null}} place
 * @property {boolean} found  what was found is listed alone
 * @property {import("./types.js").Counts} counts
 * @property {string[]} tasks  the names of the tasks of the run
 * @property {string[]} workers
 * @property {number} shown
 * @property {number} total
 * @property {string} loading  what is still on its way; "" when all is here
 * @property {string} saving  the form in which the rows are being saved; "" when they are not
 * @property {(change: Partial<import("./view.js").Place>) => void} arrange
 * @property {() => void} pickAll
 * @property {(form: "csv" | "json") => void} save
 */

/** @param {BarProps} props */
export function TableBar(props) {
  const { place, found, counts, tasks, workers, shown, total, loading, arrange, pickAll } = props;
  const present = BAR_ORDER.filter((state) => counts[state] || place.states.includes(state));
  const toggle = (/** @type {string} */ state) =>
    arrange({
      states: place.states.includes(state)
        ? place.states.filter((each) => each !== state)
        : [...place.states, state],
    });
  const isFiltered = place.states.length > 0 || place.task !== null || place.worker !== null || found;
  const all = total.toLocaleString("en");
  const count = `${isFiltered ? `${shown.toLocaleString("en")} of ${all}` : all} ${total === 1 ? "task" : "tasks"}`;
  return html`
    <div class="toggles" role="group" aria-label="States">
      ${present.map(
        (
          state,
        ) => html`<button type="button" key=${state} class="quiet toggle" aria-pressed=${place.states.includes(state)} title=${`Only ${word(state)}`} onClick=${() => toggle(state)}>
        <${Glyph} state=${state} /><span>${word(state)}</span></button>`,
      )}
    </div>
    <${Choice} label="Task" all="All tasks" value=${place.task} of=${tasks} choose=${(/** @type {string | null} */ task) => arrange({ task })} />
    <${Choice} label="Worker" all="All workers" value=${place.worker} of=${workers} choose=${(/** @type {string | null} */ worker) => arrange({ worker })} />
    <span class="table-count muted" role="status">${loading || count}</span>
    <button type="button" class="quiet" title="Select every task that is listed" disabled=${!shown} onClick=${pickAll}>Select all</button>
    <span class="table-saves"><${Save} ...${props} form="csv" about="a file of comma-separated values" /><${Save} ...${props} form="json" about="JSON" /></span>`;
}

/** @param {{label: string, all: string, value: string | null, of: string[], choose: (value: string | null) => void}} props */
function Choice({ label, all, value, of, choose }) {
  if (of.length < 2 && value === null) return null;
  const listed = value === null || of.includes(value) ? of : [...of, value];
  const take = (/** @type {Event} */ event) =>
    choose(/** @type {HTMLSelectElement} */ (event.target).value || null);
  return html`<select class="field" aria-label=${label} value=${value ?? ""} onChange=${take}>
    <option value="">${all}</option>
    ${listed.map((each) => html`<option key=${each} value=${each}>${label === "Task" ? split(each).name : each}</option>`)}
  </select>`;
}

/** @param {BarProps & {form: "csv" | "json", about: string}} props */
function Save({ form, about, shown, saving, save }) {
  const name = form.toUpperCase();
  return html`<button type="button" class="button plain" disabled=${!shown || saving !== ""} title=${`Save what is listed as ${about}`} onClick=${() => save(form)}><${Icon} d=${ICONS.save} />${saving === form ? "Saving" : name}</button>`;
}
