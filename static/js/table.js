/** Every task of a run as rows, of which only those in sight exist: 100,000 rows cost what 40 do. */

import { html, render } from "htm/preact";
import { Glyph, TaskName } from "./parts.js";
import { elapsed } from "./state.js";
import { NONE, STARTED, stateOf, word } from "./states.js";
import { clock, exact, now, span, ticking } from "./time.js";

const ROW = 32;
const SPARE = 8; // rows beyond what is seen
const COLUMNS = ["#", "State", "Task", "Arguments", "Started", "Duration", "Attempt"];

export class Table {
  /**
   * @param {HTMLElement} host
   * @param {object} to
   * @param {(id: string) => void} to.open
   */
  constructor(host, { open }) {
    this.host = host;
    this.open = open;
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {import("./types.js").GraphNode[]} */
    this.tasks = [];
    /** @type {Map<string, number>} */
    this.rowOf = new Map();
    this.selected = -1;
    this.current = 0;
    this.frame = 0;
    this.host.addEventListener("scroll", () => this.#schedule(), { passive: true });
    this.host.addEventListener("keydown", (event) => this.#pressed(event));
    this.resizing = new ResizeObserver(() => this.#schedule());
    this.resizing.observe(host);
    this.ticking = setInterval(() => this.state?.run?.counts.STARTED && this.#schedule(), 200);
  }

  stop() {
    clearInterval(this.ticking);
    cancelAnimationFrame(this.frame);
    this.resizing.disconnect();
  }

  /** @param {import("./state.js").RunState} state */
  show(state) {
    this.state = state;
    this.tasks = (state.graph?.nodes ?? [])
      .filter((node) => node.kind === "task")
      .sort((a, b) => a.index - b.index);
    this.rowOf = new Map(this.tasks.map((node, row) => [node.id, row]));
    this.#schedule();
  }

  /** @param {import("./state.js").RunState} state */
  update(state) {
    this.state = state;
    this.#schedule();
  }

  /**
   * @param {string | null} id
   * @param {{reveal?: boolean}} [how]
   */
  select(id, { reveal = false } = {}) {
    this.selected = id === null ? -1 : (this.rowOf.get(id) ?? -1);
    if (this.selected >= 0) {
      this.current = this.selected;
      if (reveal) this.#reveal(this.selected);
    }
    this.#schedule();
  }

  /** @param {number} row */
  #reveal(row) {
    const top = row * ROW;
    const room = this.host.clientHeight - 2 * ROW;
    if (room <= 0) return;
    if (top < this.host.scrollTop) this.host.scrollTop = top;
    else if (top > this.host.scrollTop + room) this.host.scrollTop = top - room;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof Element)) return;
    if (!event.target.closest(".table-row")) return;
    const page = Math.max(1, Math.floor(this.host.clientHeight / ROW) - 2);
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
    if (step === undefined) return;
    event.preventDefault();
    this.current = Math.max(0, Math.min(this.tasks.length - 1, this.current + step));
    this.#reveal(this.current);
    this.#draw();
    const row = this.host.querySelector(`[data-row="${this.current}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
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
    const first = Math.max(0, Math.floor(this.host.scrollTop / ROW) - SPARE);
    const last = Math.min(this.tasks.length, first + Math.ceil(this.host.clientHeight / ROW) + 2 * SPARE);
    const rows = [];
    for (let row = first; row < last; row += 1) rows.push(this.#row(row));
    render(
      html`<div class="table" role="grid" aria-label="Tasks" aria-rowcount=${this.tasks.length + 1}>
        <div class="table-head" role="row" aria-rowindex="1">${COLUMNS.map((title) => html`<span role="columnheader" key=${title}>${title}</span>`)}</div>
        <div class="table-body" role="rowgroup" style=${{ height: `${this.tasks.length * ROW}px` }}>${rows}</div>
      </div>`,
      this.host,
    );
  }

  /** @param {number} row */
  #row(row) {
    const node = this.tasks[row];
    const facts = /** @type {import("./state.js").RunState} */ (this.state);
    const { index } = node;
    const code = facts.codes[index] ?? NONE;
    const state = stateOf(code);
    const begun = facts.started[index];
    const seconds = elapsed(facts, index, now());
    const isRunning = code === STARTED;
    const open = () => this.open(node.id);
    return html`<div
      class="table-row" role="row" key=${node.id} data-row=${row} data-id=${node.id} data-state=${state}
      aria-rowindex=${row + 2} aria-selected=${row === this.selected} tabindex=${row === this.current ? 0 : -1}
      style=${{ transform: `translateY(${row * ROW}px)` }}
      onClick=${open} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && open()}
    >
      <span role="gridcell" class="muted">${index}</span>
      <span role="gridcell" class="chip"><${Glyph} state=${state} />${word(state)}</span>
      <span role="gridcell" class="cut"><${TaskName} task=${node.task} /></span>
      <span role="gridcell" class="cut mono muted" dir="auto">${summary(node)}</span>
      <span role="gridcell" title=${begun > 0 ? exact(begun) : ""}>${begun > 0 ? clock(begun) : ""}</span>
      <span role="gridcell">${seconds === null || code === NONE ? "" : isRunning ? ticking(seconds) : Number.isNaN(facts.finished[index]) ? "" : span(seconds)}</span>
      <span role="gridcell">${facts.retries[index] ? facts.retries[index] + 1 : ""}</span>
    </div>`;
  }
}

/** @type {WeakMap<object, string>} */
const summaries = new WeakMap();

/** The beginning of a task's arguments, on one line. @param {import("./types.js").GraphNode} node */
function summary(node) {
  const known = summaries.get(node);
  if (known !== undefined) return known;
  const parts = [plain(node.args), plain(node.kwargs)].filter(Boolean);
  const text = parts.join(" ").slice(0, 160);
  summaries.set(node, text);
  return text;
}

/** @param {unknown} value */
function plain(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object" && "repr" in value) return String(value.repr).slice(0, 160);
  const text = JSON.stringify(value);
  return text === "[]" || text === "{}" ? "" : text.replace(/^[[{]|[\]}]$/g, "").slice(0, 160);
}
