/** What every page has: theme, search, keyboard, freshness. Pages import it; the error page runs it alone. */

import { Keys, ShortcutsDialog } from "./keys.js";
import { bindTheme } from "./theme.js";
import { clock, span } from "./time.js";

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
search.addEventListener("submit", (event) => {
  event.preventDefault();
  const id = String(new FormData(search).get("task") ?? "").trim();
  if (id) location.assign(`/task/${encodeURIComponent(id)}`);
});
keys.add(
  {
    keys: ["/"],
    does: "Go to a task by its id",
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
  const text = fresh.querySelector(".fresh-text") ?? fresh;
  return live.onfresh((now) => {
    fresh.dataset.fresh = now.is;
    document.body.dataset.fresh = now.is;
    const said = say(now);
    if (text.textContent !== said.text) text.textContent = said.text;
    fresh.title = said.title;
  });
}

/** @param {import("./live.js").Freshness} fresh */
function say({ is, since, lag }) {
  if (is === "connecting") return { text: "Connecting", title: "The page asks the server for live changes." };
  if (is === "stale") {
    return {
      text: `Stale since ${clock(since ?? 0)}`,
      title:
        "The link to the server is down. What you see is kept, and follows by itself once the link is back.",
    };
  }
  if (is === "quiet") {
    const when = since === null ? "not heard yet" : `silent since ${clock(since)}`;
    return {
      text: `Conductor ${when}`,
      title:
        "The server answers, but the conductor, which watches Celery, does not report. Start it: umbel conductor",
    };
  }
  if (lag !== null && lag > 2)
    return { text: `${span(lag)} behind`, title: "The conductor is working through a backlog of events." };
  return { text: "Live", title: "Changes appear as they happen." };
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/** Say something in passing. @param {string} text */
export function toast(text) {
  const box = element("toast", HTMLElement);
  box.textContent = text;
  box.dataset.on = "";
  clearTimeout(fading);
  fading = setTimeout(() => delete box.dataset.on, 2400);
}
