/**
 * The graph of a run, asked for before the rest of its page is here: it takes the server as long as the browser takes to
 * load the other modules.
 */

import { getGraph } from "./api.js";
import { readPlace, wantedOf } from "./view.js";

export const RUN = decodeURIComponent(location.pathname.split("/")[2] ?? "");

const asked = wantedOf(readPlace());
/** @type {Promise<import("./types.js").RunGraph> | null} */
let first = getGraph(RUN, asked);
first.catch(() => null); // whoever takes it is told

/**
 * What was asked for early, to the first who wants just that.
 * @param {string} run
 * @param {import("./types.js").Wanted} wanted
 */
export function takeGraph(run, wanted) {
  const taken = run === RUN && JSON.stringify(wanted) === JSON.stringify(asked) ? first : null;
  first = null;
  return taken ?? getGraph(run, wanted);
}
