/** The page of one run: head, graph, table and detail panel around one feed. */

import { html, render } from "htm/preact";
import { Again } from "./again.js";
import { Clusters } from "./clusters.js";
import { Control } from "./control.js";
import { Controls } from "./controls.js";
import { Drawer } from "./drawer.js";
import { RUN } from "./early.js";
import { paintFavicon } from "./favicon.js";
import { RunFeed } from "./feed.js";
import { FoldNote } from "./foldnote.js";
import { Graph } from "./graph.js";
import { Head } from "./head.js";
import { Hits } from "./hits.js";
import { Live } from "./live.js";
import { split } from "./names.js";
import { layoutProblem, notice } from "./notice.js";
import { Panel } from "./panel.js";
import { Picked } from "./picked.js";
import { Replay } from "./replay.js";
import { Rerun } from "./rerun.js";
import { Revoke } from "./revoke.js";
import { bindRunKeys } from "./runkeys.js";
import { replayOf } from "./runreplay.js";
import { Search } from "./search.js";
import { Selection } from "./selection.js";
import { element, showFreshness } from "./shell.js";
import { Spells } from "./spells.js";
import { isLive, STATES } from "./states.js";
import { Table } from "./table.js";
import { Timeline } from "./timeline.js";
import { MOST_SHOWN, narrow, readPlace, wantedOf, writePlace } from "./view.js";

const MOVED = 300; // ms after the last move, the address follows
const BETWEEN_WAITS = 500; // ms between two looks at why a task waits

export class RunPage {
  /** @param {string} run */
  constructor(run) {
    this.id = run;
    this.hosts = {
      head: element("run-head", HTMLElement),
      notice: element("notice", HTMLElement),
      stage: element("stage", HTMLElement),
      graph: element("graph", HTMLElement),
      timeline: element("timeline", HTMLElement),
      table: element("table", HTMLElement),
      panel: element("panel", HTMLElement),
      picked: element("picked", HTMLElement),
    };
    this.live = new Live();
    this.place = readPlace();
    this.fresh = "connecting";
    this.opened = false; // the first graph was drawn
    /** @type {string | null} */
    this.wanted = null;
    this.holding = ""; // what holds tasks of the run, spelled out
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.refreshing = undefined;
    /** @type {{code: string, message: string} | null} */
    this.failure = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.moving = undefined;
    this.again = new Again(() => this.drawHead());
    this.control = new Control(run, () => this.drawHead());
    this.selection = new Selection(() => this.picked());
    this.selection.indexes = new Set(this.place.picked);
    this.graph = new Graph(this.hosts.graph, this.selection, {
      open: (index) => this.openIndex(index),
      look: (card) => this.lookInto(card.id),
      unfold: (card) => this.unfold(card),
      moved: () => this.moved(),
      covered: () => this.covered(),
    });
    this.spells = new Spells(run, () => {
      this.timeline.told();
      this.replay.ready();
      this.drawHead();
    });
    this.timeline = new Timeline(this.hosts.timeline, this.spells, {
      seek: (at) => this.replay.start(at),
      open: (index) => this.openIndex(index),
      look: (card) => this.lookInto(card.id),
    });
    this.table = new Table(this.hosts.table, run, this.selection, {
      open: (id) => this.go(id),
      arrange: (change) => this.sift(change),
    });
    this.table.look(this.place);
    this.drawer = new Drawer(element("drawer", HTMLElement), run, this.selection, {
      open: (index) => this.openIndex(index),
      arrange: (change) => this.sift(change),
      unfold: (card) => this.graph.unfold(card),
      list: (card, failed) => this.list(card, failed),
      close: () => this.lookInto(null),
    });
    this.panel = new Panel(this.hosts.panel, run, {
      close: () => this.close(),
      go: (id) => this.go(id),
      revoke: (id) => this.revoke.open(this.tasks([this.indexOf(id) ?? -1])),
    });
    this.revoke = new Revoke(element("revoke", HTMLDialogElement), run, () => this.feed.state);
    this.rerun = new Rerun(
      element("rerun", HTMLDialogElement),
      run,
      () => this.feed.state,
      (id) => this.go(id),
    );
    this.hits = new Hits(element("hits", HTMLElement), this);
    this.search = new Search(element("search", HTMLFormElement), this);
    this.clusters = new Clusters(element("errors", HTMLElement), this);
    this.feed = new RunFeed(this.live, run, {
      draw: (change) => this.draw(change),
      fail: (problem) => this.fail(problem),
    });
    this.feed.wanted = wantedOf(this.place);
    this.feed.hurry = this.tab === "table";
    this.replay = replayOf(this);
    this.folds = document.createElement("div");
    this.folds.className = "fold-note";
    this.hosts.graph.append(this.folds);
    this.foldNote = new FoldNote(this.folds, {
      part: (apart) => this.fold({ apart }),
      refold: () => this.feed.refold(),
      close: () => this.fold({ open: [], shown: [] }),
    });
    const overlay = document.createElement("div");
    overlay.className = "graph-tools";
    this.hosts.graph.append(overlay);
    render(html`<${Controls} graph=${this.graph} fit=${() => this.fit()} />`, overlay);
  }

  start() {
    showFreshness(this.live);
    this.live.onfresh(({ is }) => {
      // What is in the panel may have changed while the link was down.
      if (this.fresh === "stale" && is !== "stale") this.panel.refresh();
      this.fresh = is;
    });
    this.arrange();
    this.live.start();
    this.feed.start();
    if (this.place.node) this.panel.open(this.place.node);
    this.seek();
    narrow.addEventListener("change", () => this.feed.want(wantedOf(this.place)));
    window.addEventListener("popstate", () => this.follow());
    window.addEventListener("hashchange", () => this.follow());
    bindRunKeys(this);
    this.again.start();
  }

  /** The first arrow, from nowhere, puts the keyboard on the graph. @param {KeyboardEvent} event */
  enter(event) {
    if (!(event.target instanceof Element)) return;
    if (event.target !== document.body && event.target.id !== "main") return;
    if (this.tab === "table" && !this.replay.isOn) return;
    event.preventDefault();
    if (!this.replay.key(event)) this.chart.focus();
  }

  escape() {
    if (this.panel.isOpen) this.close();
    else if (this.clusters.isOpen) this.turnTo(null);
    else if (this.drawer.isOpen && !this.selection.size) this.lookInto(null);
    else if (this.replay.isOn) this.replay.stop();
    else this.selection.clear();
  }

  /** What the page shows: the run as it is, or was at the moment that is replayed. */
  get state() {
    return this.replay?.state ?? this.feed.state;
  }

  /** There is a graph to look at. */
  get drawn() {
    return !this.state.graph || this.state.graph.layout !== null;
  }

  /** @returns {import("./view.js").Tab} */
  get tab() {
    const tab = this.place.tab ?? "graph";
    return tab === "graph" && !this.drawn ? "table" : tab;
  }

  /** What is zoomed. */
  get chart() {
    return this.tab === "timeline" ? this.timeline : this.graph;
  }

  /** @param {import("./feed.js").Change} change */
  draw(change) {
    const { state, touched, graph, nodes } = this.replay.during(change);
    this.failure = null;
    if (graph) this.drawGraph(state);
    else {
      this.graph.update(state, touched);
      this.foldNote.update(state);
      this.drawer.update(state, touched);
      if (!this.replay.isOn) this.timeline.update(state, touched);
      this.table.update(state, touched);
    }
    if (nodes) this.drawNodes(state);
    const open = this.indexOf(this.panel.id);
    const holding = heldBy(state.run);
    if (open !== null && touched.has(open) && !this.replay.isOn) this.panel.refresh();
    else if (open !== null && holding !== this.holding) this.refreshSoon();
    this.holding = holding;
    this.drawHead();
    this.revoke.refresh();
    if (this.wanted) this.next(this.wanted);
    if (touched.size && !this.replay.isOn) this.search.refresh();
    if (!this.replay.isOn) this.clusters.refresh();
    this.replay.follow(this.place.moment);
    if (state.run && isLive(state.run.state)) this.spells.want(state.seq, { soon: this.tab === "timeline" });
    if (state.run) paintFavicon([state.run]);
  }

  /** What holds tasks may change with each that is sent: the detail follows, but not that often. */
  refreshSoon() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.panel.refresh();
    }, BETWEEN_WAITS);
  }

  /** @param {import("./state.js").RunState} state */
  drawGraph(state) {
    const first = !this.opened;
    this.opened = true;
    this.arrange();
    this.table.show(state);
    this.timeline.show(this.feed.state);
    this.graph.show(state);
    this.drawDrawer();
    this.foldNote.show(state, this.place.apart);
    this.drawNotice();
    this.drawPicked();
    this.hits.follow();
    if (!first) return;
    if (this.place.at) this.graph.look(this.place.at);
    else this.graph.fit({ glide: false }); // above the drawer
    if (this.place.card) this.graph.find(this.place.card);
    this.mark({ reveal: true });
  }

  /** The nodes of a large run are here, after its graph. @param {import("./state.js").RunState} state */
  drawNodes(state) {
    this.table.show(state);
    this.drawPicked();
    this.search.draw();
    this.hits.named();
    this.mark({ reveal: true });
    if (!state.graph) return; // the table needs none
    this.drawDrawer();
    this.timeline.show(this.feed.state);
  }

  drawHead() {
    const { run } = this.state;
    if (!run) return;
    const name = split(run.name).name;
    document.title = `${name} · Umbel`;
    element("crumb-run", HTMLElement).textContent = name;
    render(
      html`<${Head} run=${run} tab=${this.tab} moment=${this.replay.moment} left=${this.tab === "timeline" ? null : (this.spells.told?.estimate ?? null)} replay=${Replay.isFor(run) ? () => this.replay.toggleOn() : null} drawn=${this.drawn} choose=${(/** @type {import("./view.js").Tab} */ tab) => this.choose(tab)}
        next=${(/** @type {string} */ state) => this.next(state)} again=${this.again.of(run)} starting=${this.again.starting}
        revoke=${() => this.revoke.open(null)} rerun=${() => this.rerun.open()} control=${this.control} why=${() => this.clusters.toggle()} />`,
      this.hosts.head,
    );
  }

  drawNotice() {
    const failed = this.failure && { title: "This run cannot be followed.", text: this.failure.message };
    notice(this.hosts.notice, failed ?? layoutProblem(this.state.graph?.layout_error));
  }

  /** @param {{code: string, message: string}} problem */
  fail(problem) {
    this.failure = problem;
    this.drawNotice();
  }

  arrange() {
    for (const tab of /** @type {const} */ (["graph", "timeline", "table"]))
      this.hosts[tab].hidden = this.tab !== tab;
    this.timeline.draw();
    this.drawDrawer();
  }

  /** The grid of the members of a card, while that is on the graph, and so in the timeline. */
  drawDrawer() {
    const card = this.tab !== "table" && this.place.card ? this.graph.cardOf(this.place.card) : undefined;
    if (card) this.drawer.show(card.fold, this.state, this.place);
    else if (this.drawer.isOpen) this.drawer.shut();
    this.graph.expand(card?.fold.id ?? null);
    this.timeline.expand(card?.fold.id ?? null, this.drawer.height);
  }

  /** @param {import("./view.js").Tab} tab */
  choose(tab) {
    if (tab === "graph" && !this.drawn) return;
    this.place.tab = tab === "graph" ? null : tab;
    writePlace(this.place);
    this.arrange();
    this.table.look(this.place);
    this.drawHead();
    this.mark({ reveal: true });
  }

  /** Filter or sort the table. @param {Partial<import("./view.js").Place>} change */
  sift(change) {
    Object.assign(this.place, change);
    writePlace(this.place);
    this.table.look(this.place);
    this.drawer.look(this.place);
    this.seek();
  }

  /** Show what the address says was looked for: some text, or one of the errors. */
  seek() {
    this.search.look(this.place.text);
    this.clusters.look(this.place.errors);
  }

  /** Open the panel of errors, or choose one. @param {string | null} errors */
  turnTo(errors) {
    if (errors !== null && this.place.text) this.sift({ text: "" });
    this.place.errors = errors;
    writePlace(this.place);
    this.clusters.look(errors);
  }

  /** These were found among all tasks; null when nothing is looked for. @param {Set<number> | null} indexes */
  found(indexes) {
    this.graph.hits(indexes);
    this.timeline.hits(indexes);
    this.drawer.cells.hits(indexes);
    this.table.only(indexes);
  }

  /** The selection has changed. */
  picked() {
    this.place.picked = [...this.selection.indexes];
    writePlace(this.place);
    this.drawPicked();
  }

  drawPicked() {
    this.graph.pick();
    this.drawer.cells.pick();
    this.table.update(this.state, new Set());
    render(
      html`<${Picked} ids=${this.tasks(this.selection.indexes).map(({ id }) => id)} clear=${() => this.selection.clear()}
        revoke=${() => this.revokeThese()} show=${this.canShow() ? () => this.showThese() : null} />`,
      this.hosts.picked,
    );
  }

  /** Those of these that are tasks, in order. @param {Iterable<number>} indexes */
  tasks(indexes) {
    const { nodes } = this.state;
    const sorted = [...indexes].sort((a, b) => a - b);
    return sorted.flatMap((index) => nodes.at(index) ?? []).filter(({ kind }) => kind === "task");
  }

  /** Revoke the picked tasks, or the open one. */
  revokeThese() {
    const picked = this.tasks(this.selection.indexes);
    const these = picked.length ? picked : this.tasks([this.indexOf(this.place.node) ?? -1]);
    if (these.length) this.revoke.open(these);
  }

  /** @param {string | null} id */
  indexOf(id) {
    const index = this.state.nodes.indexOf(id);
    return index < 0 ? null : index;
  }

  /** @param {number} index */
  openIndex(index) {
    const id = this.state.nodes.id(index);
    if (id) this.go(id);
  }

  /** Show the detail of a task. @param {string} id */
  go(id) {
    this.wanted = null;
    this.place.node = id;
    writePlace(this.place, { push: true });
    this.panel.open(id);
    this.mark({ reveal: true });
  }

  /** Show the members of a card as cells, or no more. @param {string | null} id */
  lookInto(id) {
    const { card } = this.place;
    if (card === id) return this.drawer.cells.focus();
    this.place.card = id;
    writePlace(this.place, { push: true });
    this.drawDrawer();
    if (id !== null) {
      if (this.tab === "graph") this.graph.find(id);
      this.drawer.cells.focus();
    } else if (this.tab !== "graph") this.chart.focus();
    else if (card) this.graph.find(card, { focus: true });
  }

  /** Show them, and leave the keyboard where it is. @param {string} card  its id */
  peek(card) {
    if (this.tab !== "graph" || this.place.card === card) return;
    this.place.card = card;
    writePlace(this.place);
    this.drawDrawer();
  }

  /** Show what the card is made of whose members are shown. */
  openCard() {
    const card = this.place.card && this.graph.cardOf(this.place.card);
    if (card) this.graph.unfold(card.fold);
  }

  /** Show what a card is made of, in its place. @param {import("./types.js").FoldCard} card */
  unfold(card) {
    const within = this.drawer.host.contains(document.activeElement);
    if (this.tab !== "graph") this.choose("graph");
    if (within) this.graph.find(card.id, { focus: true });
    if (this.place.card === card.id) this.place.card = null;
    this.fold({ open: [...this.place.open, card.id] });
    this.drawDrawer();
  }

  /**
   * List the tasks of a card, of those that failed if any did.
   * @param {import("./types.js").FoldCard} card
   * @param {boolean} failed
   */
  list(card, failed) {
    this.sift({ task: card.task, text: "", states: failed ? ["FAILURE"] : [] });
    this.choose("table");
  }

  /** Fold the graph otherwise. @param {Partial<import("./types.js").Wanted>} change */
  fold(change) {
    Object.assign(this.place, change);
    writePlace(this.place, { push: true });
    this.foldNote.show(this.state, this.place.apart);
    this.feed.want(wantedOf(this.place));
  }

  /** Whether some of the picked tasks are folded together with others. */
  canShow() {
    const { folding } = this.state.graph ?? {};
    return folding ? [...this.selection.indexes].some((index) => !folding.shown.includes(index)) : false;
  }

  /** Show the picked tasks as cards of their own. */
  showThese() {
    const shown = this.tasks(this.selection.indexes).map(({ index }) => index);
    if (shown.length > MOST_SHOWN) return;
    if (this.tab !== "graph") this.choose("graph");
    this.place.card = null;
    this.drawDrawer();
    this.graph.focusOn(shown[0]);
    this.fold({ shown });
  }

  close() {
    if (!this.panel.isOpen) return;
    const within = this.hosts.panel.contains(document.activeElement);
    this.place.node = null;
    writePlace(this.place, { push: true });
    this.panel.shut();
    this.mark();
    if (within && this.tab !== "table") this.chart.focus();
  }

  /** Back, forward, or an address that somebody edited. */
  follow() {
    this.place = readPlace();
    this.feed.want(wantedOf(this.place));
    this.replay.follow(this.place.moment, { isNew: true });
    if (this.place.node) this.panel.open(this.place.node);
    else if (this.panel.isOpen) this.panel.shut();
    this.arrange();
    this.selection.indexes = new Set(this.place.picked);
    this.drawPicked();
    this.table.look(this.place);
    this.drawHead();
    this.seek();
    if (this.place.at) this.graph.look(this.place.at);
    this.mark({ reveal: true });
  }

  /** @param {{reveal?: boolean}} [how] */
  mark({ reveal = false } = {}) {
    const index = this.indexOf(this.place.node);
    this.graph.select(index, { reveal });
    this.drawer.cells.select(index);
    this.timeline.select(index, { reveal });
    this.table.select(this.place.node, { reveal });
  }

  /** Walk through the tasks in a state, one a click. @param {string} state */
  next(state) {
    const code = /** @type {readonly string[]} */ (STATES).indexOf(state);
    const { codes, nodes, run } = this.state;
    const found = nodes.tasks.filter((index) => codes[index] === code);
    const here = this.indexOf(this.place.node) ?? -1;
    const next = found.find((index) => index > here) ?? found[0];
    this.wanted = next !== undefined || !run?.counts[state] ? null : state; // the head is here before nodes and states are
    if (next !== undefined) this.openIndex(next);
  }

  fit() {
    if (this.tab === "timeline") return this.timeline.fit();
    this.graph.fit({ whole: true });
    this.place.at = null;
    writePlace(this.place);
  }

  moved() {
    clearTimeout(this.moving);
    this.moving = setTimeout(() => {
      this.place.at = this.graph.viewport.spell();
      writePlace(this.place);
    }, MOVED);
  }

  /** What panel and drawer hide of the graph. */
  covered() {
    const { panel, stage } = this.hosts;
    const bottom = this.drawer?.height ?? 0;
    const left = this.clusters?.left ?? 0;
    if (panel.hidden || stage.classList.contains("pinned")) return { left, bottom };
    const wide = panel.clientWidth < stage.clientWidth;
    return wide ? { left, right: panel.offsetWidth, bottom } : { bottom: panel.offsetHeight };
  }
}

/** When that changes, so does why a task is not running. @param {import("./types.js").RunSummary | null} run */
function heldBy(run) {
  return JSON.stringify([run?.paused ?? null, run?.waits ?? null]);
}

new RunPage(RUN).start();
