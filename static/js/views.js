/** The list and the board show the same runs: going from one to the other keeps the filter. */

import { spellFilters } from "./filters.js";

/** @param {import("./filters.js").Filters} filters */
export function carry(filters) {
  const said = spellFilters({ ...filters, states: [], resolved: null, superseded: null }).toString();
  for (const link of document.querySelectorAll("a[data-view]")) {
    const path = link instanceof HTMLAnchorElement ? link.dataset.view : undefined;
    if (path) link.setAttribute("href", said ? `${path}?${said}` : path);
  }
}
