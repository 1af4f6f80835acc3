/** The main button of a run that failed: what a resubmission would do, in its own words, before anybody has asked. */

import { html } from "htm/preact";
import { postPlan } from "./api.js";
import { AMEND, deedFor } from "./deeds.js";
import { ICONS, Icon } from "./parts.js";

const BETWEEN = 2000; // ms between two looks, while the run changes
const AGAIN = 5000; // ms after no answer came

const AHEAD = "M3.500 5.500v9M7 10h9M12.500 6.500L16 10l-3.500 3.500";

/** Problems that the plan itself cannot mend, by giving tasks arguments or leaving some out. */
const HOPELESS = ["goes_on"];

/** @typedef {import("./types.js").RunSummary} RunSummary */

export class Offer {
  /**
   * @param {string} run
   * @param {() => void} changed
   */
  constructor(run, changed) {
    this.run = run;
    this.changed = changed;
    /** @type {import("./types.js").Plan | null} */
    this.plan = null;
    this.problem = "";
    this.seq = -1; // of the run that it was made of
    this.busy = false;
    /** @type {RunSummary | null} */
    this.latest = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  /** Whether something of a run is left to be mended. @param {RunSummary} run */
  static isFor({ state, left = 0 }) {
    return state === "FAILURE" || state === "REVOKED" || (state === "SUCCESS" && left > 0);
  }

  /** @param {RunSummary} run */
  async follow(run) {
    this.latest = run;
    if (!Offer.isFor(run) || this.busy || run.seq === this.seq) return;
    this.busy = true;
    const { seq } = run;
    let wait = BETWEEN;
    try {
      this.plan = await postPlan(this.run, {});
      this.problem = "";
      this.seq = seq;
    } catch (problem) {
      const error = /** @type {import("./api.js").ApiError} */ (problem);
      this.problem = error.message;
      if (error.status && error.status < 500) this.seq = seq;
      else wait = AGAIN;
    }
    this.changed();
    this.later = setTimeout(() => {
      this.busy = false;
      if (this.latest && this.latest.seq !== this.seq) this.follow(this.latest);
    }, wait);
  }

  /** Why there is nothing to plan; "" where there is. */
  get obstacle() {
    const { plan, problem } = this;
    if (!plan) return problem || "The plan is being made.";
    const hopeless = plan.problems.find(({ code }) => HOPELESS.includes(code));
    if (hopeless) return hopeless.message;
    return plan.ok || plan.problems.length ? "" : "Nothing of it would run.";
  }
}

/** Changing what of a run that goes on has not begun. @param {{own: import("./resubmission.js").Resubmission, run: RunSummary}} props */
export function AmendButton({ own: { planning }, run }) {
  if (deedFor(run) !== AMEND || planning.isOn) return null;
  return html`<button type="button" class="button plain run-amend" aria-label="Change what is ahead" title="Skip, hold or change tasks that have not begun (s)" onClick=${() => planning.start()}><${Icon} d=${AHEAD} /><span>Change ahead</span></button>`;
}

/** @param {{own: import("./resubmission.js").Resubmission, run: RunSummary}} props */
export function ResubmitButton({ own: { offer, planning }, run }) {
  if (!Offer.isFor(run) && !planning.isOn) return null;
  const { plan, obstacle } = offer;
  const problems = plan?.problems.length ?? 0;
  const title =
    obstacle ||
    (problems ? "Something is in its way: look at the plan" : "Look at the plan: nothing runs yet (s)");
  if (planning.isOn)
    return html`<button type="button" class="button plain run-resubmit" title="Nothing of it runs (s)" onClick=${() => planning.stop()}><span>Leave the plan</span></button>`;
  const kind = run.resolved_by ? "button plain run-resubmit" : "button run-resubmit"; // it is mended already
  return html`<button type="button" class=${kind} disabled=${obstacle !== ""} title=${title} onClick=${() => planning.start()}><${Icon} d=${ICONS.again} /><span>${plan?.label ?? "Resubmit"}</span></button>
    ${obstacle && plan && html`<span class="run-obstacle muted">${obstacle}</span>`}`;
}
