/** The HTTP interface: JSON in, JSON out, one error shape. */

import { logInAgain } from "./session.js";

/** What the server refused, in its own words. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {string} code
   * @param {number} status  0 when no answer came
   * @param {Record<string, any>} [said]  all that the server said of it
   */
  constructor(message, code, status, said = {}) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.status = status;
    this.said = said;
    /** The tasks because of which it refuses. @type {any[]} */
    this.nodes = Array.isArray(said.nodes) ? said.nodes : [];
  }
}

/**
 * @param {string} path  below /api/v1, already escaped
 * @param {RequestInit} [init]
 * @returns {Promise<any>}
 */
export async function call(path, init) {
  const response = await ask(path, init);
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw refusal(response, body);
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function ask(path, init) {
  let response;
  try {
    response = await fetch(`/api/v1${path}`, { headers: { Accept: "application/json" }, ...init });
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new ApiError("The server cannot be reached.", "unreachable", 0);
  }
  if (response.status === 401) logInAgain();
  return response;
}

/**
 * @param {Response} response
 * @param {any} body
 */
function refusal(response, body) {
  const said = body?.error ?? {};
  const message = said.message ?? `The server answered ${response.status}.`;
  return new ApiError(message, said.code ?? "unknown", response.status, said);
}

/**
 * @param {URLSearchParams} filters
 * @param {string | null} [before]
 * @param {number} [limit]
 * @returns {Promise<import("./types.js").RunsPage>}
 */
export function getRuns(filters, before = null, limit = 100) {
  const query = new URLSearchParams(filters);
  query.set("limit", String(limit));
  if (before !== null) query.set("before", before);
  return call(`/runs?${query}`);
}

/**
 * How many runs stand in each column of the board.
 * @param {URLSearchParams} filters
 * @returns {Promise<import("./types.js").BoardCounts>}
 */
export function getBoard(filters) {
  return call(`/board?${filters}`);
}

/**
 * Which errors runs have.
 * @param {URLSearchParams} filters
 * @returns {Promise<{errors: import("./types.js").CommonError[], more: number}>}
 */
export function getErrors(filters) {
  return call(`/errors?${filters}`);
}

/** The names that filters suggest. @returns {Promise<{tasks: string[], workers: string[]}>} */
export function getNames() {
  return call("/names");
}

/**
 * Where a task id, or one that begins so, occurs.
 * @param {string} id
 * @returns {Promise<{nodes: Array<{run: string, index: number}>}>}
 */
export function findTask(id) {
  return call(`/nodes/${encodeURIComponent(id)}`);
}

/**
 * @param {string} run
 * @param {import("./types.js").Wanted} wanted
 * @returns {Promise<import("./types.js").RunGraph>}
 */
export function getGraph(run, { open, apart, shown, down }) {
  const pairs = [
    ...open.map((card) => ["open", card]),
    ...apart.map((what) => ["apart", what]),
    ...shown.map((index) => ["show", String(index)]),
    ...(down ? [["down", "true"]] : []),
  ];
  const query = new URLSearchParams(pairs).toString();
  return call(`/runs/${encodeURIComponent(run)}/graph${query && `?${query}`}`);
}

/**
 * @param {string} run
 * @param {string[]} of  names of columns
 * @param {number} [since]  only of nodes that have changed after that
 * @returns {Promise<import("./types.js").Columns>}
 */
export function getColumns(run, of, since = 0) {
  return call(`/runs/${encodeURIComponent(run)}/columns?of=${of.join()}&since=${since}`);
}

/**
 * What decided how long a run took, and how long it may still take.
 * @param {string} run
 * @returns {Promise<import("./types.js").Timeline>}
 */
export function getTimeline(run) {
  return call(`/runs/${encodeURIComponent(run)}/timeline`);
}

/**
 * @param {string} run
 * @returns {Promise<import("./types.js").EdgeColumns>}
 */
export function getEdges(run) {
  return call(`/runs/${encodeURIComponent(run)}/edges`);
}

/**
 * @param {string} run
 * @param {string} node
 * @param {AbortSignal} signal
 * @returns {Promise<import("./types.js").NodeDetail>}
 */
export function getNode(run, node, signal) {
  return call(`/runs/${encodeURIComponent(run)}/nodes/${encodeURIComponent(node)}`, { signal });
}

/**
 * A value as whole as it is kept.
 * @param {string} run
 * @param {string} node
 * @param {string} field
 * @returns {Promise<{value: unknown, size: number, cut: boolean}>}
 */
export function getValue(run, node, field) {
  return call(`/runs/${encodeURIComponent(run)}/nodes/${encodeURIComponent(node)}/value/${field}`);
}

/**
 * @param {string} run
 * @param {number} after  an index
 * @param {number} limit
 * @returns {Promise<{nodes: import("./types.js").NodeRow[], next: number | null}>}
 */
export function getRows(run, after, limit) {
  return call(`/runs/${encodeURIComponent(run)}/nodes?after=${after}&limit=${limit}`);
}

/**
 * A run as a file.
 * @param {string} run
 * @param {string} format
 */
export async function getExport(run, format) {
  const response = await ask(`/runs/${encodeURIComponent(run)}/export?format=${format}`, { headers: {} });
  if (response.ok) return response.blob();
  throw refusal(response, await response.json().catch(() => null));
}

/**
 * @param {string} run
 * @param {string[] | null} nodes  null is all that are not over
 * @param {boolean} terminate
 * @returns {Promise<{results: import("./types.js").Outcome[]}>}
 */
export function postRevoke(run, nodes, terminate) {
  return call(`/runs/${encodeURIComponent(run)}/revoke`, posted({ nodes, terminate }));
}

/**
 * @param {string} run
 * @param {string} text
 * @param {AbortSignal} signal
 * @returns {Promise<import("./types.js").RunSearch>}
 */
export function findIn(run, text, signal) {
  const query = new URLSearchParams({ q: text });
  return call(`/runs/${encodeURIComponent(run)}/search?${query}`, { signal });
}

/** @param {string} run @returns {Promise<import("./types.js").Failures>} */
export function getFailures(run) {
  return call(`/runs/${encodeURIComponent(run)}/failures`);
}

/** @param {string} run @returns {Promise<import("./types.js").RunSummary>} */
export function getRun(run) {
  return call(`/runs/${encodeURIComponent(run)}`);
}

/**
 * What was done to a run, by whom.
 * @param {string} run
 * @returns {Promise<{actions: import("./types.js").Action[]}>}
 */
export function getActions(run) {
  return call(`/runs/${encodeURIComponent(run)}/actions`);
}

/**
 * What people did, the last first.
 * @param {string} run  only to this one; empty: to all
 * @param {string | null} after  `next` of the page before
 * @returns {Promise<{actions: import("./done.js").Deed[], next: string | null}>}
 */
export function getTrail(run, after) {
  const query = new URLSearchParams();
  if (run) query.set("run", run);
  if (after !== null) query.set("after", after);
  return call(`/actions?${query}`);
}

/**
 * @param {string} run  a conducted one
 * @param {"pause" | "resume" | "cancel"} action
 * @param {{terminate?: boolean}} [how]
 * @returns {Promise<unknown>}
 */
export function postControl(run, action, how = {}) {
  return call(`/runs/${encodeURIComponent(run)}/${action}`, posted(how));
}

/**
 * Run it once more, conducted.
 * @param {string} run
 * @returns {Promise<{run: string}>}
 */
export function postAgain(run) {
  return call(`/runs/${encodeURIComponent(run)}/again`, posted({}));
}

/**
 * What would be run again, and what would be taken over.
 * @param {string} run
 * @param {object} choice
 * @param {AbortSignal} [signal]
 * @returns {Promise<import("./types.js").Plan>}
 */
export function postPlan(run, choice, signal) {
  return call(`/runs/${encodeURIComponent(run)}/plan`, { ...posted(choice), signal });
}

/**
 * Make a new run as planned; refused where the plan would be another one by now.
 * @param {string} run
 * @param {{choice: object, hash: string, why: string | null}} plan
 * @returns {Promise<{run: string, nodes: number}>}
 */
export function postResubmit(run, plan) {
  return call(`/runs/${encodeURIComponent(run)}/resubmit`, posted(plan));
}

/**
 * The line of runs that were made one of another, oldest first.
 * @param {string} run
 * @returns {Promise<{runs: import("./types.js").Attempted[]}>}
 */
export function getLineage(run) {
  return call(`/runs/${encodeURIComponent(run)}/lineage`);
}

/**
 * What a change to the part of a run that has not begun would touch.
 * @param {string} run
 * @param {object} change
 * @param {AbortSignal} [signal]
 * @returns {Promise<{hash: string, ok: boolean, problems: import("./types.js").Trouble[], warnings: import("./types.js").Trouble[], touched: number, frontier: {past: number, ahead: number}}>}
 */
export function postAmendment(run, change, signal) {
  return call(`/runs/${encodeURIComponent(run)}/amendment`, { ...posted(change), signal });
}

/**
 * Change it, all of it or nothing.
 * @param {string} run
 * @param {{change: object, hash: string, why: string | null}} amendment
 * @returns {Promise<{touched: number}>}
 */
export function postAmend(run, amendment) {
  return call(`/runs/${encodeURIComponent(run)}/amend`, posted(amendment));
}

/** @param {unknown} body @returns {RequestInit} */
export function posted(body) {
  const headers = { Accept: "application/json", "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/** @returns {Promise<{workflows: import("./types.js").DemoWorkflow[]}>} */
export function getDemo() {
  return call("/demo");
}

/**
 * Start a workflow of the demo.
 * @param {string} name
 * @param {{conducted?: boolean}} [how]
 * @returns {Promise<{run?: string, task_id?: string}>}
 */
export function startDemo(name, { conducted = false } = {}) {
  return call(`/demo/${encodeURIComponent(name)}`, posted(conducted ? { conducted } : {}));
}
