/** Every task of a run as rows, of which only those in sight exist: 100,000 rows cost what 40 do. */

import { html, render } from "htm/preact";
import { holds } from "./held.js";
import { Glyph, TaskName } from "./parts.js";
import { Rows, WHOLE } from "./rows.js";
import { picking } from "./selection.js";
import { nextSort, parseSort, sift, summary } from "./sieve.js";
import { elapsed } from "./state.js";
import { NONE, STARTED, stateOf, word } from "./states.js";
import { saveRows, TableBar } from "./tablebar.js";
import { onTick } from "./ticks.js";
import { clock, exact, lookedAt, span, ticking } from "./time.js";

const ROW = 32;
const SPARE = 8; // rows beyond what is seen
const SIFT = 500; // ms between two siftings while states change
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
    this.rows = new Rows(run, () => this.#sift());
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {{states: string[], sort: string | null}} */
    this.place = { states: [], sort: null };
    /** What was found; null when nothing is looked for. @type {Set<number> | null} */
    this.found = null;
    /** @type {import("./types.js").GraphNode[]} */
    this.tasks = [];
    /** Those that are shown, in their order. @type {import("./types.js").GraphNode[]} */
    this.shown = [];
    /** @type {Map<string, number>} */
    this.rowOf = new Map();
    /** What holds each. @type {(index: number) => string} */
    this.holds = () => "";
    /** @type {string | null} */
    this.selected = null;
    /** @type {string | null} */
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
    this.rows.stop();
    clearTimeout(this.sifting);
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }

  /** Another structure. @param {import("./state.js").RunState} state */
  show(state) {
    this.state = state;
    this.tasks = (state.graph?.nodes ?? [...state.nodes])
      .filter((node) => node.kind === "task")
      .sort((a, b) => a.index - b.index);
    this.#sift();
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {Iterable<number>} touched
   */
  update(state, touched) {
    this.state = state;
    this.rows.touch(touched);
    if (this.place.states.length || this.place.sort) this.sifting ??= setTimeout(() => this.#sift(), SIFT);
    this.#schedule();
  }

  /** Filter and sort as the address says. @param {Place} place */
  look({ states, sort }) {
    const same = states.join() === this.place.states.join();
    this.place = { states, sort };
    if (!same) this.scroller.scrollTop = 0;
    this.#sift();
  }

  /** List these alone; null lists all. @param {Set<number> | null} found */
  only(found) {
    this.found = found;
    this.#sift();
  }

  #sift() {
    clearTimeout(this.sifting);
    this.sifting = undefined;
    if (!this.state) return;
    const known = {
      state: this.state,
      row: (/** @type {number} */ index) => this.rows.get(index),
      now: lookedAt(),
    };
    this.shown = sift(this.tasks, { ...this.place, only: this.found }, known);
    this.rowOf = new Map(this.shown.map((node, row) => [node.id, row]));
    this.#schedule();
  }

  /**
   * @param {string | null} id
   * @param {{reveal?: boolean}} [how]
   */
  select(id, { reveal = false } = {}) {
    this.selected = id;
    if (id !== null) this.current = id;
    const row = this.rowOf.get(id ?? "");
    if (reveal && row !== undefined) this.#reveal(row);
    this.#schedule();
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
    const here = this.rowOf.get(this.current ?? "") ?? 0;
    const node = this.shown[here];
    if (!node) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (event.key === "Enter") this.open(node.id);
      else this.selection.toggle(node.index);
      return;
    }
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 2);
    /** @type {Record<string, number>} */
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const there = Math.max(0, Math.min(this.shown.length - 1, here + step));
    if (event.shiftKey) {
      this.selection.anchor ??= node.index;
      this.#extend(this.shown[there]);
    }
    this.#focus(there);
  }

  /** @param {number} row */
  #focus(row) {
    this.current = this.shown[row].id;
    this.#reveal(row);
    this.#draw();
    const element = this.scroller.querySelector(`[data-row="${row}"]`);
    if (element instanceof HTMLElement) element.focus({ preventScroll: true });
  }

  /** @param {import("./types.js").GraphNode} node */
  #extend(node) {
    this.selection.extend(
      node.index,
      this.shown.map(({ index }) => index),
    );
  }

  /**
   * @param {MouseEvent} event
   * @param {import("./types.js").GraphNode} node
   */
  #clicked(event, node) {
    this.current = node.id;
    const how = picking(event);
    if (how === "toggle") this.selection.toggle(node.index);
    else if (how === "extend") this.#extend(node);
    else this.open(node.id);
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
    if (this.host.hidden || !this.state) return;
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const seen = this.shown.slice(first, first + Math.ceil(clientHeight / ROW) + 2 * SPARE);
    this.rows.want((this.tasks.length <= WHOLE ? this.tasks : seen).map(({ index }) => index));
    this.#drawBar();
    this.holds = holds(this.state);
    const { column, descending } = parseSort(this.place.sort);
    const height = `${Math.max(1, this.shown.length) * ROW}px`;
    render(
      html`<div class="table" role="grid" aria-label="Tasks" aria-multiselectable="true" aria-rowcount=${this.shown.length + 1}>
        <div role="rowgroup" class="table-top"><div class="table-head" role="row" aria-rowindex="1">${COLUMNS.map(
          ([
            key,
            title,
          ]) => html`<span role="columnheader" key=${key} aria-sort=${key !== column ? "none" : descending ? "descending" : "ascending"}>
          <button type="button" title=${`Sort by ${title === "#" ? "order" : title.toLowerCase()}`} onClick=${() => this.arrange({ sort: nextSort(this.place.sort, key) })}>${title}</button></span>`,
        )}</div></div>
        <div class="table-body" role="rowgroup" style=${{ height }}>${seen.map((node, at) => this.#row(node, first + at))}
          ${!this.shown.length && this.tasks.length > 0 && html`<div role="row" class="table-none"><span role="gridcell">No task fits. <button type="button" class="more" onClick=${() => this.arrange({ states: [], text: "", errors: null })}>Show all ${this.tasks.length.toLocaleString("en")}</button></span></div>`}
        </div>
      </div>`,
      this.scroller,
    );
  }

  #drawBar() {
    const { shown, tasks, place } = this;
    const counts = this.state?.run?.counts ?? {};
    const whole = this.rows.hold(shown.map(({ index }) => index));
    const isLoading = !whole && tasks.length <= WHOLE;
    render(
      html`<${TableBar} place=${place} found=${this.found !== null} counts=${counts} shown=${shown.length} total=${tasks.length} loading=${isLoading}
        arrange=${this.arrange} pickAll=${() => this.selection.add(shown.map(({ index }) => index))} save=${() => this.#save()} />`,
      this.bar,
    );
  }

  #save() {
    const { state, shown } = this;
    if (state?.run) saveRows(state, shown, (index) => this.rows.get(index));
  }

  /**
   * @param {import("./types.js").GraphNode} node
   * @param {number} row
   */
  #row(node, row) {
    const facts = /** @type {import("./state.js").RunState} */ (this.state);
    const { index } = node;
    const code = facts.codes[index] ?? NONE;
    const state = stateOf(code);
    const begun = facts.started[index];
    const worker = this.rows.get(index)?.worker ?? "";
    const held = worker ? "" : this.holds(index);
    const repeated = this.rows.get(index)?.repeated ?? 0;
    const isCurrent = node.id === this.current || (row === 0 && !this.rowOf.has(this.current ?? ""));
    return html`<div
      class="table-row" role="row" key=${node.id} data-row=${row} data-id=${node.id} data-state=${state}
      aria-rowindex=${row + 2} aria-selected=${this.selection.has(index)} aria-current=${node.id === this.selected ? "true" : null} tabindex=${isCurrent ? 0 : -1}
      style=${{ transform: `translateY(${row * ROW}px)` }}
      onClick=${(/** @type {MouseEvent} */ event) => this.#clicked(event, node)}
    >
      <span role="gridcell" class="muted">${index}</span>
      <span role="gridcell" class="chip"><${Glyph} state=${state} />${word(state)}</span>
      <span role="gridcell" class="cut"><${TaskName} task=${node.task} /></span>
      <span role="gridcell" class="cut mono muted" dir="auto">${summary(node)}</span>
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
