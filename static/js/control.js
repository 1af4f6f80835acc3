/** Pausing and resuming a conducted run: one button, which says what it does. */

import { html } from "htm/preact";
import { postControl } from "./api.js";
import { ICONS, Icon } from "./parts.js";
import { toast } from "./shell.js";
import { isLive } from "./states.js";

export class Control {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    this.busy = false;
  }

  /** The other of the two. @param {import("./types.js").RunSummary | null} run */
  toggle(run) {
    if (canPause(run)) this.send(run?.paused ? "resume" : "pause");
  }

  /** @param {"pause" | "resume"} action */
  async send(action) {
    if (this.busy) return;
    this.busy = true;
    this.changed();
    try {
      await postControl(this.run, action);
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    this.busy = false;
    this.changed();
  }
}

/** Whether anything is left to be held back. @param {import("./types.js").RunSummary | null} run */
function canPause(run) {
  return run?.kind === "conducted" && isLive(run.state) && !run.cancelled;
}

/** @param {{run: import("./types.js").RunSummary, control: Control}} props */
export function PauseButton({ run, control }) {
  if (!canPause(run)) return null;
  const action = run.paused ? "resume" : "pause";
  const title = run.paused ? "Send what is ready again" : "Send nothing more; what is out goes on";
  return html`<button type="button" class="button plain run-pause" aria-label=${run.paused ? "Resume this run" : "Pause this run"} title=${title} disabled=${control.busy} onClick=${() => control.send(action)}>
    <${Icon} d=${run.paused ? ICONS.resume : ICONS.pause} /><span>${control.busy ? `${run.paused ? "Resuming" : "Pausing"}…` : run.paused ? "Resume" : "Pause"}</span></button>`;
}
