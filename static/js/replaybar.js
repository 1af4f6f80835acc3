/** The bar of a replay: play and pause, where in time, how fast, and the way back. */

import { html } from "htm/preact";
import { ICONS, Icon } from "./parts.js";
import { clock, exact, span } from "./time.js";

/** @param {{replay: import("./replay.js").Replay}} props */
export function ReplayBar({ replay }) {
  const { moments, at, playing, speed } = replay;
  if (!moments) return html`<p class="replay-words" role="status">Reading the times of its tasks…</p>`;
  const since = at - moments.from;
  const length = moments.to - moments.from;
  const said = `${span(since)} after the beginning, ${clock(at)}`;
  return html`
    <button type="button" class="button plain replay-play" aria-label=${playing ? "Pause the replay" : "Play"} title=${`${playing ? "Pause" : "Play"} (Space)`} onClick=${() => replay.toggle()}>
      <${Icon} d=${playing ? ICONS.pause : ICONS.resume} /></button>
    <p class="replay-words"><b>The past</b><span title=${exact(at)}>, as it was at ${clock(at)}</span>
      ${moments.again > 0 && html`<small title=${`${moments.again.toLocaleString("en")} tasks were tried more than once. Until its last attempt, such a task is shown as sent.`}> · last attempts only</small>`}</p>
    <input type="range" class="replay-slider" aria-label="Moment" min="0" max=${length} step="any" value=${since} aria-valuetext=${said}
      onInput=${(/** @type {InputEvent} */ event) => replay.seek(moments.from + Number(/** @type {HTMLInputElement} */ (event.target).value))} />
    <span class="replay-time">${span(since)} <span class="muted">of ${span(length)}</span></span>
    <label class="replay-speed"><span class="unseen">Speed</span><select class="field" title="Speed" value=${String(speed)} onChange=${(/** @type {Event} */ event) => replay.pace(Number(/** @type {HTMLSelectElement} */ (event.target).value))}>
      ${SPEEDS.map((each) => html`<option key=${each} value=${String(each)} selected=${each === speed}>${each.toLocaleString("en")}×</option>`)}</select></label>
    <button type="button" class="button plain replay-end" title="Back to how it ended (Esc)" onClick=${() => replay.stop()}>Back to now</button>`;
}

export const SPEEDS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
