/** Handing the browser what the table lists, as CSV or JSON: asked anew of the server, so that it is of one moment. */

import { getColumns } from "./api.js";
import { save, toCsv } from "./csv.js";

const AT_ONCE = 5000; // rows made in one go
const COLUMNS = [
  "id",
  "task",
  "state",
  "reason",
  "worker",
  "queue",
  "retries",
  "attempt",
  "sent",
  "received",
  "started",
  "finished",
  "arguments",
];
const HEAD = [
  "index",
  "id",
  "task",
  "state",
  "reason",
  "worker",
  "queue",
  "attempt",
  "sent",
  "received",
  "started",
  "finished",
  "seconds",
  "arguments",
];

/** @typedef {Record<string, any>} Row */

/** @type {Record<string, {type: string, write: (rows: Row[]) => string, head: string, between: string, foot: string}>} */
const FORMS = {
  csv: {
    type: "text/csv",
    head: toCsv([HEAD]),
    write: (rows) => toCsv(rows.map((row) => HEAD.map((name) => plain(name, row[name])))),
    between: "",
    foot: "",
  },
  json: {
    type: "application/json",
    head: "[\n",
    write: (rows) => rows.map((row) => JSON.stringify(row)).join(",\n"),
    between: ",\n",
    foot: "\n]\n",
  },
};

/**
 * @param {string} run
 * @param {number[]} shown  indexes, in order
 * @param {"csv" | "json"} form
 */
export async function saveRows(run, shown, form) {
  const { index, of } = await getColumns(run, COLUMNS);
  const places = index && new Map(index.map((each, place) => [each, place]));
  const { type, head, write, between, foot } = FORMS[form];
  const parts = [head];
  for (let from = 0; from < shown.length; from += AT_ONCE) {
    const rows = shown.slice(from, from + AT_ONCE).map((each) => row(of, each, places?.get(each) ?? each));
    parts.push(from ? between : "", write(rows));
    await new Promise((resolve) => setTimeout(resolve)); // the page stays alive
  }
  parts.push(foot);
  save(`umbel-${run.slice(0, 8)}.${form}`, new Blob(parts, { type }));
}

/**
 * @param {Record<string, import("./types.js").Column>} of
 * @param {number} index
 * @param {number} place  in the columns
 * @returns {Row}
 */
function row(of, index, place) {
  const got = (/** @type {string} */ name) => {
    const { values, codes } = of[name];
    return (codes ? values[codes[place]] : values[place]) ?? null;
  };
  const [started, finished] = [got("started"), got("finished")];
  /** @type {Row} */
  const made = Object.fromEntries(HEAD.map((name) => [name, name in of ? got(name) : null]));
  made.index = index;
  made.attempt = got("retries") + got("attempt") + 1;
  if (started !== null && finished !== null) made.seconds = Math.round(1000 * (finished - started)) / 1000;
  return made;
}

/**
 * Times as ISO 8601 writes them, and seconds to the millisecond.
 * @param {string} name
 * @param {any} value
 */
function plain(name, value) {
  if (value === null) return value;
  if (name === "seconds") return value.toFixed(3);
  return ["sent", "received", "started", "finished"].includes(name)
    ? new Date(value * 1000).toISOString()
    : value;
}
