/** The page of what people did: who, when, what and why, the last first; of all runs, or of one. */

import { html, render } from "htm/preact";
import { getTrail } from "./api.js";
import { What } from "./done.js";
import { Live } from "./live.js";
import { Moment } from "./parts.js";
import { element, showFreshness } from "./shell.js";

const SOON = 1000; // ms, so that many changes are one question
const RETRY = 2000; // ms

/** @typedef {import("./done.js").Deed} Deed */

class ActionsPage {
  constructor() {
    this.host = element("actions", HTMLElement);
    this.run = new URLSearchParams(location.search).get("run") ?? "";
    this.live = new Live();
    /** By number. @type {Map<number, Deed>} */
    this.deeds = new Map();
    /** Bulks of which each run is shown. @type {Set<string>} */
    this.open = new Set();
    /** @type {string | null} */
    this.next = null;
    this.loaded = false;
    /** @type {string | null} */
    this.problem = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  start() {
    showFreshness(this.live);
    this.live.on("runs", () => this.askSoon(SOON)); // whatever is done to a run changes it
    this.live.join({
      run: null,
      have: () => ({ since: 0, structure: 0 }),
      joined: () => this.ask(),
      refused: ({ message }) => this.fail(message),
    });
    this.live.start();
    this.ask();
  }

  /** @param {string} message */
  fail(message) {
    this.problem = message;
    this.draw();
  }

  /** @param {number} wait */
  askSoon(wait) {
    this.later ??= setTimeout(() => this.ask(), wait);
  }

  async ask() {
    clearTimeout(this.later);
    this.later = undefined;
    try {
      const { actions, next } = await getTrail(this.run, null);
      for (const deed of actions) this.deeds.set(deed.number, deed);
      if (!this.loaded) this.next = next;
      this.loaded = true;
      this.problem = null;
      this.draw();
    } catch (problem) {
      const { message, status } = /** @type {import("./api.js").ApiError} */ (problem);
      this.fail(message);
      if (status === 0 || status >= 500) this.askSoon(RETRY);
    }
  }

  async more() {
    try {
      const { actions, next } = await getTrail(this.run, this.next);
      for (const deed of actions) this.deeds.set(deed.number, deed);
      this.next = next;
      this.draw();
    } catch (problem) {
      this.fail(/** @type {Error} */ (problem).message);
    }
  }

  draw() {
    const { loaded, problem, run, next } = this;
    const deeds = [...this.deeds.values()].sort((a, b) => b.number - a.number);
    render(
      html`${problem && html`<p class="notice" role="alert">${problem}</p>`}
        ${run && html`<p class="actions-of">Of run <a class="mono" href=${`/runs/${encodeURIComponent(run)}`}>${run.slice(0, 8)}</a> · <a href="/actions">of all</a></p>`}
        ${loaded && !deeds.length && html`<div class="empty small"><h2>Nothing was done yet</h2><p>Who pauses, cancels, revokes, resubmits or amends ${run ? "this run" : "a run"} is named here, with when and why. It is kept when runs are deleted.</p></div>`}
        ${deeds.length > 0 && html`<table class="deeds"><thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Why</th></tr></thead><tbody>${this.rows(deeds)}</tbody></table>`}
        ${next !== null && html`<p class="list-more"><span class="muted">${deeds.length.toLocaleString("en")} shown</span><button type="button" class="button plain" onClick=${() => this.more()}>Show older</button></p>`}`,
      this.host,
    );
  }

  /** The runs of one bulk are one row until somebody wants each. @param {Deed[]} deeds */
  rows(deeds) {
    const made = [];
    for (let at = 0; at < deeds.length; ) {
      const { bulk } = deeds[at].detail;
      let end = at + 1;
      while (
        bulk &&
        end < deeds.length &&
        deeds[end].detail.bulk === bulk &&
        deeds[end].what === deeds[at].what
      )
        end += 1;
      if (end - at > 1 && !this.open.has(bulk)) {
        const open = () => {
          this.open.add(bulk);
          this.draw();
        };
        made.push(
          html`<${Row} key=${deeds[end - 1].number} deed=${deeds[at]} more=${end - at - 1} open=${open} />`,
        );
      } else
        made.push(
          ...deeds.slice(at, end).map((deed) => html`<${Row} key=${deed.number} deed=${deed} more=${0} />`),
        );
      at = end;
    }
    return made;
  }
}

/** @param {{deed: Deed, more: number, open?: () => void}} props */
function Row({ deed, more, open }) {
  return html`<tr data-what=${deed.what}><td class="deeds-when"><${Moment} at=${deed.at} /></td><td class="deeds-who"><bdi>${deed.by ?? "somebody"}</bdi></td>
    <td><${What} deed=${deed} />${more > 0 && html` <button type="button" class="quiet small" onClick=${open}>and ${more.toLocaleString("en")} more runs</button>`}</td>
    <td class="deeds-why" dir="auto">${deed.why}</td></tr>`;
}

new ActionsPage().start();
