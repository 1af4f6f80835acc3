/**
 * Why tasks of a run failed: a panel with its failures as the few errors that they are, and what goes with each: a worker,
 * a queue, an argument that failed tasks have and those that succeeded have not.
 */

import { html, render } from "htm/preact";
import { getFailures } from "./api.js";
import { spread } from "./hits.js";
import { split } from "./names.js";
import { ICONS, Icon, Moment } from "./parts.js";

const AGAIN = 2000; // ms between two looks while failures come
export const ALL = "all"; // in the address: the panel is open, and no error chosen

/** @typedef {import("./types.js").Cluster} Cluster */
/** @typedef {import("./types.js").Shared} Shared */

export class Clusters {
  /**
   * @param {HTMLElement} host
   * @param {import("./run.js").RunPage} page
   */
  constructor(host, page) {
    this.host = host;
    this.page = page;
    /** The key of an error, or ALL; null while the panel is closed. @type {string | null} */
    this.chosen = null;
    /** @type {import("./types.js").Failures | null} */
    this.told = null;
    this.counted = -1; // failures, when it was told
    this.problem = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
  }

  get isOpen() {
    return this.chosen !== null;
  }

  /** What the panel covers of the graph, from the left, in px; 0 where there would be nothing left. */
  get left() {
    const { offsetWidth, parentElement } = this.host;
    return offsetWidth * 2 < (parentElement?.clientWidth ?? 0) ? offsetWidth : 0;
  }

  /** Show what the address says. @param {string | null} chosen */
  look(chosen) {
    if (chosen === this.chosen) return;
    const wasShown = this.#error !== undefined;
    this.chosen = chosen;
    if (chosen !== null && !this.told) this.#ask();
    this.#show({ wasShown });
    this.draw();
  }

  toggle() {
    this.page.turnTo(this.isOpen ? null : ALL);
    if (this.isOpen) this.host.focus();
  }

  /** @param {Cluster} error */
  choose(error) {
    this.page.turnTo(error.key);
    this.page.hits.step(1);
  }

  /** More may have failed. */
  refresh() {
    const failed = this.page.state.run?.counts.FAILURE ?? 0;
    if (this.isOpen && failed !== this.counted) this.later ??= setTimeout(() => this.#ask(), AGAIN);
  }

  get #error() {
    return this.told?.clusters.find(({ key }) => key === this.chosen);
  }

  async #ask() {
    clearTimeout(this.later);
    this.later = undefined;
    this.counted = this.page.state.run?.counts.FAILURE ?? -1;
    try {
      this.told = await getFailures(this.page.id);
      this.problem = "";
    } catch (problem) {
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.#show({ wasShown: false });
    this.draw();
  }

  /** Show the tasks of the error in graph and table. @param {{wasShown: boolean}} how */
  #show({ wasShown }) {
    const error = this.#error;
    if (error) {
      const what = `${error.type}${error.frame ? ` at ${place(error.frame)}` : ""}`;
      this.page.hits.show({ what, indexes: spread(error.members), close: () => this.page.turnTo(ALL) });
    } else if (wasShown) this.page.hits.show(null);
  }

  draw() {
    this.host.hidden = !this.isOpen;
    if (!this.isOpen) return render(html``, this.host);
    const { told } = this;
    return render(
      html`<div class="panel-head"><h2>${told ? title(told) : "Why tasks failed"}</h2>
        <button type="button" class="quiet small square" title="Close (w)" aria-label="Close" onClick=${() => this.page.turnTo(null)}><${Icon} d=${ICONS.close} /></button></div>
        ${this.problem && html`<p class="panel-problem">${this.problem}</p>`}
        ${!told && !this.problem && html`<p class="muted">Looking …</p>`}
        ${told?.failed === 0 && html`<p class="muted">Nothing has failed.</p>`}
        ${told && told.distinct > 1 && told.shared.length > 0 && html`<section><h3>All failures together</h3><${Signs} signs=${told.shared} /></section>`}
        <ul class="errors-list">${told?.clusters.map((error) => this.#row(error))}</ul>
        ${told && html`<${Bounds} told=${told} />`}`,
      this.host,
    );
  }

  /** @param {Cluster} error */
  #row(error) {
    const { type, message, messages, frame, tasks, count, first, last, key } = error;
    const times = last !== null && first !== null && last - first >= 1;
    return html`<li key=${key} class="errors-item" data-key=${key}>
      <button type="button" class="error-open" aria-pressed=${key === this.chosen} title="Show these tasks, and open the next of them" onClick=${() => this.choose(error)}>
        <span class="error-title"><b class="error-count">${count.toLocaleString("en")}</b> <bdi class="error-type">${split(type).name}</bdi></span>
        ${message && html`<span class="error-message" dir="auto">${message}</span>`}
        ${messages > 1 && html`<span class="muted">and ${messages - 1} other ${messages === 2 ? "message" : "messages"}</span>`}
        ${frame && html`<span class="error-frame cut mono" title=${frame.file}>${place(frame)} in <bdi>${frame.function}</bdi></span>`}
      </button>
      <p class="muted error-when">${tasks.slice(0, 3).map((task) => html`<bdi key=${task}>${split(task).name}</bdi> `)}${tasks.length > 3 && `and ${tasks.length - 3} more `}
        ${first !== null && html`· ${times && "first "}<${Moment} at=${first} />`}${times && html`, last <${Moment} at=${last} />`}</p>
      <${Signs} signs=${error.shared} />
    </li>`;
  }
}

/** What failures have that successes have not. @param {{signs: Shared[]}} props */
function Signs({ signs }) {
  if (!signs.length) return null;
  return html`<ul class="signs" aria-label="What they share">${signs.map(
    (
      sign,
      at,
    ) => html`<li key=${at} title=${`${sign.lift.toFixed(1)} times as often as such a task fails at large; by chance: ${probability(sign.chance)}`}>
      <span class="sign-what">${what(sign)} <bdi class="mono">${spelled(sign)}</bdi></span>
      <span class="muted">${share(sign.failed, sign.of_failed)} failed, ${share(sign.succeeded, sign.of_succeeded)} succeeded</span></li>`,
  )}</ul>`;
}

/** What was looked at, where that is not all. @param {{told: import("./types.js").Failures}} props */
function Bounds({ told }) {
  const { failed, looked_at, succeeded, compared, distinct, clusters } = told;
  const said = [];
  const number = (/** @type {number} */ count) => count.toLocaleString("en");
  if (distinct > clusters.length)
    said.push(`The ${clusters.length} most frequent of ${number(distinct)} errors.`);
  if (looked_at < failed) said.push(`${number(looked_at)} of ${number(failed)} failures were looked at.`);
  if (failed && !succeeded)
    said.push("No task of these names has succeeded: there is nothing to compare with.");
  else if (failed) {
    const all = compared < succeeded ? ` of ${number(succeeded)}` : "";
    said.push(
      `Compared with ${number(compared)}${all} of the same tasks that succeeded. What goes with failures need not be their cause.`,
    );
  }
  return html`<p class="muted errors-end">${said.join(" ")}</p>`;
}

/** "12 failures are 3 errors". @param {import("./types.js").Failures} told */
function title({ failed, distinct }) {
  const failures = `${failed.toLocaleString("en")} ${failed === 1 ? "failure" : "failures"}`;
  if (failed < 2) return failures;
  return distinct === 1
    ? `${failures}, one error`
    : `${failures}, ${distinct.toLocaleString("en")} distinct errors`;
}

/** @param {Shared} sign */
function what({ what: kind, name }) {
  if (kind !== "argument") return `${kind} `;
  return html`${/^\d+$/.test(name) ? "argument " : ""}<bdi class="mono">${name}</bdi> =`;
}

/** @param {Shared} sign */
function spelled({ what: kind, value }) {
  return kind === "argument" ? JSON.stringify(value) : String(value);
}

/** "all 40", "3 of 800". @param {number} count @param {number} of */
function share(count, of) {
  const whole = of.toLocaleString("en");
  return count === of && of > 0 ? `all ${whole}` : `${count.toLocaleString("en")} of ${whole}`;
}

/** @param {number} chance */
function probability(chance) {
  return chance < 1e-6
    ? "less than one in a million"
    : `one in ${Math.round(1 / chance).toLocaleString("en")}`;
}

/** "bank.py:12". @param {{file: string, line: number}} frame */
function place({ file, line }) {
  return `${file.split(/[/\\]/).at(-1)}:${line}`;
}
