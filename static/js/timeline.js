/**
 * When the tasks of a run waited and ran: a row for each card of its graph, in the order in which they began.
 *
 * Rows in sight are elements, for the keyboard and to be read out; what they show is painted on one canvas. While the run goes on
 * it is painted at most ten times a second.
 */

import { html, render } from "htm/preact";
import { rowsOn } from "./keys.js";
import { split } from "./names.js";
import { isLive } from "./states.js";
import { onTheme } from "./theme.js";
import { onTick } from "./ticks.js";
import { clock, now } from "./time.js";
import { TimelineBar } from "./timelinebar.js";
import { Axis, frameOf, Rows } from "./timelineframe.js";
import { bindHand } from "./timelinehand.js";
import { factsOf, ordered, rowsOf } from "./timelinerows.js";
import { describe } from "./timelinewords.js";
import { ROW } from "./timeplot.js";
import { moment, ticks } from "./timescale.js";
import { TimeView } from "./timeview.js";

const BETWEEN = 100; // ms, of two paints of a run that goes on
const EASE = 6; // times as long as the last paint took
const SPARE = 4; // rows beyond what is seen
const TICK = 90; // px between two of the axis
const NEAR = 5; // px

/** @typedef {import("./timelinerows.js").Row} Row */

export class Timeline {
  /**
   * @param {HTMLElement} host
   * @param {import("./spells.js").Spells} spells
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {(card: import("./types.js").FoldCard) => void} to.look  somebody asks for the members of a card
   * @param {(at: number) => void} to.seek  somebody points at a moment of the axis
   */
  constructor(host, spells, { open, look, seek }) {
    this.host = host;
    this.open = open;
    this.look = look;
    this.seek = seek;
    this.spells = spells;
    const { bar, axis, scroller, list, line, plot, tip } = frameOf(host, this);
    this.bar = bar;
    this.axis = axis;
    this.scroller = scroller;
    this.list = list;
    this.line = line;
    this.plot = plot;
    this.tip = tip;
    /** @type {import("./state.js").RunState | null} */
    this.state = null;
    /** @type {Row[]} */
    this.rows = [];
    /** The place of each node's row among the rows. @type {Int32Array} */
    this.homes = new Int32Array(0);
    this.unsorted = true;
    this.view = new TimeView({
      length: () => this.length,
      width: () => this.plot.width,
      changed: () => this.draw(),
    });
    /** @type {number | null} */
    this.selected = null;
    /** The card whose members are shown. @type {string | null} */
    this.expanded = null;
    /** What was found. @type {Set<number> | null} */
    this.found = null;
    /** The key of the row that the keyboard is on. */
    this.current = "";
    /** Where it is, by the window. */
    this.pointer = [NaN, NaN];
    /** A moment that is looked at instead of now. @type {number | null} */
    this.moment = null;
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    this.took = 0; // ms, of the last paint
    this.#bind();
  }

  #bind() {
    this.hand = bindHand(this.scroller, this.axis, this.plot.canvas, {
      seek: (x) => this.length > 0 && this.seek(this.spells.began + Math.max(0, this.view.at(x))),
      zoom: (factor, x) => this.view.zoom(factor, this.view.at(x)),
      pan: (px) => this.view.pan(px / this.plot.width),
      hover: (x, y) => {
        this.pointer = [x, y];
        this.#hover(x, y);
      },
      isChart: (event) => event.clientX >= this.plot.canvas.getBoundingClientRect().left,
    });
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.scroller.addEventListener("click", (event) => this.#clicked(event));
    this.scroller.addEventListener("keydown", (event) => this.#pressed(event));
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.host);
    const unbinders = [
      onTheme(() => {
        this.plot.renew();
        this.draw();
      }),
      onTick(() => this.state?.run && isLive(this.state.run.state) && this.#soon()),
    ];
    this.unbind = () => {
      for (const each of unbinders) each();
    };
  }

  stop() {
    this.unbind?.();
    this.hand?.unbind();
    this.resizing?.disconnect();
    clearTimeout(this.later);
    cancelAnimationFrame(this.frame);
  }

  /** Another structure. @param {import("./state.js").RunState} state */
  show(state) {
    this.state = state;
    this.rows = rowsOf(state);
    this.homes = new Int32Array(state.codes.length).fill(-1);
    this.unsorted = true;
    this.draw();
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {Iterable<number>} touched
   */
  update(state, touched) {
    this.state = state;
    for (const index of touched) this.#forget(this.homes[index]);
    this.#soon();
  }

  /** Times of nodes have come. */
  told() {
    for (const row of this.rows) row.facts = null;
    this.unsorted = true;
    this.#soon();
  }

  /** @param {number | undefined} place */
  #forget(place) {
    const row = this.rows[place ?? -1];
    if (!row) return;
    this.unsorted ||= row.facts?.begin === Infinity;
    row.facts = null;
  }

  /** How long it has taken, in seconds. */
  get length() {
    const { state, spells } = this;
    if (!state?.run || Number.isNaN(spells.began)) return 0;
    const until = isLive(state.run.state) ? now() : (state.run.finished ?? spells.began);
    return Math.max(0, until - spells.began);
  }

  /** @param {number} factor  nearer, about the middle */
  zoomBy(factor) {
    this.view.zoom(factor);
  }

  fit() {
    this.view.fit();
  }

  /** Look at the run as it was at a moment; null is now. @param {number | null} moment */
  at(moment) {
    this.moment = moment;
    this.#point();
  }

  #point() {
    if (this.host.hidden) return;
    const { moment, spells, plot } = this;
    const x = moment === null ? NaN : this.view.x(moment - spells.began);
    this.line.hidden = !(x >= 0 && x <= plot.width);
    if (!this.line.hidden) this.line.style.transform = `translateX(${plot.canvas.offsetLeft + x}px)`;
  }

  /**
   * @param {number | null} index
   * @param {{reveal?: boolean}} [how]
   */
  select(index, { reveal = false } = {}) {
    this.selected = index;
    const row = this.rows[this.homes[index ?? -1]];
    if (row) this.current = row.key;
    if (reveal && row) this.#reveal(this.rows.indexOf(row));
    this.draw();
  }

  /**
   * The members of a card are shown, or of none.
   * @param {string | null} card
   * @param {number} covered  px at the foot that they take
   */
  expand(card, covered) {
    const isOther = card !== this.expanded;
    this.expanded = card;
    this.host.style.marginBottom = `${covered}px`;
    const place = this.rows.findIndex(({ key }) => key === card);
    if (isOther && place >= 0) this.#reveal(place);
    this.draw();
  }

  /** What was found, if anybody looks for something. @param {Set<number> | null} indexes */
  hits(indexes) {
    this.found = indexes;
    this.draw();
  }

  focus() {
    const place = Math.max(
      0,
      this.rows.findIndex(({ key }) => key === this.current),
    );
    if (this.rows.length) this.#focus(place);
  }

  /** @param {number} place */
  #reveal(place) {
    const top = place * ROW;
    const room = this.scroller.clientHeight - ROW;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
  }

  /** @param {number} place */
  #focus(place) {
    this.current = this.rows[place].key;
    this.#reveal(place);
    this.#draw();
    const row = this.list.querySelector(`[data-row="${place}"]`);
    if (row instanceof HTMLElement) row.focus({ preventScroll: true });
  }

  /** Paint as soon as may be, since somebody looks on. */
  draw() {
    if (this.frame || this.host.hidden) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.#draw();
    });
  }

  /** Paint, but not too often. */
  #soon() {
    if (this.host.hidden) return;
    this.later ??= setTimeout(
      () => {
        this.later = undefined;
        this.draw();
      },
      Math.max(BETWEEN, EASE * this.took),
    );
  }

  /** @returns {import("./timelinerows.js").Known} */
  get #known() {
    const state = /** @type {import("./state.js").RunState} */ (this.state);
    return { state, spells: this.spells, now: now() };
  }

  #draw() {
    const { state, spells } = this;
    if (!state?.run || this.host.hidden) return;
    spells.want(state.seq);
    const began = performance.now();
    if (this.unsorted && spells.told) this.#sort();
    this.view.follow();
    const known = this.#known;
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const seen = this.rows.slice(first, first + Math.ceil(clientHeight / ROW) + 2 * SPARE);
    for (const row of seen) factsOf(row, known);
    this.#drawBar(known);
    this.#drawRows(seen, first);
    const room = this.plot.canvas.clientWidth / TICK;
    const marks = this.length ? ticks(this.view.stretch, room) : [];
    this.#drawAxis(marks);
    this.plot.draw({
      rows: seen,
      top: first * ROW - scrollTop,
      stretch: this.view.stretch,
      began: spells.began,
      known,
      path: spells.told?.path ?? [],
      home: (index) => (this.homes[index] ?? -1) - first,
      lines: marks.map(({ at }) => at),
      now: isLive(state.run.state) ? known.now : null,
    });
    this.#point();
    this.#hover(this.pointer[0], this.pointer[1]); // under the pointer is something else now
    this.took = performance.now() - began;
  }

  #sort() {
    this.unsorted = false;
    this.rows = ordered(this.rows, this.#known);
    const size = this.state?.codes.length ?? 0;
    this.homes = new Int32Array(size).fill(-1);
    this.rows.forEach((row, place) => {
      for (const [first, count] of row.members) this.homes.fill(place, first, first + count);
    });
  }

  /** @param {import("./timelinerows.js").Known} known */
  #drawBar({ state }) {
    const skewed = this.rows.reduce((sum, row) => sum + row.skewed, 0);
    render(html`<${TimelineBar} told=${this.spells.told} run=${state.run} skewed=${skewed} />`, this.bar);
  }

  /** @param {Array<{at: number, label: string}>} marks */
  #drawAxis(marks) {
    const { began } = this.spells;
    const corner = Number.isNaN(began) ? "" : `from ${clock(began)}`;
    const x = (/** @type {number} */ at) => this.view.x(at);
    const whole = marks.filter(({ at }) => x(at) < this.plot.canvas.clientWidth - TICK / 2); // else its label is cut
    render(html`<${Axis} corner=${corner} marks=${whole} x=${x} />`, this.axis);
  }

  /** @param {Row[]} seen @param {number} first  the place of the first of them */
  #drawRows(seen, first) {
    const onPath = new Set((this.spells.told?.path ?? []).map(([index]) => this.homes[index]));
    const selected = this.homes[this.selected ?? -1] ?? -1;
    const here = this.rows.some(({ key }) => key === this.current) ? this.current : this.rows[0]?.key;
    render(
      html`<${Rows} seen=${seen} first=${first} count=${this.rows.length} known=${this.#known} here=${here} found=${this.#counted()}
        isSelected=${(/** @type {Row} */ row, /** @type {number} */ place) => place === selected || row.key === this.expanded}
        isCritical=${(/** @type {number} */ place) => onPath.has(place)} />`,
      this.list,
    );
  }

  /** How many were found of each row, by its place; null where nobody looks for anything. */
  #counted() {
    if (!this.found) return null;
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const index of this.found) counts.set(this.homes[index], (counts.get(this.homes[index]) ?? 0) + 1);
    return counts;
  }

  /** @param {EventTarget | null} target */
  #placeAt(target) {
    const row = target instanceof Element ? target.closest(".timeline-row") : null;
    return row instanceof HTMLElement ? Number(row.dataset.row) : -1;
  }

  /** The task that failed at that place of a row, if one did. @param {Row} row @param {number} x  by the window */
  #failureAt(row, x) {
    const at = this.view.at(x - this.plot.canvas.getBoundingClientRect().left) + this.spells.began;
    const slack = NEAR / this.view.scale;
    const finished = this.state?.finished ?? new Float64Array(0);
    return row.facts?.failures.find((index) => Math.abs(finished[index] - at) <= slack);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const row = this.rows[this.#placeAt(event.target)];
    if (!row || this.hand?.dragged()) return;
    this.current = row.key;
    this.#openRow(row, this.#failureAt(row, event.clientX));
  }

  /** @param {Row} row @param {number} [index]  one of it */
  #openRow(row, index = row.card ? undefined : row.first) {
    if (index !== undefined) this.open(index);
    else if (row.card) this.look(row.card);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const here = this.#placeAt(event.target);
    if (here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 1);
    const step = rowsOn(event.key, page);
    const pans = /** @type {Record<string, number>} */ ({ ArrowLeft: -0.1, ArrowRight: 0.1 });
    if (event.key === "Enter") this.#openRow(this.rows[here]);
    else if (step !== undefined) this.#focus(Math.max(0, Math.min(this.rows.length - 1, here + step)));
    else if (event.key in pans) this.view.pan(pans[event.key]);
    else return;
    event.preventDefault();
  }

  /** @param {number} x  by the window; NaN: nowhere @param {number} y */
  #hover(x, y) {
    const box = this.plot.canvas.getBoundingClientRect();
    const isOver = x >= box.left && y >= box.top && y <= box.bottom && this.length > 0;
    if (!isOver) return this.tip.hide();
    const since = this.view.at(x - box.left);
    const row = this.rows[Math.floor((y - box.top + this.scroller.scrollTop) / ROW)];
    const failed = row && this.#failureAt(row, x);
    const lines = row ? describe(row, this.#known, since + this.spells.began, failed) : [];
    this.tip.show(
      box,
      x,
      y,
      moment(since, this.view.stretch),
      row ? { name: split(row.label).name, lines } : null,
    );
  }
}
