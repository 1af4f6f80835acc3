/**
 * The address is the view of a run: the tab, the open task, the picked ones, the filter, the order, and where the
 * graph is looked at. Sent to a colleague, it shows the same.
 */

import { ranged, spread } from "./ranges.js";
import { STATES } from "./states.js";

const LONGEST = 1500; // characters of picked indexes; more are not worth an address
const MOST = 100; // open cards
const LONGEST_CARD = 300; // characters
export const MOST_SHOWN = 20; // tasks that a folded graph shows by themselves; the server takes no more

/** What a folded graph can be asked to tell from its like. */
export const APART = /** @type {const} */ (["failed", "retried"]);

/** @typedef {"graph" | "timeline" | "table"} Tab */

/**
 * @typedef {object} Place
 * @property {string | null} node  whose detail is open
 * @property {Tab | null} tab
 * @property {string | null} at  what part of the graph is seen
 * @property {string[]} states  the table shows these alone; none means all
 * @property {string | null} task  the table shows those of this name alone
 * @property {string | null} worker  and of this worker
 * @property {string} text  what is looked for
 * @property {string | null} errors  the error whose tasks are shown, of the panel that lists them
 * @property {string | null} sort  a column, after a minus when descending: of the table, and of the cells
 * @property {number[]} picked  indexes
 * @property {number | null} moment  that a finished run is shown at; seconds since the epoch
 * @property {string[]} open  ids of cards of a folded graph
 * @property {string[]} apart  what is not folded together with its like, of `APART`
 * @property {number[]} shown  indexes of tasks that are cards of their own, with what hangs on them
 * @property {string | null} card  the one whose members are shown as cells
 * @property {string | null} by  what the cells are coloured by
 * @property {string | null} plan  what of the run is to be run again, while that is planned
 */

/** @returns {Place} */
export function readPlace() {
  const said = new URLSearchParams(location.hash.slice(1));
  const tab = said.get("tab");
  const states = said.get("state")?.split(",") ?? [];
  return {
    node: said.get("node"),
    tab: tab === "table" || tab === "timeline" || tab === "graph" ? tab : null,
    at: said.get("at"),
    states: STATES.filter((state) => states.includes(state)),
    task: said.get("task"),
    worker: said.get("worker"),
    text: said.get("q") ?? "",
    errors: said.get("errors"),
    sort: said.get("sort"),
    moment: momentOf(said.get("t")),
    picked: spread(said.get("picked") ?? ""),
    open: said.get("open")?.split(",").map(plain).filter(isCard).slice(0, MOST) ?? [],
    apart: APART.filter((each) => said.get("apart")?.split(",").includes(each)),
    shown: spread(said.get("show") ?? "").slice(0, MOST_SHOWN),
    card: [said.get("card") ?? ""].find(isCard) ?? null,
    by: said.get("by"),
    plan: said.get("plan") ?? asked(),
  };
}

/**
 * @param {Place} place
 * @param {{push?: boolean}} [how]  push makes a step that Back undoes
 */
export function writePlace(place, { push = false } = {}) {
  const {
    node,
    tab,
    at,
    states,
    task,
    worker,
    text,
    errors,
    sort,
    moment,
    picked,
    open,
    apart,
    shown,
    card,
    by,
    plan,
  } = place;
  const ranges = ranged(picked);
  const kept = ranges.length <= LONGEST ? ranges : "";
  const parts = {
    node,
    tab,
    at,
    state: states.join(),
    task,
    worker,
    q: text,
    errors,
    sort,
    t: moment === null ? null : moment.toFixed(3),
    picked: kept,
    open: open.map(encodeURIComponent).join(),
    apart: apart.join(),
    show: ranged(shown),
    card,
    by,
    plan,
  };
  const said = new URLSearchParams();
  for (const [key, value] of Object.entries(parts)) if (value) said.set(key, value);
  const hash = said.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%3B", ";");
  const address = `${location.pathname}${hash ? `#${hash}` : ""}`;
  if (hash === location.hash.slice(1) && !location.search) return;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

/** A folded graph goes down in a window so narrow. */
export const narrow = matchMedia("(max-width: 720px)");

/** What of the graph is asked for. @param {Place} place @returns {import("./types.js").Wanted} */
export function wantedOf({ open, apart, shown }) {
  return { open, apart, shown, down: narrow.matches };
}

/** A link from elsewhere says `?plan=`. */
function asked() {
  const plan = new URLSearchParams(location.search).get("plan");
  return plan === "" ? "failed" : plan;
}

/** @param {string | null} text */
function momentOf(text) {
  return text !== null && /^\d{1,11}(\.\d{1,3})?$/.test(text) ? Number(text) : null;
}

/** What was escaped within the address. @param {string} text */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // nothing that we wrote
  }
}

/** Whether the server would take it for the id of a card. @param {string} text */
function isCard(text) {
  return text.length > 0 && text.length <= LONGEST_CARD && !text.includes("\0");
}
