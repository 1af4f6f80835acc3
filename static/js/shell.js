/** What every page has: theme, search, keyboard, freshness. Pages import it; the error page runs it alone. */

import { whereIs } from "./find.js";
import { bindFreshness } from "./freshness.js";
import { Keys, ShortcutsDialog } from "./keys.js";
import { bindLogout } from "./session.js";
import { bindTheme } from "./theme.js";

/** @template {Element} T @param {string} id @param {new () => T} kind @returns {T} */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id}.`);
  return found;
}

export const keys = new Keys();
const dialog = new ShortcutsDialog(element("shortcuts", HTMLDialogElement), keys);
const search = element("search", HTMLFormElement);
const fresh = element("fresh", HTMLElement);

bindTheme(element("theme", HTMLButtonElement));
element("shortcuts-open", HTMLButtonElement).addEventListener("click", () => dialog.open());
bindLogout(document.getElementById("logout"));
search.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = String(new FormData(search).get("q") ?? "").trim();
  if (!text) return;
  try {
    location.assign(await whereIs(text));
  } catch (problem) {
    toast(/** @type {Error} */ (problem).message);
  }
});
keys.add(
  {
    keys: ["/"],
    does: "Find a task or run by id or text",
    run: (event) => {
      event.preventDefault();
      search.querySelector("input")?.focus();
    },
  },
  { keys: ["?"], does: "Show these shortcuts", run: () => dialog.open() },
);
search.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
});
keys.start();
fresh.dataset.fresh = "none";

/**
 * Show in the top bar how fresh the page is.
 * @param {import("./live.js").Live} live
 * @returns {() => void}
 */
export function showFreshness(live) {
  return bindFreshness(fresh, element("fresh-more", HTMLElement), live);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/** Say something in passing. @param {string} text */
export function toast(text) {
  const box = element("toast", HTMLElement);
  box.textContent = text;
  box.dataset.on = "";
  clearTimeout(fading);
  fading = setTimeout(() => delete box.dataset.on, Math.max(2400, 60 * text.length)); // as long as it takes to read
}
