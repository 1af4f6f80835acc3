/**
 * Which runs the list shows, as the address says it: kept there, so that a link or a bookmark is the same list. Pure.
 *
 * The server filters. What the page can judge by itself, it applies to live updates at once; for the rest it asks again.
 */

import { split } from "./names.js";

export const RUN_STATES = ["RUNNING", "FAILURE", "SUCCESS", "PENDING", "REVOKED"];
/** Ages in seconds, and how a person says them. @type {Array<[number, string]>} */
export const AGES = [
  [900, "Last 15 minutes"],
  [3600, "Last hour"],
  [86400, "Last 24 hours"],
  [604800, "Last 7 days"],
];
/** How a run is run, and how a person says it. @type {Array<[string, string]>} */
export const KINDS = [
  ["conducted", "Conducted"],
  ["native", "Native"],
  ["inferred", "Inferred"],
];
const TEXTS = /** @type {const} */ (["name", "task", "worker", "q", "id", "kind", "error"]);

/**
 * @typedef {object} Filters
 * @property {string[]} states
 * @property {string} name  part of the run's name
 * @property {string} task  a task's whole name
 * @property {string} worker
 * @property {string} q  part of a name or an exception
 * @property {string} id  of a run, a task or a root, or how it begins
 * @property {string} kind
 * @property {string} error  the heading of one
 * @property {boolean | null} resolved  a later run made good what failed
 * @property {boolean | null} superseded  another attempt was made of it
 * @property {number | null} last  not older than that many seconds
 * @property {number | null} since
 * @property {number | null} until
 * @property {boolean} singles  runs of one task too
 */

/** @returns {Filters} */
export function noFilters() {
  return {
    states: [],
    name: "",
    task: "",
    worker: "",
    q: "",
    id: "",
    kind: "",
    error: "",
    resolved: null,
    superseded: null,
    last: null,
    since: null,
    until: null,
    singles: false,
  };
}

/** @param {string} search  of an address */
export function readFilters(search) {
  const said = new URLSearchParams(search);
  const filters = noFilters();
  filters.states = RUN_STATES.filter((state) => said.getAll("state").includes(state));
  for (const key of TEXTS) filters[key] = said.get(key) ?? "";
  for (const key of /** @type {const} */ (["last", "since", "until"])) {
    const value = Number(said.get(key) ?? NaN);
    filters[key] = Number.isFinite(value) ? value : null;
  }
  filters.singles = said.get("singles") === "1";
  for (const key of /** @type {const} */ (["resolved", "superseded"]))
    if (said.has(key)) filters[key] = said.get(key) === "true";
  return filters;
}

/**
 * As the address keeps them.
 * @param {Filters} filters
 */
export function spellFilters(filters) {
  const said = new URLSearchParams();
  for (const state of filters.states) said.append("state", state);
  for (const key of TEXTS) if (filters[key]) said.set(key, filters[key]);
  for (const key of /** @type {const} */ (["last", "since", "until"]))
    if (filters[key] !== null) said.set(key, String(filters[key]));
  for (const key of /** @type {const} */ (["resolved", "superseded"]))
    if (filters[key] !== null) said.set(key, String(filters[key]));
  if (filters.singles) said.set("singles", "1");
  return said;
}

/**
 * As the server is asked.
 * @param {Filters} filters
 * @param {number} now
 */
export function askFilters(filters, now) {
  const asked = spellFilters(filters);
  asked.delete("last");
  if (filters.last !== null) asked.set("since", (now - filters.last).toFixed(3));
  return asked;
}

/** Anything is left out, but for single tasks. @param {Filters} filters */
export function isFiltered(filters) {
  return spellFilters({ ...filters, singles: false }).size > 0;
}

/**
 * Whether a run that has changed belongs to the list; null when only the server can tell.
 * @param {import("./types.js").RunSummary} run
 * @param {Filters} filters
 * @param {number} now
 * @returns {boolean | null}
 */
export function fits(run, filters, now) {
  const { states, name, kind, last, since, until, singles, resolved } = filters;
  if (states.length && !states.includes(run.state)) return false;
  if (name && !run.name.toLowerCase().includes(name.toLowerCase())) return false;
  if (kind && run.kind !== kind) return false;
  if (last !== null && run.created < now - last) return false;
  if ((since !== null && run.created < since) || (until !== null && run.created > until)) return false;
  if (!singles && isSingle(run)) return false;
  if (resolved !== null && resolved !== isResolved(run)) return false;
  return ["task", "worker", "q", "id", "error"].some((key) => filters[/** @type {"q"} */ (key)])
    ? null
    : true;
}

/** A later run made good what failed. @param {import("./types.js").RunSummary} run */
export function isResolved(run) {
  return (run.resolved_by ?? null) !== null;
}

/** A task that was sent by itself. @param {import("./types.js").RunSummary} run */
export function isSingle(run) {
  return run.single ?? (run.kind === "inferred" && run.nodes === 1);
}

/**
 * The filters that have no field of their own, to be shown and taken away.
 * @param {Filters} filters
 * @returns {Array<{keys: Array<keyof Filters>, text: string}>}
 */
export function extraFilters({ name, id, error, resolved }) {
  /** @type {Array<{keys: Array<keyof Filters>, text: string}>} */
  const found = [];
  if (id) found.push({ keys: ["id"], text: `id ${id}` });
  if (name) found.push({ keys: ["name"], text: `name has ${split(name).name}` });
  if (error) found.push({ keys: ["error"], text: error });
  if (resolved) found.push({ keys: ["resolved"], text: "resolved" });
  return found;
}

/** A moment as a date field of the browser spells it, on this person's clock. @param {number | null} at */
export function spellMoment(at) {
  if (at === null) return "";
  const there = new Date(at * 1000);
  if (Number.isNaN(there.getTime())) return "";
  return new Date(there.getTime() - there.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** What such a field says; null when it is empty. @param {string} text */
export function parseMoment(text) {
  const at = text ? new Date(text).getTime() / 1000 : NaN;
  return Number.isFinite(at) ? at : null;
}
