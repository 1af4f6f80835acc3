/** The favicon: the mark, its dots in the worst state of the runs that are going. */

import { worst } from "./states.js";

const STALKS =
  "M16 29C16 22 10 18 5 13M16 29C16 20 12.500 14 10.500 8M16 29V6M16 29C16 20 19.500 14 21.500 8M16 29C16 22 22 18 27 13";
const DOTS = [
  [4.5, 12.5],
  [10, 6.8],
  [16, 4.5],
  [22, 6.8],
  [27.5, 12.5],
];
/** Fills that can be told apart on light and dark tabs. @type {Record<string, string>} */
const FILLS = {
  PENDING: "#8592a6",
  RUNNING: "#0b63ce",
  RETRY: "#ffb000",
  REVOKED: "#64748b",
  FAILURE: "#d3162b",
};
const GREEN = "#5c8a1e";

/**
 * @param {Iterable<{state: string, counts: Record<string, number>}>} runs
 */
export function paintFavicon(runs) {
  const state = worst(runs);
  const fill = state ? FILLS[state] : GREEN;
  const dots = DOTS.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="3.400"/>`).join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="${STALKS}" fill="none" stroke="${state ? fill : GREEN}" stroke-width="2.600" stroke-linecap="round"/><g fill="${fill}">${dots}</g></svg>`;
  const href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const link = document.querySelector("link[rel=icon]");
  if (link instanceof HTMLLinkElement && link.href !== href) link.href = href;
}
