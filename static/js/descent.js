/** What is said of where a run comes from. */

/** "2nd". @param {number} n */
export function ordinal(n) {
  const teen = n % 100 > 10 && n % 100 < 14;
  return `${n.toLocaleString("en")}${teen ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")}`;
}

/** "2nd attempt", as far as it is known. @param {import("./types.js").RunSummary} run */
export function attemptOf({ attempt = 1 }) {
  return `${attempt > 1 ? ordinal(attempt) : "another"} attempt`;
}
