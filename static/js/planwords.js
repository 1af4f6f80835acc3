/** A plan in words. Pure. */

import { split } from "./names.js";
import { word } from "./states.js";

/**
 * @typedef {import("./types.js").Plan} Plan
 * @typedef {import("./nodes.js").Nodes} Nodes
 */

/** What may have become more or less. */
const SAID = /** @type {const} */ ([
  ["run", "would run again"],
  ["reuse", "would be reused"],
  ["keep", "would stay done"],
  ["skip", "would be skipped"],
  ["left", "would be left out"],
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
  const names = new Set(
    all.map((index) => (nodes.id(index) ? split(nodes.task(index)).name : "a task that is not there")),
  );
  const [name] = names;
  if (names.size !== 1) return several(all.length);
  return all.length === 1 ? name : `${name} ×${all.length.toLocaleString("en")}`;
}

/** "3 failed, 41 blocked". @param {Plan} plan */
export function ofWhat({ of }) {
  const states = ["FAILURE", "REVOKED", "BLOCKED"];
  return [...states, ...Object.keys(of).filter((state) => !states.includes(state))]
    .filter((state) => of[state] > 0)
    .map((state) => `${of[state].toLocaleString("en")} ${word(state)}`)
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
  for (const [name, said] of SAID) {
    const [was, is] = [before.counts[name] ?? 0, after.counts[name] ?? 0];
    if (was !== is) parts.push(`${several(is)} ${said}, and not ${was.toLocaleString("en")}`);
  }
  return parts.join("; ") || "tasks of it have other states";
}
