/** The address is the view: which task is open, which tab, and where the graph is looked at. */

/** @typedef {{node: string | null, tab: "graph" | "table" | null, at: string | null}} Place */

/** @returns {Place} */
export function readPlace() {
  const said = new URLSearchParams(location.hash.slice(1));
  const tab = said.get("tab");
  return { node: said.get("node"), tab: tab === "table" || tab === "graph" ? tab : null, at: said.get("at") };
}

/**
 * @param {Place} place
 * @param {{push?: boolean}} [how]  push makes a step that Back undoes
 */
export function writePlace(place, { push = false } = {}) {
  const said = new URLSearchParams();
  for (const [key, value] of Object.entries(place)) if (value) said.set(key, value);
  const hash = said.toString().replaceAll("%2C", ",");
  const address = `${location.pathname}${location.search}${hash ? `#${hash}` : ""}`;
  if (hash === location.hash.slice(1)) return;
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
