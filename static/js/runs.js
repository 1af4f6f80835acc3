/** The page of all runs: a live list with its filters, and in the demo the workflows to start. */

import { html, render } from "htm/preact";
import { getDemo, getNames } from "./api.js";
import { BulkDialog } from "./bulkdialog.js";
import { Demo } from "./demo.js";
import { Empty } from "./emptyruns.js";
import { paintFavicon } from "./favicon.js";
import { FilterBar } from "./filterbar.js";
import { askFilters, isFiltered, noFilters, readFilters, spellFilters } from "./filters.js";
import { Listing } from "./listing.js";
import { Live } from "./live.js";
import { RunList } from "./runlist.js";
import { element, showFreshness } from "./shell.js";
import { now } from "./time.js";
import { carry } from "./views.js";

const RETRY = 2000; // ms
const TYPING = 250; // ms after the last key
const BY_ITSELF = 1000; // runs that scrolling loads; the rest by the button

/** @typedef {import("./filters.js").Filters} Filters */

class RunsPage {
  constructor() {
    this.main = element("main", HTMLElement);
    this.host = element("runs", HTMLElement);
    this.bar = element("filters", HTMLElement);
    this.end = element("runs-end", HTMLElement);
    this.bulk = new BulkDialog(element("bulk-dialog", HTMLDialogElement));
    this.live = new Live();
    this.filters = readFilters(location.search);
    /** @type {{tasks: string[], workers: string[]}} */
    this.names = { tasks: [], workers: [] };
    this.listing = new Listing(this.filters, {
      changed: () => this.schedule(),
      isReading: () => this.isReading,
    });
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
  }

  start() {
    showFreshness(this.live);
    this.live.on("runs", ({ runs }) => this.listing.take(runs));
    this.live.on("gone", ({ runs }) => this.listing.drop(Object.keys(runs)));
    this.live.join({
      run: null,
      have: () => ({ since: 0, structure: 0 }),
      joined: () => this.listing.ask(), // the list as it is now, after we began to listen
      refused: ({ message }) => this.fail(message),
    });
    this.live.start();
    this.listing.ask();
    this.main.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && this.reached(), {
      root: this.main,
      rootMargin: "400px",
    }).observe(this.end);
    window.addEventListener("popstate", () => this.follow());
    this.drawBar();
    this.loadNames();
    if (document.body.dataset.demo === "yes") this.loadDemo();
  }

  /** The newest runs are out of sight. */
  get isReading() {
    return this.host.getBoundingClientRect().top < this.main.getBoundingClientRect().top - 8;
  }

  scrolled() {
    if (this.listing.held.size && !this.isReading) this.listing.show();
  }

  /** The end of the list is near. */
  reached() {
    if (this.listing.runs.size < BY_ITSELF) this.listing.more();
  }

  /** @param {string} message */
  fail(message) {
    this.listing.problem = message;
    this.schedule();
  }

  /**
   * @param {Partial<Filters>} change
   * @param {boolean} [soon]  somebody is still typing
   */
  change(change, soon = false) {
    this.filters = { ...this.filters, ...change };
    const said = spellFilters(this.filters).toString();
    history.replaceState(null, "", `${location.pathname}${said ? `?${said}` : ""}`);
    this.drawBar();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.begin(), soon ? TYPING : 0);
  }

  /** All failed runs that fit. */
  resubmit() {
    this.bulk.open(askFilters(this.filters, now()), this.filters.error || null);
  }

  begin() {
    const { singles, capped } = this.listing;
    this.listing.set(this.filters);
    Object.assign(this.listing, { singles, capped }); // until the server tells anew
    this.listing.ask();
  }

  /** Back, forward. */
  follow() {
    this.filters = readFilters(location.search);
    this.drawBar();
    this.begin();
  }

  async loadNames() {
    try {
      this.names = await getNames();
      this.drawBar();
    } catch {
      this.names = { tasks: [], workers: [] }; // the fields work without suggestions
    }
  }

  async loadDemo() {
    try {
      const { workflows } = await getDemo();
      render(html`<${Demo} workflows=${workflows} />`, element("demo", HTMLElement));
    } catch {
      setTimeout(() => this.loadDemo(), RETRY);
    }
  }

  schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  get singles() {
    const { singles, capped } = this.listing;
    return singles ? `${singles.toLocaleString("en")}${capped ? "+" : ""}` : "";
  }

  drawBar() {
    carry(this.filters);
    render(
      html`<${FilterBar} filters=${this.filters} singles=${this.singles} names=${this.names} resubmit=${() => this.resubmit()}
        change=${(/** @type {Partial<Filters>} */ change, /** @type {boolean} */ soon) => this.change(change, soon)} />`,
      this.bar,
    );
  }

  draw() {
    const { listing } = this;
    const runs = listing.shown;
    const held = listing.held.size;
    paintFavicon(runs);
    this.drawBar();
    render(
      html`${listing.problem && html`<p class="notice" role="alert">${listing.problem}</p>`}
        <p class="pill-host" role="status">${held > 0 && html`<button type="button" class="pill" onClick=${() => this.toTop()}>${held.toLocaleString("en")} new ${held === 1 ? "run" : "runs"}</button>`}</p>
        ${runs.length > 0 && html`<${RunList} runs=${runs} />`}
        ${
          !runs.length &&
          listing.loaded &&
          html`<${Empty} filtered=${isFiltered(this.filters)} singles=${this.filters.singles ? "" : this.singles}
          clear=${() => this.change({ ...noFilters(), singles: this.filters.singles })} showSingles=${() => this.change({ singles: true })} />`
        }
        ${listing.next !== null && html`<p class="list-more"><span class="muted">${runs.length.toLocaleString("en")} shown</span><button type="button" class="button plain" disabled=${listing.loading} onClick=${() => listing.more()}>${listing.loading ? "Loading" : "Show older runs"}</button></p>`}`,
      this.host,
    );
  }

  toTop() {
    this.listing.show();
    this.main.scrollTo({ top: 0 });
  }
}

new RunsPage().start();
