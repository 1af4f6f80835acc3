/** The columns of the board: which runs stand in each, and how it is drawn. */

import { html } from "htm/preact";
import { RunCard } from "./boardcard.js";
import { CommonErrors } from "./boarderrors.js";
import { Listing } from "./listing.js";

const SIZE = 50; // runs of one page
const BY_ITSELF = 1000; // runs that scrolling loads; the rest by the button

/**
 * @typedef {import("./filters.js").Filters} Filters
 * @typedef {"running" | "failed" | "resolved" | "succeeded"} Place
 * @typedef {{title: string, empty: string, only: Partial<Filters>}} Sort
 */

const FAILED = ["FAILURE", "REVOKED"];

/** @type {Record<Place, Sort>} */
export const SORTS = {
  running: {
    title: "Running",
    empty: "Nothing is running. Drop a failed run here to plan its resubmission.",
    only: { states: ["PENDING", "RUNNING"], resolved: null },
  },
  failed: {
    title: "Failed",
    empty: "No open failure. What fails stays here until a resubmission of it succeeds.",
    only: { states: FAILED, resolved: false, superseded: false },
  },
  resolved: {
    title: "Resolved",
    empty: "Failed runs move here when a resubmission of them has succeeded.",
    only: { states: FAILED, resolved: true },
  },
  succeeded: {
    title: "Succeeded",
    empty: "No run has succeeded yet.",
    only: { states: ["SUCCESS"], resolved: null },
  },
};
export const PLACES = /** @type {Place[]} */ (Object.keys(SORTS));

export class Column {
  /**
   * @param {Place} place
   * @param {Filters} filters
   * @param {() => void} changed
   */
  constructor(place, filters, changed) {
    this.place = place;
    this.sort = SORTS[place];
    this.listing = new Listing(this.of(filters), {
      changed,
      isReading: () => this.isReading,
      size: SIZE,
      led: true,
    });
    /** @type {HTMLElement | null} */
    this.body = null;
    /** @type {IntersectionObserver | null} */
    this.seer = null;
  }

  /** @param {Filters} filters  of the whole board */
  of(filters) {
    return { ...filters, ...this.sort.only };
  }

  /** @param {Filters} filters */
  set(filters) {
    this.listing.set(this.of(filters));
    this.listing.ask();
  }

  /** The newest runs are out of sight. */
  get isReading() {
    const list = this.body?.firstElementChild;
    const main = document.getElementById("main");
    if (!list || !this.body || !main) return false;
    const edge = Math.max(this.body.getBoundingClientRect().top, main.getBoundingClientRect().top);
    return list.getBoundingClientRect().top < edge - 8;
  }

  /** How many there are: exactly where all are here, else as the server counted last. @param {number | undefined} counted */
  count(counted) {
    const { listing } = this;
    if (listing.loaded && listing.next === null) return listing.runs.size + listing.held.size;
    return counted === undefined ? null : Math.max(counted, listing.runs.size);
  }

  scrolled() {
    if (this.listing.held.size && !this.isReading) this.listing.show();
  }

  toTop() {
    this.listing.show();
    this.body?.scrollTo({ top: 0 });
    if (this.isReading) document.getElementById("main")?.scrollTo({ top: 0 });
  }

  /** @param {HTMLElement | null} body */
  bind(body) {
    if (body !== null) this.body = body;
  }

  /** Load the next page when the end comes near. @param {HTMLElement | null} end */
  see(end) {
    this.seer?.disconnect();
    this.seer = null;
    if (end === null) return;
    this.seer = new IntersectionObserver(
      (seen) => {
        if (seen.some((each) => each.isIntersecting) && this.listing.runs.size < BY_ITSELF)
          this.listing.more();
      },
      { rootMargin: "200px" },
    );
    this.seer.observe(end);
  }
}

/**
 * @typedef {object} ColumnProps
 * @property {Column} column
 * @property {number | null} count
 * @property {boolean} shown  on a narrow window, where one is at a time
 * @property {string | null} current  the run whose card had the focus last
 * @property {boolean} filtered
 * @property {import("./boarderrors.js").Groups | null} groups
 */

/** @param {ColumnProps} props */
export function BoardColumn({ column, count, shown, current, filtered, groups }) {
  const { listing, place, sort } = column;
  const runs = groups?.loaded === false ? [] : listing.shown;
  const held = listing.held.size;
  const reached = runs.some(({ id }) => id === current) ? current : runs[0]?.id; // by Tab; the others by arrows
  return html`<section class="board-column" data-column=${place} data-shown=${shown ? "" : undefined} aria-labelledby=${`column-${place}`}>
    <header class="board-head"><h2 id=${`column-${place}`}>${sort.title}</h2>${count !== null && html`<span class="board-count" data-count=${count}>${count.toLocaleString("en")}</span>`}
      ${groups && count !== null && count > 1 && html`<button type="button" class="quiet small board-all" onClick=${() => groups.resubmit(null)}>Resubmit all…</button>`}</header>
    ${groups && html`<${CommonErrors} groups=${groups} />`}
    <p class="pill-host" role="status">${held > 0 && html`<button type="button" class="pill small" onClick=${() => column.toTop()}>${held.toLocaleString("en")} new</button>`}</p>
    <div class="board-body" ref=${(/** @type {HTMLElement | null} */ body) => column.bind(body)} onScroll=${() => column.scrolled()}>
      <ul class="board-list" aria-labelledby=${`column-${place}`}>${runs.map((run) => html`<${RunCard} key=${run.id} run=${run} tabbable=${run.id === reached} />`)}</ul>
      ${!runs.length && listing.loaded && groups?.loaded !== false && html`<p class="board-empty muted">${filtered ? "No run here fits the filter." : sort.empty}</p>`}
      ${!listing.loaded && !listing.problem && html`<p class="board-empty muted">Loading</p>`}
      ${listing.next !== null && html`<${More} key=${listing.next} column=${column} />`}
    </div>
  </section>`;
}

/** @param {{column: Column}} props */
function More({ column }) {
  const { listing } = column;
  return html`<p class="list-more" ref=${(/** @type {HTMLElement | null} */ end) => column.see(end)}><span class="muted">${listing.runs.size.toLocaleString("en")} shown</span><button type="button" class="button plain" disabled=${listing.loading} onClick=${() => listing.more()}>${listing.loading ? "Loading" : "Show older"}</button></p>`;
}
