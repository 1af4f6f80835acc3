/**
 * What is planned: a new run that mends one which is over, or changes to the part of a run that has not begun.
 *
 * Both are chosen and painted in the same way; they differ in what the server is asked, and in what follows.
 */

import { postAmend, postAmendment, postPlan, postResubmit } from "./api.js";
import { AHEAD, FAILED, wired, wiredChange } from "./choice.js";
import { several } from "./planwords.js";
import { toast } from "./shell.js";
import { isLive, STATES } from "./states.js";

const PENDING = STATES.indexOf("PENDING");

/**
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {import("./run.js").RunPage} RunPage
 * @typedef {import("./types.js").Plan} Plan
 *
 * @typedef {object} Deed
 * @property {string} title
 * @property {Choice} first  what is proposed
 * @property {ReadonlyArray<readonly [name: string, look: string, said: string]>} counted
 * @property {(page: RunPage, choice: Choice) => Plan | null} blank  the plan while nothing is chosen
 * @property {(page: RunPage, choice: Choice, signal: AbortSignal) => Promise<Plan>} ask
 * @property {(page: RunPage, choice: Choice, told: {hash: string, why: string | null}) => Promise<string | null>} send  the run to go to
 */

/** @type {Deed} */
export const RESUBMIT = {
  title: "Resubmit",
  first: FAILED,
  counted: [
    ["run", "RUN", "run again"],
    ["standby", "STANDBY", "stand by: they run if what they are for fails"],
    ["reuse", "REUSED", "reused: their results are taken over"],
    ["keep", "KEPT", "stay done, with no result that is needed"],
    ["force", "FORCED", "are marked as succeeded"],
    ["skip", "SKIPPED", "are skipped"],
    ["left", "LEFT", "are left out"],
  ],
  blank: () => null,
  ask: (page, choice, signal) => postPlan(page.id, wired(choice, idOf(page)), signal),
  send: async (page, choice, told) =>
    (await postResubmit(page.id, { choice: wired(choice, idOf(page)), ...told })).run,
};

/** @type {Deed} */
export const AMEND = {
  title: "Change ahead",
  first: AHEAD,
  counted: [
    ["ahead", "PENDING", "may still be changed"],
    ["past", "SUCCESS", "have begun or are over"],
    ["edit", "PENDING", "get other arguments or options"],
    ["skip", "SKIPPED", "are skipped, and what waits for them"],
    ["hold", "HELD", "are held until somebody releases them"],
    ["release", "PENDING", "are released"],
  ],
  blank: frontier,
  ask: async (page, choice, signal) => {
    const {
      hash,
      ok,
      problems,
      warnings,
      touched,
      frontier: ends,
    } = await postAmendment(page.id, wiredChange(choice, idOf(page)), signal);
    const local = frontier(page, choice);
    const counts = { ...local.counts, ...ends };
    return { ...local, hash, ok, problems, warnings, counts, label: `Change ${several(touched)}` };
  },
  send: async (page, choice, told) => {
    const { touched } = await postAmend(page.id, { change: wiredChange(choice, idOf(page)), ...told });
    toast(`Changed ${several(touched)}.`);
    return null;
  },
};

/** What can be planned for a run as it is. @param {import("./types.js").RunSummary | null} run */
export function deedFor(run) {
  return run?.kind === "conducted" && isLive(run.state) ? AMEND : RESUBMIT;
}

/** @param {RunPage} page */
const idOf = (page) => (/** @type {number} */ index) => page.state.nodes.id(index);

/**
 * What is past, what may still be changed, and what would be, as far as the page knows.
 * @param {RunPage} page
 * @param {Choice} choice
 * @returns {Plan}
 */
function frontier(page, choice) {
  const { codes, nodes } = page.state;
  const [skip, hold, release] = [choice.skip, choice.hold, choice.release].map((list) => new Set(list));
  const counts = { past: 0, ahead: 0, edit: new Set(choice.edits.flatMap((each) => each.nodes)).size };
  let actions = "";
  for (let index = 0; index < codes.length; index += 1) {
    const isAhead = codes[index] === PENDING;
    if (!nodes.isTask(index)) actions += "j";
    else if (!isAhead) actions += "p";
    else if (skip.has(index)) actions += "s";
    else if (hold.has(index) || (page.looks.isHeld(index) && !release.has(index))) actions += "h";
    else actions += "a";
    if (nodes.isTask(index)) counts[isAhead ? "ahead" : "past"] += 1;
  }
  return {
    run: page.id,
    hash: "",
    ok: false,
    counts: { ...counts, skip: skip.size, hold: hold.size, release: release.size },
    of: {},
    label: "Change nothing",
    actions,
    needed: [],
    changed: [],
    problems: [],
    warnings: [],
    resubmissions: [],
  };
}
