/** What the HTTP interface knows of bulks: many failed runs that are resubmitted at once. */

import { call, posted } from "./api.js";

/**
 * @typedef {Record<string, string | string[]>} Chosen  which runs, as the list is asked for them
 *
 * @param {URLSearchParams} filters
 * @returns {Chosen}
 */
export function chosenBy(filters) {
  const { state, ...rest } = Object.fromEntries(filters);
  return state === undefined ? rest : { ...rest, state: filters.getAll("state") };
}

/** @param {Chosen} filter @returns {Promise<import("./types.js").BulkPreview>} */
export function planBulk(filter) {
  return call("/bulk/plan", posted({ filter }));
}

/**
 * @param {Chosen} filter
 * @param {string} hash  of what was seen
 * @param {string} why
 * @returns {Promise<{bulk: string}>}
 */
export function postBulk(filter, hash, why) {
  return call("/bulk", posted({ filter, hash, why }));
}

/** @param {number | null} before @returns {Promise<{bulks: import("./types.js").Bulk[], next: number | null}>} */
export function getBulks(before = null) {
  return call(before === null ? "/bulk" : `/bulk?before=${before}`);
}

/** @param {string} id @returns {Promise<import("./types.js").Bulk>} */
export function getBulk(id) {
  return call(`/bulk/${encodeURIComponent(id)}`);
}

/**
 * @param {string} id
 * @param {string} outcome  only those; empty: all
 * @param {number} after  a position
 * @param {number} limit
 * @returns {Promise<{items: import("./types.js").BulkItem[], next: number | null}>}
 */
export function getItems(id, outcome, after, limit) {
  const query = new URLSearchParams({ after: String(after), limit: String(limit) });
  if (outcome) query.set("outcome", outcome);
  return call(`/bulk/${encodeURIComponent(id)}/items?${query}`);
}

/** @param {string} id @returns {Promise<{stopped: number}>} */
export function stopBulk(id) {
  return call(`/bulk/${encodeURIComponent(id)}/stop`, posted({}));
}
