/** The elements of a timeline: the line over it, the axis, the rows in sight over the chart. */

import { html, render } from "htm/preact";
import { Zoom } from "./controls.js";
import { TimelineTip } from "./timelinetip.js";
import { RowName, said } from "./timelinewords.js";
import { ROW, TimePlot } from "./timeplot.js";

/** @typedef {import("./timelinerows.js").Row} Row */

/**
 * @param {HTMLElement} host
 * @param {{zoomBy: (factor: number) => void, fit: () => void}} chart
 */
export function frameOf(host, chart) {
  const [bar, main, axis, scroller, list] = ["bar", "main", "axis", "scroll", "list"].map(part);
  const [line, tools] = ["moment", "tools"].map(part);
  const plot = new TimePlot();
  axis.ariaHidden = "true";
  line.hidden = true;
  scroller.append(list);
  main.append(axis, plot.canvas, scroller, ...plot.probes, line);
  render(html`<${Zoom} chart=${chart} whole="Show all of its time" fit=${() => chart.fit()} />`, tools);
  host.append(bar, main, tools);
  return { bar, axis, scroller, list, line, plot, tip: new TimelineTip(main) };
}

/** @param {string} name */
function part(name) {
  const element = document.createElement("div");
  element.className = `timeline-${name}`;
  return element;
}

/** @param {{corner: string, marks: Array<{at: number, label: string}>, x: (at: number) => number}} props */
export function Axis({ corner, marks, x }) {
  return html`<span class="timeline-corner muted">${corner}</span><div class="timeline-ticks">${marks.map(
    ({ at, label }) =>
      html`<span key=${label} style=${{ transform: `translateX(${x(at)}px)` }}>${label}</span>`,
  )}</div>`;
}

/**
 * @typedef {object} RowsProps
 * @property {Row[]} seen
 * @property {number} first  the place of the first of them
 * @property {number} count  of all rows
 * @property {import("./timelinerows.js").Known} known
 * @property {string | undefined} here  the key of the row that the keyboard is on
 * @property {Map<number, number> | null} found  how many were found of each row, by its place
 * @property {(row: Row, place: number) => boolean} isSelected
 * @property {(place: number) => boolean} isCritical
 */

/** @param {RowsProps} props */
export function Rows({ seen, first, count, known, here, found, isSelected, isCritical }) {
  const nothing = known.spells.told !== null && Number.isNaN(known.spells.began);
  return html`<div class="timeline-rows" role="listbox" aria-label="Timeline, in the order of beginning" style=${{ height: `${count * ROW}px` }}>${seen.map(
    (row, at) => {
      const place = first + at;
      const hits = found ? (found.get(place) ?? 0) : null;
      return html`<div class=${`timeline-row${hits === 0 ? " not-found" : ""}`} role="option" key=${row.key} data-row=${place} tabindex=${row.key === here ? 0 : -1}
        aria-selected=${isSelected(row, place)} aria-label=${said(row, known, isCritical(place), hits)} style=${{ transform: `translateY(${place * ROW}px)` }}>
        <${RowName} row=${row} known=${known} hits=${hits} /></div>`;
    },
  )}</div>
  ${nothing && html`<p class="timeline-none">Nothing has begun yet. A task has its time here from when it is sent.</p>`}`;
}
