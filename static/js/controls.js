/** What floats over the graph: the zoom buttons and the legend. */

import { html } from "htm/preact";
import { Glyph, Icon } from "./parts.js";
import { LOOKS, meaning, STATES, word } from "./states.js";

const ICONS = {
  less: "M5 10h10",
  more: "M5 10h10M10 5v10",
  fit: "M4 7.500V4h3.500M12.500 4H16v3.500M16 12.500V16h-3.500M7.500 16H4v-3.500",
};

/** @param {{graph: import("./graph.js").Graph, fit: () => void}} props */
export function Controls({ graph, fit }) {
  return html`
    <button type="button" class="quiet legend-open" popovertarget="legend">Legend</button>
    <${Zoom} chart=${graph} whole="Fit the whole graph" fit=${fit} />
    <div class="legend" id="legend" popover aria-label="Legend">
      <ul>
        ${STATES.map((state) => html`<li key=${state}><${Glyph} state=${state} /><span>${word(state)}</span><span class="muted">${meaning(state)}</span></li>`)}
      </ul>
      <ul class="legend-edges">
        ${LOOKS.slice(STATES.length).map((look) => html`<li key=${look}><${Glyph} state=${look} /><span>${word(look)}</span><span class="muted">${meaning(look)}</span></li>`)}
      </ul>
      <ul class="legend-edges">
        <li><${Line} kind="then" /><span>then</span><span class="muted">waits for the result</span></li>
        <li><${Line} kind="link" /><span>link</span><span class="muted">a callback on success</span></li>
        <li><${Line} kind="error" /><span>error</span><span class="muted">a callback on failure</span></li>
        <li><svg class="line" viewBox="0 0 28 18" aria-hidden="true"><circle class="join" cx="14" cy="9" r="5" /></svg><span>join</span><span class="muted">gathers several results</span></li>
      </ul>
      <ul class="legend-edges">
        <li><span></span><span>try 3</span><span class="muted">its third attempt</span></li>
        <li><span></span><span>×2</span><span class="muted">was seen to run twice</span></li>
        <li><span></span><span>64 %</span><span class="muted">of its members will not change any more</span></li>
        <li><span></span><span>1 s, max 4 s</span><span class="muted">the median of those that finished, and the longest</span></li>
        <li><span></span><i>window 6</i><span class="muted">what holds it, though it could be sent</span></li>
      </ul>
    </div>`;
}

/** @param {{chart: {zoomBy: (factor: number) => void}, whole: string, fit: () => void}} props  whole: what fit shows */
export function Zoom({ chart, whole, fit }) {
  return html`<div class="zoom" role="group" aria-label="Zoom">
    <button type="button" class="quiet square" title="Zoom out (-)" aria-label="Zoom out" onClick=${() => chart.zoomBy(1 / 1.4)}><${Icon} d=${ICONS.less} /></button>
    <button type="button" class="quiet square" title="Zoom in (+)" aria-label="Zoom in" onClick=${() => chart.zoomBy(1.4)}><${Icon} d=${ICONS.more} /></button>
    <button type="button" class="quiet square" title=${`${whole} (f)`} aria-label=${whole} onClick=${fit}><${Icon} d=${ICONS.fit} /></button>
  </div>`;
}

/** @param {{kind: string}} props */
function Line({ kind }) {
  return html`<svg class="line" viewBox="0 0 28 18" aria-hidden="true"><path class=${`edge ${kind}`} d="M1 9h20" /><path class="heads" d="M27 9l-7-3.500v7z" /></svg>`;
}
