/**
 * The search box: whatever somebody pastes into it leads to where it is.
 *
 * What looks like an id, or how one begins, is looked for among all tasks and runs; one hit is opened, several are listed. Any
 * other text, and an id that nobody has seen, filters the list of runs.
 */

import { findTask, getRows, getRuns } from "./api.js";

const SHORTEST = 8; // characters of an id's beginning
const ID = /^[^\s/?#]+$/;

/**
 * @param {string} text
 * @returns {Promise<string>}  the address to go to
 */
export async function whereIs(text) {
  const listed = `/?${new URLSearchParams({ q: text, singles: "1" })}`;
  if (text.length < SHORTEST || !ID.test(text)) return listed;
  const { nodes } = await findTask(text);
  if (nodes.length) {
    const { run, index } = nodes[0];
    const { id } = (await getRows(run, index - 1, 1)).nodes[0] ?? {};
    // A task may have run in several runs, of which this is the newest; how several ids begin is a list.
    if (id !== undefined && (nodes.length === 1 || id === text)) {
      return `/runs/${encodeURIComponent(run)}#node=${encodeURIComponent(id)}`;
    }
  }
  const { runs } = await getRuns(new URLSearchParams({ id: text, singles: "1" }));
  if (runs.length === 1) return `/runs/${encodeURIComponent(runs[0].id)}`;
  if (runs.length) return `/?${new URLSearchParams({ id: text, singles: "1" })}`;
  return listed;
}
