/** How fresh the page is, in the top bar: a word, and on request what it means and what to do about it. */

import { html, render } from "htm/preact";
import { Code, Elapsed } from "./parts.js";
import { clock, span } from "./time.js";

const BEHIND = 2; // seconds of lag from which on it is told

/** @typedef {import("./live.js").Freshness} Freshness */

/**
 * @param {HTMLElement} button
 * @param {HTMLElement} more  the popover
 * @param {import("./live.js").Live} live
 * @returns {() => void}  the unbinder
 */
export function bindFreshness(button, more, live) {
  const text = button.querySelector(".fresh-text") ?? button;
  return live.onfresh((fresh) => {
    const { word, title, body } = say(fresh);
    button.dataset.fresh = word.endsWith("behind") ? "behind" : fresh.is;
    document.body.dataset.fresh = fresh.is;
    if (text.textContent !== word) text.textContent = word;
    button.title = title;
    render(html`<h2>${title}</h2>${body}`, more);
  });
}

/** @param {Freshness} fresh */
function say({ is, since, lag }) {
  if (is === "connecting")
    return {
      word: "Connecting",
      title: "Connecting to the server",
      body: html`<p>The page asks the server for live changes.</p>`,
    };
  if (is === "stale")
    return {
      word: `Stale since ${clock(since ?? 0)}`,
      title: "The link to the server is down",
      body: html`<p>What you see is kept as it was at ${clock(since ?? 0)}, and follows by itself once the link is back. If it stays away, see whether the server still runs:</p>
        <${Code} text="umbel web" />`,
    };
  if (is === "quiet") return quiet(since);
  if (lag !== null && lag > BEHIND)
    return {
      word: `${span(lag)} behind`,
      title: `The conductor is ${span(lag)} behind`,
      body: html`<p>It works through a backlog of events, and what you see is as it was ${span(lag)} ago. It catches up by itself when fewer events come; if it falls further behind, its machine or its database is too slow for them.</p>`,
    };
  return {
    word: "Live",
    title: "Changes appear as they happen",
    body: html`<p>The conductor reports, and the link to the server is up.${lag !== null && html` The last event took ${span(lag)} to get here.`}</p>`,
  };
}

/** @param {number | null} since */
function quiet(since) {
  return {
    word: since === null ? "Conductor not heard yet" : `Conductor silent since ${clock(since)}`,
    title: since === null ? "No conductor has reported" : "The conductor has fallen silent",
    body: html`<p>The server answers, but the conductor, which records what Celery does, does not report${since !== null && html`: nothing for <${Elapsed} since=${since} />`}. Until it is back, no state changes here. Start it, or look into its log:</p>
      <${Code} text="umbel conductor" />
      <p>It must use the same broker and the same database as this server.</p>`,
  };
}
