/** The fields over the list of runs. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import {
  AGES,
  extraFilters,
  isFiltered,
  KINDS,
  noFilters,
  parseMoment,
  RUN_STATES,
  spellMoment,
} from "./filters.js";
import { Glyph, ICONS, Icon } from "./parts.js";
import { word } from "./states.js";

const RANGE = "range"; // chosen as the time

/**
 * @typedef {import("./filters.js").Filters} Filters
 *
 * @typedef {object} BarProps
 * @property {Filters} filters
 * @property {string} singles  how many runs of one task there are
 * @property {{tasks: string[], workers: string[]}} names
 * @property {(change: Partial<Filters>, soon?: boolean) => void} change  soon: somebody is still typing
 * @property {boolean} [stateless]  the states are shown apart
 * @property {() => void} [resubmit]  all failed runs that fit
 */

/** @param {BarProps} props */
export function FilterBar({ filters, singles, names, change, stateless = false, resubmit }) {
  const extras = extraFilters(filters);
  return html`<form class="filters" role="search" aria-label="Filter the runs" onSubmit=${(/** @type {Event} */ event) => event.preventDefault()}>
    ${!stateless && html`<${States} filters=${filters} change=${change} resubmit=${resubmit} />`}
    <${Field} name="q" label="Name or exception" value=${filters.q} change=${change} />
    <${Field} name="task" label="Task" value=${filters.task} known=${names.tasks} change=${change} />
    <${Field} name="worker" label="Worker" value=${filters.worker} known=${names.workers} change=${change} />
    <select class="field" aria-label="Kind" value=${filters.kind} onChange=${(/** @type {Event} */ event) => change({ kind: /** @type {HTMLSelectElement} */ (event.target).value })}>
      <option value="">Any kind</option>
      ${KINDS.map(([kind, said]) => html`<option key=${kind} value=${kind}>${said}</option>`)}
    </select>
    <${Time} filters=${filters} change=${change} />
    <label class="switch" title="Tasks that were sent by themselves, without a workflow around them">
      <input type="checkbox" role="switch" checked=${filters.singles} onChange=${() => change({ singles: !filters.singles })} />
      <span>Single tasks</span><span class="muted">${singles}</span>
    </label>
    ${extras.map(
      ({ keys, text }) => html`<span class="tag extra" key=${text} dir="auto"><bdi class="cut">${text}</bdi>
        <button type="button" class="quiet small square" aria-label=${`Without ${text}`} onClick=${() => change(without(keys))}><${Icon} d=${ICONS.close} /></button></span>`,
    )}
    ${isFiltered(filters) && html`<button type="button" class="quiet square" aria-label="Clear" title="Clear the filter" onClick=${() => change({ ...noFilters(), singles: filters.singles })}><${Icon} d=${ICONS.close} /></button>`}
  </form>`;
}

/** Which states; of what failed, whether what was resolved is shown too. @param {Pick<BarProps, "filters" | "change" | "resubmit">} props */
function States({ filters: { states, resolved }, change, resubmit }) {
  const toggle = (/** @type {string} */ state) =>
    change({
      states: states.includes(state) ? states.filter((each) => each !== state) : [...states, state],
    });
  const failed = resolved === false || states.includes("FAILURE") || states.includes("REVOKED");
  return html`<div class="toggles" role="group" aria-label="States">
    ${RUN_STATES.map(
      (
        state,
      ) => html`<button type="button" key=${state} class="quiet toggle" aria-pressed=${states.includes(state)} title=${`Only ${word(state)}`} onClick=${() => toggle(state)}>
        <${Glyph} state=${state} /><span>${word(state)}</span></button>`,
    )}
    ${failed && html`<button type="button" class="quiet toggle toggle-open" aria-pressed=${resolved === false} title="Only what no later run has resolved" onClick=${() => change({ resolved: resolved === false ? null : false })}><span>not resolved</span></button>`}
    ${failed && resubmit && html`<button type="button" class="quiet square filters-again" aria-label="Resubmit all…" title="Resubmit all that failed, as they are filtered" onClick=${resubmit}><${Icon} d=${ICONS.again} /></button>`}
  </div>`;
}

/** How long ago, or from when to when. @param {Pick<BarProps, "filters" | "change">} props */
function Time({ filters: { last, since, until }, change }) {
  const [asked, setAsked] = useState(false);
  const isRange = last === null && (asked || since !== null || until !== null);
  const choose = (/** @type {Event} */ event) => {
    const { value } = /** @type {HTMLSelectElement} */ (event.target);
    setAsked(value === RANGE);
    if (value !== RANGE) change({ last: value ? Number(value) : null, since: null, until: null });
    else if (last !== null) change({ last: null });
  };
  return html`<select class="field" aria-label="Time" value=${isRange ? RANGE : String(last ?? "")} onChange=${choose}>
      <option value="">Any time</option>
      ${AGES.map(([age, said]) => html`<option key=${age} value=${String(age)}>${said}</option>`)}
      <option value=${RANGE}>From … to …</option>
    </select>
    ${
      isRange &&
      html`<span class="range"><${Moment} label="From" at=${since} set=${(/** @type {number | null} */ at) => change({ since: at })} />
      <span class="muted" aria-hidden="true">–</span><${Moment} label="To" at=${until} set=${(/** @type {number | null} */ at) => change({ until: at })} /></span>`
    }`;
}

/** @param {{label: string, at: number | null, set: (at: number | null) => void}} props */
function Moment({ label, at, set }) {
  return html`<input class="field field-date" type="datetime-local" aria-label=${label} title=${label} value=${spellMoment(at)}
    onChange=${(/** @type {Event} */ event) => set(parseMoment(/** @type {HTMLInputElement} */ (event.target).value))} />`;
}

/** @param {Array<keyof Filters>} keys */
function without(keys) {
  const none = noFilters();
  return Object.fromEntries(keys.map((key) => [key, none[key]]));
}

/**
 * @param {{name: "q" | "task" | "worker", label: string, value: string, known?: string[], change: BarProps["change"]}} props
 */
function Field({ name, label, value, known, change }) {
  const list = known?.length ? `known-${name}` : undefined;
  return html`<input class=${`field field-${name}`} type="search" name=${name} aria-label=${label} placeholder=${label} value=${value}
      list=${list} spellcheck="false" autocomplete="off" dir="auto"
      onInput=${(/** @type {InputEvent} */ event) => change({ [name]: /** @type {HTMLInputElement} */ (event.target).value.trim() }, true)} />
    ${list && html`<datalist id=${list}>${known?.map((each) => html`<option key=${each} value=${each}></option>`)}</datalist>`}`;
}
