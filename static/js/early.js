/**
 * The graph of a run, asked for before the rest of its page is here: it takes the server as long as the browser takes to
 * load the other modules.
 */

import { getGraph } from "./api.js";
import { readPlace } from "./view.js";

export const RUN = decodeURIComponent(location.pathname.split("/")[2] ?? "");

const opened = readPlace().open.join("\n");
/** @type {Promise<import("./types.js").RunGraph> | null} */
let first = getGraph(RUN, readPlace().open);
first.catch(() => null); // whoever takes it is told

/**
 * What was asked for early, to the first who wants just that.
 * @param {string} run
 * @param {string[]} cards  that are open
 */
export function takeGraph(run, cards) {
  const taken = run === RUN && cards.join("\n") === opened ? first : null;
  first = null;
  return taken ?? getGraph(run, cards);
}
