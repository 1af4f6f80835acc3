/** The rules of a task, or the defaults of a run, in words. */

import { span } from "./time.js";

const WHEN = /** @type {Record<string, string>} */ ({
  all_success: "all before it succeeded",
  all_done: "all before it ended, however",
  any_failed: "all before it ended, and one failed",
});

const LOST = /** @type {Record<string, string>} */ ({ fail: "it fails", resend: "it is sent again" });

/**
 * @param {import("./types.js").Rules | null | undefined} rules
 * @returns {Array<[string, unknown]>}
 */
export function ruleRows(rules) {
  if (!rules) return [];
  const { run_when: when, retry, timeout, on_lost: lost, lock } = rules;
  return [
    ["Runs when", when && (WHEN[when] ?? when)],
    ["Retry", retry && retrying(retry)],
    ["Timeout", timeout && `${chosen(timeout)} from sent to done`],
    ["If lost", lost && (LOST[lost] ?? lost)],
    ["Lock", lock],
  ];
}

/** A span that somebody chose, without what is nought: "2 s", "1m". @param {number} seconds */
export function chosen(seconds) {
  return span(seconds)
    .replace(/\.0 s$/, " s")
    .replace(/ 00?[smh]$/, "");
}

/** @param {{max: number, backoff?: number, jitter?: number}} retry */
function retrying({ max, backoff = 1, jitter = 0 }) {
  const times = max === 1 ? "once more" : `up to ${max} times more`;
  const less = jitter ? `, up to ${Math.round(jitter * 100)} % sooner` : "";
  return `${times}, after ${chosen(backoff)}${max > 1 ? ", doubled each time" : ""}${less}`;
}
