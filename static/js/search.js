/**
 * The search box on the page of a run: it finds tasks of that run, wherever they are folded to, by any text that is shown
 * of them. What is not in the run is looked for in all runs, as on every other page.
 */

import { html, render } from "htm/preact";
import { findIn } from "./api.js";
import { ALL } from "./clusters.js";
import { whereIs } from "./find.js";
import { spread } from "./hits.js";
import { Glyph, TaskName } from "./parts.js";
import { toast } from "./shell.js";
import { NONE, stateOf } from "./states.js";

const LONGEST = 500; // characters that the server looks for
const TYPED = 150; // ms after the last key, the server is asked
const AGAIN = 3000; // ms between two searches for the same while the run goes on

/** @typedef {import("./types.js").RunSearch} RunSearch */

export class Search {
  /**
   * @param {HTMLFormElement} form
   * @param {import("./run.js").RunPage} page
   */
  constructor(form, page) {
    this.page = page;
    this.form = form;
    this.input = /** @type {HTMLInputElement} */ (form.querySelector("input"));
    this.list = document.createElement("div");
    this.list.className = "finds";
    this.list.hidden = true;
    form.append(this.list);
    this.text = ""; // what was asked for
    /** @type {RunSearch | null} */
    this.found = null;
    /** Indexes, ascending. @type {number[]} */
    this.indexes = [];
    this.problem = "";
    this.isEntered = false; // somebody waits for the first hit
    this.choice = -1; // in the list
    this.isListed = true; // not while somebody walks: what is found would lie under it
    this.asking = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    this.#name();
    this.#bind();
  }

  #name() {
    const { input } = this;
    const what = "Find tasks of this run by name, id, argument, error, worker or state";
    input.placeholder = "Find in this run";
    input.maxLength = LONGEST;
    input.title = what;
    const said = {
      role: "combobox",
      "aria-label": what,
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      "aria-controls": "finds-list",
    };
    for (const [name, value] of Object.entries(said)) input.setAttribute(name, value);
  }

  #bind() {
    this.input.addEventListener("input", () => this.#typed());
    this.input.addEventListener("focus", () => {
      this.isListed = true;
      this.draw();
    });
    this.input.addEventListener("keydown", (event) => this.#pressed(event));
    this.form.addEventListener("focusout", (event) => {
      if (!(event.relatedTarget instanceof Node && this.form.contains(event.relatedTarget))) this.#shut();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the keyboard
    document.addEventListener("keydown", (event) => {
      // Pressed twice it is the browser's own.
      const isFind =
        event.key === "f" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!isFind || document.activeElement === this.input || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.focus();
    });
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  /** Look for what the address says. @param {string} text */
  look(text) {
    if (text === this.text) return;
    this.input.value = text;
    this.#ask(text);
  }

  /** Something has changed: what is found may, too. */
  refresh() {
    if (!this.text) return;
    this.later ??= setTimeout(() => this.#ask(this.text), AGAIN);
  }

  clear() {
    this.look("");
    this.page.sift({ text: "" });
  }

  #typed() {
    clearTimeout(this.later);
    this.isEntered = false;
    this.isListed = true;
    const text = this.input.value.trim();
    this.later = setTimeout(() => this.#ask(text), text ? TYPED : 0);
  }

  /** @param {string} text */
  async #ask(text) {
    clearTimeout(this.later);
    this.later = undefined;
    this.asking.abort();
    this.asking = new AbortController();
    const isNew = text !== this.text;
    this.text = text;
    if (isNew) {
      this.found = null;
      this.choice = -1;
      this.page.sift({ text, errors: this.page.place.errors && ALL });
    }
    if (!text) {
      this.page.hits.show(null);
      this.draw();
      return;
    }
    try {
      this.#take(await findIn(this.page.id, text, this.asking.signal));
    } catch (problem) {
      if (problem instanceof DOMException && problem.name === "AbortError") return;
      this.problem = /** @type {Error} */ (problem).message;
      if (isNew) this.page.hits.show(null);
    }
    this.draw();
    if (this.isEntered) this.#enter(1);
  }

  /** @param {RunSearch} found */
  #take(found) {
    this.problem = "";
    this.found = found;
    this.indexes = Object.values(found.hits)
      .flatMap(spread)
      .sort((a, b) => a - b);
    const cut = found.cut ? this.#cut(found) : undefined;
    this.page.hits.show({ what: `“${this.text}”`, indexes: this.indexes, cut, close: () => this.clear() });
  }

  /** Why these are not all. @param {RunSearch} found */
  #cut({ cut, searched, total }) {
    if (cut === "hits") return `(the first ${total.toLocaleString("en")})`;
    return `(so far: it stopped at task ${searched.toLocaleString("en")}, after its time)`;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { key } = event;
    if (key === "Escape") {
      event.stopPropagation(); // it closes nothing else
      this.input.blur();
    } else if (key === "Enter") {
      event.preventDefault();
      this.#enter(event.shiftKey ? -1 : 1);
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      const listed = this.found?.quotes.length ?? 0;
      if (!listed) return;
      this.isListed = true;
      const by = key === "ArrowDown" ? 1 : -1;
      this.choice = (Math.max(this.choice, by < 0 ? 0 : -1) + by + listed) % listed;
      this.draw();
    }
  }

  /** Go to what is chosen, or to the next. @param {1 | -1} by */
  #enter(by) {
    const text = this.input.value.trim();
    if (text !== this.text || (text && !this.found && !this.problem)) {
      this.isEntered = true; // once it is known
      if (text !== this.text) this.#ask(text);
      return;
    }
    this.isEntered = false;
    if (!this.found) return;
    if (!this.indexes.length) this.#elsewhere();
    else if (this.choice >= 0) this.#open(this.choice);
    else this.page.hits.step(by);
    this.#walked();
  }

  /** @param {number} listed  its place in the list */
  #open(listed) {
    const [index] = this.found?.quotes[listed] ?? [];
    if (index !== undefined) this.page.hits.goTo(this.indexes.indexOf(index));
    this.#walked();
  }

  #walked() {
    this.choice = -1;
    this.isListed = !this.indexes.length;
    this.draw();
  }

  async #elsewhere() {
    try {
      location.assign(await whereIs(this.text));
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
  }

  #shut() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  draw() {
    if (document.activeElement !== this.input || !this.text || !this.isListed) return this.#shut();
    this.list.hidden = false;
    const { found, choice } = this;
    this.input.setAttribute("aria-expanded", String(Boolean(found?.quotes.length)));
    if (choice < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `find-${choice}`);
    render(
      html`<p class="finds-told" role="status">${this.#told()}</p>
        <ul role="listbox" id="finds-list" aria-label="Found" class="finds-list" hidden=${!found?.quotes.length}>${found?.quotes.map(
          (quote, at) => this.#row(quote, at),
        )}</ul>
        ${found && found.total > found.quotes.length && html`<p class="finds-told muted">The first ${found.quotes.length} are listed; the table has all.</p>`}
        <p class="finds-end"><button type="button" class="quiet small" onClick=${() => this.#elsewhere()}>Find in all runs</button><span class="muted"><kbd>Enter</kbd> next <kbd>Shift</kbd> <kbd>Enter</kbd> back</span></p>`,
      this.list,
    );
    if (choice >= 0) document.getElementById(`find-${choice}`)?.scrollIntoView({ block: "nearest" });
    return undefined;
  }

  #told() {
    const { found } = this;
    if (this.problem) return this.problem;
    if (!found) return "Looking …";
    if (!found.total) return "No task of this run has it.";
    const parts = Object.entries(found.hits).map(([field, pairs]) => {
      const count = pairs.reduce((sum, [, each]) => sum + each, 0);
      return `${count.toLocaleString("en")} by ${field}`;
    });
    const cut = found.cut ? ` ${this.#cut(found)}` : "";
    return `${found.total.toLocaleString("en")} found${cut}: ${parts.join(", ")}`;
  }

  /**
   * @param {RunSearch["quotes"][number]} quote
   * @param {number} at
   */
  #row([index, before, match, after], at) {
    const { nodes, codes } = this.page.state;
    const isHere = this.page.hits.found?.indexes[this.page.hits.at] === index;
    return html`<li role="option" key=${index} id=${`find-${at}`} class="find" aria-selected=${at === this.choice} data-here=${isHere ? "" : null} data-index=${index} onClick=${() => this.#open(at)}>
      <${Glyph} state=${stateOf(codes[index] ?? NONE)} />
      <${TaskName} task=${nodes.task(index) ?? ""} /><span class="muted">${index}</span>
      <span class="find-quote cut mono" dir="auto">${before}<mark>${match}</mark>${after}</span>
    </li>`;
  }
}
