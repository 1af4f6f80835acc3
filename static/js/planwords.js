/** A plan in words. Pure. */

import { split } from "./names.js";
import { word } from "./states.js";

/**
 * @typedef {import("./types.js").Plan} Plan
 * @typedef {import("./nodes.js").Nodes} Nodes
 */

/** What is counted, in the order in which it is told: its look, and what is said of several. */
export const COUNTED = /** @type {const} */ ([
  ["run", "RUN", "run again"],
  ["standby", "STANDBY", "stand by: they run if what they are for fails"],
  ["reuse", "REUSED", "reused: their results are taken over"],
  ["keep", "KEPT", "stay done, with no result that is needed"],
  ["force", "FORCED", "are marked as succeeded"],
  ["skip", "SKIPPED", "are skipped"],
  ["left", "LEFT", "are left out"],
]);

/** @param {number} count @param {string} [noun] */
export function several(count, noun = "task") {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * "resize", "3 of resize", "5 tasks".
 * @param {Nodes} nodes
 * @param {Iterable<number>} indexes
 */
export function called(nodes, indexes) {
  const all = [...indexes];
  const names = new Set(all.map((index) => split(nodes.task(index)).name));
  const [name] = names;
  if (names.size !== 1) return several(all.length);
  return all.length === 1 ? name : `${name} ×${all.length.toLocaleString("en")}`;
}

/** "3 failed, 41 blocked". @param {Plan} plan */
export function ofWhat({ of }) {
  return Object.entries(of)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count.toLocaleString("en")} ${word(state)}`)
    .join(", ");
}

/**
 * What has changed from one plan of the same choice to the next.
 * @param {Plan} before
 * @param {Plan} after
 */
export function differs(before, after) {
  const known = new Set(before.resubmissions.map(({ run }) => run));
  const made = after.resubmissions.filter(({ run }) => !known.has(run));
  const parts = made.map(({ by }) => `${by ?? "somebody"} resubmitted it`);
  for (const [name, , said] of COUNTED) {
    const [was, is] = [before.counts[name] ?? 0, after.counts[name] ?? 0];
    if (was !== is)
      parts.push(`${is.toLocaleString("en")} ${said.split(":")[0]}, and not ${was.toLocaleString("en")}`);
  }
  return parts.join("; ") || "tasks of it have other states";
}
