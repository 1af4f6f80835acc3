/** The board: every run as a card in the column of how it stands, live; a failed one is dragged to where runs go on. */

import { html, render } from "htm/preact";
import { getBoard, getNames } from "./api.js";
import { planOf } from "./boardcard.js";
import { BoardColumn, Column, PLACES, SORTS } from "./boardcolumns.js";
import { Groups } from "./boarderrors.js";
import { BoardHand } from "./boardhand.js";
import { glide, placesOf } from "./boardmoves.js";
import { bindBoardKeys, current, focusCard } from "./boardwalk.js";
import { BulkDialog } from "./bulkdialog.js";
import { Empty } from "./emptyruns.js";
import { paintFavicon } from "./favicon.js";
import { FilterBar } from "./filterbar.js";
import { askFilters, isFiltered, noFilters, readFilters, spellFilters } from "./filters.js";
import { Live } from "./live.js";
import { element, showFreshness } from "./shell.js";
import { now } from "./time.js";
import { carry } from "./views.js";

const TYPING = 250; // ms after the last key
const COUNTING = 2000; // ms between two counts

/**
 * @typedef {import("./filters.js").Filters} Filters
 * @typedef {import("./boardcolumns.js").Place} Place
 */

class BoardPage {
  constructor() {
    this.host = element("board", HTMLElement);
    this.bar = element("filters", HTMLElement);
    this.live = new Live();
    this.filters = stateless(readFilters(location.search));
    /** @type {{tasks: string[], workers: string[]}} */
    this.names = { tasks: [], workers: [] };
    this.columns = PLACES.map((place) => new Column(place, this.filters, () => this.schedule()));
    this.groups = new Groups({
      asked: () => askFilters(this.failed.of(this.filters), now()),
      changed: () => this.schedule(),
      choose: (error) => this.change({ error: error ?? "" }),
      resubmit: (error) => this.resubmit(error),
    });
    this.hand = new BoardHand(this.host, { drop: (run) => this.plan(run), ended: () => this.schedule() });
    this.bulk = new BulkDialog(element("bulk-dialog", HTMLDialogElement));
    /** Runs of which another attempt was made since the page was opened. @type {Set<string>} */
    this.superseded = new Set();
    /** On a narrow window, where one column is seen at a time. @type {Place} */
    this.place = "failed";
    /** @type {import("./types.js").BoardCounts | null} */
    this.counts = null;
    /** The run whose card had the focus last. @type {string | null} */
    this.current = null;
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.counting = undefined;
  }

  get failed() {
    return this.columns[PLACES.indexOf("failed")];
  }

  start() {
    showFreshness(this.live);
    this.live.on("runs", ({ runs }) => this.take(runs));
    this.live.on("gone", ({ runs }) => {
      for (const { listing } of this.columns) listing.drop(Object.keys(runs));
      this.changed();
    });
    this.live.join({
      run: null,
      have: () => ({ since: 0, structure: 0 }),
      joined: () => this.ask(),
      refused: ({ message }) => {
        this.failed.listing.problem = message;
        this.schedule();
      },
    });
    this.live.start();
    this.hand.start();
    bindBoardKeys(this.host, { plan: (run) => this.plan(run) });
    this.host.addEventListener("focusin", () => this.focused());
    element("main", HTMLElement).addEventListener("scroll", () => this.scrolled(), { passive: true });
    window.addEventListener("popstate", () => {
      this.filters = stateless(readFilters(location.search));
      this.begin();
    });
    this.ask();
    this.drawBar();
    this.loadNames();
  }

  scrolled() {
    for (const column of this.columns) column.scrolled();
  }

  /** As things are now. */
  ask() {
    for (const { listing } of this.columns) listing.ask();
    this.count();
    this.groups.ask();
  }

  /** @param {import("./types.js").RunSummary[]} runs */
  take(runs) {
    // Of a run of which another attempt was made there is nothing to do but about that one.
    for (const { made_from: from, state, left } of runs)
      if (from && !(state === "SUCCESS" && left)) this.superseded.add(from);
    for (const column of this.columns) {
      const open = column === this.failed ? runs.filter(({ id }) => !this.superseded.has(id)) : runs;
      column.listing.take(open);
    }
    this.failed.listing.drop([...this.superseded]);
    this.changed();
  }

  changed() {
    this.counting ??= setTimeout(() => this.count(), COUNTING);
    this.groups.askSoon();
  }

  async count() {
    clearTimeout(this.counting);
    this.counting = undefined;
    const { filters } = this;
    try {
      const counts = await getBoard(askFilters(filters, now()));
      if (filters !== this.filters) return;
      this.counts = counts;
      this.schedule();
    } catch {
      this.counting ??= setTimeout(() => this.count(), COUNTING); // the columns say that the server is away
    }
  }

  /** @param {string} run */
  plan(run) {
    location.assign(planOf(run));
  }

  /** All failed runs that fit. @param {string | null} error  and have it */
  resubmit(error) {
    const filters = this.failed.of({ ...this.filters, ...(error === null ? {} : { error }) });
    this.bulk.open(askFilters(filters, now()), filters.error || null);
  }

  /**
   * @param {Partial<Filters>} change
   * @param {boolean} [soon]  somebody is still typing
   */
  change(change, soon = false) {
    this.filters = stateless({ ...this.filters, ...change });
    const said = spellFilters(this.filters).toString();
    history.replaceState(null, "", `${location.pathname}${said ? `?${said}` : ""}`);
    this.drawBar();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.begin(), soon ? TYPING : 0);
  }

  begin() {
    this.drawBar();
    this.counts = null;
    for (const column of this.columns) column.set(this.filters);
    this.count();
    this.groups.ask();
  }

  async loadNames() {
    try {
      this.names = await getNames();
      this.drawBar();
    } catch {
      this.names = { tasks: [], workers: [] }; // the fields work without suggestions
    }
  }

  focused() {
    const run = current()?.dataset.run;
    if (!run || run === this.current) return;
    this.current = run;
    this.schedule();
  }

  schedule() {
    if (this.frame || this.hand.isDragging) return; // what is held stays where it is taken from
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  get singles() {
    const counted = this.columns.reduce((sum, { listing }) => sum + (listing.singles ?? 0), 0);
    return counted
      ? `${counted.toLocaleString("en")}${this.columns.some(({ listing }) => listing.capped) ? "+" : ""}`
      : "";
  }

  drawBar() {
    carry(this.filters);
    render(
      html`<${FilterBar} stateless=${true} filters=${this.filters} singles=${this.singles} names=${this.names}
        change=${(/** @type {Partial<Filters>} */ change, /** @type {boolean} */ soon) => this.change(change, soon)} />`,
      this.bar,
    );
  }

  draw() {
    if (this.hand.isDragging) return;
    const { columns, counts, filters } = this;
    const filtered = isFiltered(filters);
    const problem = columns.map(({ listing }) => listing.problem).find(Boolean);
    const isEmpty = columns.every(
      ({ listing }) => listing.loaded && !listing.runs.size && !listing.held.size,
    );
    const before = placesOf(this.host);
    const held = current()?.dataset.run;
    paintFavicon(columns.flatMap(({ listing }) => [...listing.runs.values()]));
    this.drawBar();
    this.groups.chosen = filters.error || null;
    render(
      html`${problem && html`<p class="notice" role="alert">${problem}</p>`}
        ${
          isEmpty &&
          html`<${Empty} filtered=${filtered} singles=${filters.singles ? "" : this.singles} board=${true}
          clear=${() => this.change({ ...noFilters(), singles: filters.singles })} showSingles=${() => this.change({ singles: true })} />`
        }
        <div class="segments board-tabs" role="tablist" aria-label="Columns" hidden=${isEmpty}>${columns.map(
          (column) =>
            html`<button type="button" role="tab" key=${column.place} aria-selected=${column.place === this.place} onClick=${() => this.show(column.place)}><span>${SORTS[column.place].title}</span> <b>${(column.count(counts?.[column.place]) ?? 0).toLocaleString("en")}</b></button>`,
        )}</div>
        <div class="board" hidden=${isEmpty}>${columns.map(
          (
            column,
          ) => html`<${BoardColumn} key=${column.place} column=${column} count=${column.count(counts?.[column.place])}
            shown=${column.place === this.place} current=${this.current} filtered=${filtered} groups=${column === this.failed ? this.groups : null} />`,
        )}</div>`,
      this.host,
    );
    glide(this.host, before);
    if (held && current()?.dataset.run !== held) this.refocus(held);
  }

  /** The card that had the focus stands in another column now. @param {string} run */
  refocus(run) {
    const card = this.host.querySelector(`.board-card[data-run="${CSS.escape(run)}"]`);
    if (card instanceof HTMLElement) focusCard(card);
  }

  /** @param {Place} place */
  show(place) {
    this.place = place;
    this.schedule();
  }
}

/** The columns are the states. @param {Filters} filters @returns {Filters} */
function stateless(filters) {
  return { ...filters, states: [], resolved: null, superseded: null };
}

new BoardPage().start();
