/** Every task of a run as rows, of which only those in sight exist: 100,000 rows cost what 40 do. */

import { html, render } from "htm/preact";
import { Columns } from "./columns.js";
import { holds } from "./held.js";
import { rowsOn } from "./keys.js";
import { isPlanned, looksOf } from "./looks.js";
import { Glyph, TaskName } from "./parts.js";
import { saveRows } from "./saving.js";
import { picking } from "./selection.js";
import { toast } from "./shell.js";
import { nextSort, parseSort, sift } from "./sieve.js";
import { elapsed } from "./state.js";
import { NONE, STARTED, stateOf, word } from "./states.js";
import { TableBar } from "./tablebar.js";
import { onTick } from "./ticks.js";
import { clock, exact, lookedAt, span, ticking } from "./time.js";

const ROW = 32;
const SPARE = 8; // rows beyond what is seen
const SIFT = 500; // ms between two siftings while states change, at least
const SHARE = 10; // and so many times what one takes
const COLUMNS = [
  ["index", "#"],
  ["state", "State"],
  ["task", "Task"],
  ["arguments", "Arguments"],
  ["worker", "Worker"],
  ["started", "Started"],
  ["duration", "Duration"],
  ["attempt", "Attempt"],
];

/** While a resubmission is planned, what becomes of each. */
const PLANNED = COLUMNS.toSpliced(2, 0, ["plan", "In the plan"]);

/** @typedef {import("./view.js").Place} Place */

export class Table {
  /**
   * @param {HTMLElement} host
   * @param {string} run
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(id: string) => void} to.open
   * @param {(change: Partial<Place>) => void} to.arrange  somebody filters or sorts
   */
  constructor(host, run, selection, { open, arrange }) {
    this.host = host;
    this.selection = selection;
    this.open = open;
    this.arrange = arrange;
    this.bar = document.createElement("div");
    this.bar.className = "table-bar";
    this.scroller = document.createElement("div");
    this.scroller.className = "table-scroll";
    host.append(this.bar, this.scroller);
    this.run = run;
    this.columns = new Columns(run, ["worker", "arguments"], () => this.#stir());
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {{states: string[], task: string | null, worker: string | null, sort: string | null}} */
    this.place = { states: [], task: null, worker: null, sort: null };
    /** What was found; null when nothing is looked for. @type {Set<number> | null} */
    this.found = null;
    /** Indexes of all tasks. @type {number[]} */
    this.tasks = [];
    /** Those that are shown, in their order. @type {number[]} */
    this.shown = [];
    /** The row of each, by index; -1 where it is not shown. */
    this.rowOf = new Int32Array(0);
    this.stirred = true; // what is shown is not sifted yet
    this.took = 0; // ms, the last sifting
    /** In which form rows are being saved. @type {string} */
    this.saving = "";
    /** What holds each. @type {(index: number) => string} */
    this.holds = () => "";
    /** @type {string | null} */
    this.selected = null;
    this.revealing = false;
    /** The index of the row that the keyboard is on. @type {number | null} */
    this.current = null;
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.sifting = undefined;
    this.scroller.addEventListener("scroll", () => this.#schedule(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.#pressed(event));
    this.resizing = new ResizeObserver(() => this.#schedule());
    this.resizing.observe(host);
    this.unbind = onTick(() => this.state?.run?.counts.STARTED && this.#schedule());
  }

  stop() {
    this.unbind();
    this.columns.stop();
    clearTimeout(this.sifting);
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }

  /** Another structure. @param {import("./state.js").RunState} state */
  show(state) {
    this.state = state;
    this.tasks = state.nodes.tasks;
    this.columns.touch();
    this.#stir();
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {{size: number}} touched
   */
  update(state, touched) {
    this.state = state;
    if (touched.size) this.columns.touch();
    const follows = this.place.states.length > 0 || this.place.sort !== null || this.place.worker !== null;
    if (touched.size && follows && !this.host.hidden)
      this.sifting ??= setTimeout(() => this.#stir(), Math.max(SIFT, SHARE * this.took));
    this.#schedule();
  }

  /** Filter and sort as the address says. @param {Place} place */
  look({ states, task, worker, sort }) {
    const kept = [this.place.states.join(), this.place.task, this.place.worker].join("\n");
    if (kept !== [states.join(), task, worker].join("\n")) this.scroller.scrollTop = 0;
    this.place = { states, task, worker, sort };
    this.#stir();
  }

  /** List these alone; null lists all. @param {Set<number> | null} found */
  only(found) {
    this.found = found;
    this.#stir();
  }

  /** What is listed, or in what order, may be other. */
  #stir() {
    clearTimeout(this.sifting);
    this.sifting = undefined;
    this.stirred = true;
    this.#schedule();
  }

  /** @param {import("./state.js").RunState} state */
  #sift(state) {
    const began = performance.now();
    this.stirred = false;
    const get = (/** @type {string} */ column, /** @type {number} */ index) =>
      this.columns.get(column, index);
    this.shown = sift(this.tasks, { ...this.place, only: this.found }, { state, get, now: lookedAt() });
    this.rowOf = new Int32Array(state.nodes.size).fill(-1);
    this.shown.forEach((index, row) => {
      this.rowOf[index] = row;
    });
    this.took = performance.now() - began;
  }

  /**
   * @param {string | null} id
   * @param {{reveal?: boolean}} [how]
   */
  select(id, { reveal = false } = {}) {
    this.selected = id;
    this.revealing ||= reveal && id !== null;
    this.#schedule();
  }

  /** Scroll to the selected one, once it is there. @param {import("./state.js").RunState} state */
  #find(state) {
    const index = state.nodes.indexOf(this.selected);
    if (index < 0) return;
    this.revealing = false;
    this.current = index;
    if (this.rowOf[index] >= 0) this.#reveal(this.rowOf[index]);
  }

  /** @param {number} row */
  #reveal(row) {
    const top = row * ROW;
    const room = this.scroller.clientHeight - 2 * ROW;
    if (room <= 0) return;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.altKey || !(event.target instanceof Element)) return;
    if (!event.target.closest(".table-row")) return;
    const here = Math.max(0, this.#rowOf(this.current));
    const index = this.shown[here];
    if (index === undefined) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (event.key === "Enter") this.#open(index);
      else this.selection.toggle(index);
      return;
    }
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    const step = rowsOn(event.key, page);
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const there = Math.max(0, Math.min(this.shown.length - 1, here + step));
    if (event.shiftKey) {
      this.selection.anchor ??= index;
      this.selection.extend(this.shown[there], this.shown);
    }
    this.#focus(there);
  }

  /** @param {number} row */
  #focus(row) {
    this.current = this.shown[row];
    this.#reveal(row);
    this.#draw();
    const element = this.scroller.querySelector(`[data-row="${row}"]`);
    if (element instanceof HTMLElement) element.focus({ preventScroll: true });
  }

  /** @param {number | null} index */
  #rowOf(index) {
    return index === null ? -1 : (this.rowOf[index] ?? -1);
  }

  /** @param {number} index */
  #open(index) {
    const id = this.state?.nodes.id(index);
    if (id) this.open(id);
  }

  /**
   * @param {MouseEvent} event
   * @param {number} index
   */
  #clicked(event, index) {
    this.current = index;
    const how = picking(event);
    if (how === "toggle") this.selection.toggle(index);
    else if (how === "extend") this.selection.extend(index, this.shown);
    else this.#open(index);
    if (how) getSelection()?.removeAllRanges();
  }

  #schedule() {
    if (this.frame || this.host.hidden) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { state } = this;
    if (this.host.hidden || !state) return;
    this.columns.want();
    if (this.stirred) this.#sift(state);
    if (this.revealing) this.#find(state);
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const seen = this.shown.slice(first, first + Math.ceil(clientHeight / ROW) + 2 * SPARE);
    this.#drawBar(state);
    this.holds = holds(state);
    const { column, descending } = parseSort(this.place.sort);
    const height = `${Math.max(1, this.shown.length) * ROW}px`;
    render(
      html`<div class=${isPlanned(state) ? "table planned" : "table"} role="grid" aria-label="Tasks" aria-multiselectable="true" aria-rowcount=${this.shown.length + 1}>
        <div role="rowgroup" class="table-top"><div class="table-head" role="row" aria-rowindex="1">${(
          isPlanned(state) ? PLANNED : COLUMNS
        ).map(
          ([
            key,
            title,
          ]) => html`<span role="columnheader" key=${key} aria-sort=${key !== column ? "none" : descending ? "descending" : "ascending"}>
          <button type="button" title=${`Sort by ${title === "#" ? "order" : title.toLowerCase()}`} onClick=${() => this.arrange({ sort: nextSort(this.place.sort, key) })}>${title}</button></span>`,
        )}</div></div>
        <div class="table-body" role="rowgroup" style=${{ height }}>${seen.map((index, at) => this.#row(state, index, first + at))}
          ${this.#isLoading(state) && html`<div role="row" class="table-none"><span role="gridcell">Loading ${state.run?.nodes.toLocaleString("en")} tasks…</span></div>`}
          ${!this.shown.length && this.tasks.length > 0 && html`<div role="row" class="table-none"><span role="gridcell">No task fits. <button type="button" class="more" onClick=${() => this.arrange({ states: [], task: null, worker: null, text: "", errors: null })}>Show all ${this.tasks.length.toLocaleString("en")}</button></span></div>`}
        </div>
      </div>`,
      this.scroller,
    );
  }

  /** The nodes of a large run come after its graph. @param {import("./state.js").RunState} state */
  #isLoading({ run, nodes }) {
    return nodes.size === 0 && (run?.nodes ?? 0) > 0;
  }

  /** @param {import("./state.js").RunState} state */
  #drawBar(state) {
    const { shown, tasks, place, columns } = this;
    const names = (/** @type {any[]} */ words) => words.filter((each) => each !== null).sort();
    const loading = this.#isLoading(state) ? "Loading tasks…" : columns.isThere ? "" : "Loading workers…";
    render(
      html`<${TableBar} place=${place} found=${this.found !== null} counts=${state.run?.counts ?? {}}
        tasks=${names([...state.nodes.names])} workers=${names([...columns.words("worker")])} shown=${shown.length} total=${tasks.length}
        loading=${loading} saving=${this.saving} arrange=${this.arrange} pickAll=${() => this.selection.add(shown)} save=${(/** @type {"csv" | "json"} */ form) => this.#save(form)} />`,
      this.bar,
    );
  }

  /** @param {"csv" | "json"} form */
  async #save(form) {
    this.saving = form;
    this.#schedule();
    try {
      await saveRows(this.run, this.shown, form);
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    this.saving = "";
    this.#schedule();
  }

  /**
   * @param {import("./state.js").RunState} facts
   * @param {number} index
   * @param {number} row
   */
  #row(facts, index, row) {
    const id = facts.nodes.id(index);
    const code = facts.codes[index] ?? NONE;
    const state = stateOf(code);
    const look = stateOf(looksOf(facts)[index] ?? NONE);
    const begun = facts.started[index];
    const worker = this.columns.get("worker", index) ?? "";
    const held = worker || facts.told ? "" : this.holds(index);
    const repeated = facts.repeated[index];
    const isCurrent = index === this.current || (row === 0 && this.#rowOf(this.current) < 0);
    return html`<div
      class="table-row" role="row" key=${id} data-row=${row} data-id=${id} data-state=${state}
      aria-rowindex=${row + 2} aria-selected=${this.selection.has(index)} aria-current=${id === this.selected ? "true" : null} tabindex=${isCurrent ? 0 : -1}
      style=${{ transform: `translateY(${row * ROW}px)` }}
      onClick=${(/** @type {MouseEvent} */ event) => this.#clicked(event, index)}
    >
      <span role="gridcell" class="muted">${index}</span>
      <span role="gridcell" class="chip"><${Glyph} state=${facts.told ? state : look} />${word(facts.told ? state : look)}</span>
      ${facts.told && html`<span role="gridcell" class="chip table-plan" data-plan=${look} title=${facts.told(index)}><${Glyph} state=${look} />${word(look)}</span>`}
      <span role="gridcell" class="cut"><${TaskName} task=${facts.nodes.task(index)} /></span>
      <span role="gridcell" class="cut mono muted" dir="auto">${this.columns.get("arguments", index) ?? ""}</span>
      <span role="gridcell" class="cut mono" dir="auto" title=${worker || held}>${worker}${held && html`<i class="held">${held}</i>`}</span>
      <span role="gridcell" title=${begun > 0 ? exact(begun) : ""}>${begun > 0 ? clock(begun) : ""}</span>
      <span role="gridcell">${this.#duration(index, code)}</span>
      <span role="gridcell">${facts.retries[index] ? facts.retries[index] + 1 : ""}${repeated > 0 && html` <span class="tag" title=${`Its id was run ${repeated + 1} times`}>×${repeated + 1}</span>`}</span>
    </div>`;
  }

  /**
   * @param {number} index
   * @param {number} code
   */
  #duration(index, code) {
    const facts = /** @type {import("./state.js").RunState} */ (this.state);
    const seconds = elapsed(facts, index, lookedAt());
    if (seconds === null || code === NONE) return "";
    if (code === STARTED) return ticking(seconds);
    return Number.isNaN(facts.finished[index]) ? "" : span(seconds);
  }
}
