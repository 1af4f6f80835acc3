/**
 * What a run is seen on: its graph, its timeline or its table, and over the first two the grid of a card's members. The
 * page tells the stage what is to be seen, and the stage tells each of them.
 */

import { html, render } from "htm/preact";
import { Controls } from "./controls.js";
import { Drawer } from "./drawer.js";
import { Graph } from "./graph.js";
import { element } from "./shell.js";
import { Table } from "./table.js";
import { Timeline } from "./timeline.js";

const MOVED = 300; // ms after the last move, the address follows

/**
 * @typedef {import("./state.js").RunState} RunState
 * @typedef {import("./types.js").FoldCard} FoldCard
 * @typedef {import("./view.js").Tab} Tab
 */

export class Stage {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    this.host = element("stage", HTMLElement);
    this.hosts = {
      graph: element("graph", HTMLElement),
      timeline: element("timeline", HTMLElement),
      table: element("table", HTMLElement),
    };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.moving = undefined;
    const { id, selection, spells } = page;
    const open = (/** @type {number} */ index) => page.detail.openIndex(index);
    const arrange = (/** @type {Partial<import("./view.js").Place>} */ change) => page.sift(change);
    const look = (/** @type {FoldCard} */ card) => this.lookInto(card.id);
    this.graph = new Graph(this.hosts.graph, selection, {
      open,
      look,
      unfold: (card) => page.folding.unfold(card),
      moved: () => this.#moved(),
      covered: () => this.#covered(),
    });
    this.timeline = new Timeline(this.hosts.timeline, spells, {
      seek: (at) => page.replay.start(at),
      open,
      look,
    });
    this.table = new Table(this.hosts.table, id, selection, {
      open: (task) => page.detail.go(task),
      arrange,
    });
    this.table.look(page.place);
    this.drawer = new Drawer(element("drawer", HTMLElement), id, selection, {
      open,
      arrange,
      unfold: (card) => this.graph.unfold(card),
      list: (card, failed) => this.list(card, failed),
      close: () => this.lookInto(null),
      lift: (event) => page.resubmission.lift(event),
    });
    this.tools = document.createElement("div");
    this.tools.className = "graph-tools";
    this.hosts.graph.append(this.tools);
    render(html`<${Controls} graph=${this.graph} fit=${() => this.fit()} />`, this.tools);
  }

  /** There is a graph to look at. */
  get drawn() {
    const { graph } = this.page.state;
    return !graph || graph.layout !== null;
  }

  /** @returns {Tab} */
  get tab() {
    const tab = this.page.place.tab ?? "graph";
    return tab === "graph" && !this.drawn ? "table" : tab;
  }

  /** What is zoomed. */
  get chart() {
    return this.tab === "timeline" ? this.timeline : this.graph;
  }

  /** @param {Tab} tab */
  choose(tab) {
    if (tab === "graph" && !this.drawn) return;
    this.page.readdress({ tab: tab === "graph" ? null : tab });
    this.arrange();
    this.table.look(this.page.place);
    this.page.drawHead();
    this.mark({ reveal: true });
  }

  arrange() {
    for (const tab of /** @type {const} */ (["graph", "timeline", "table"]))
      this.hosts[tab].hidden = this.tab !== tab;
    this.timeline.draw();
    this.drawDrawer();
  }

  /** The graph is another one. @param {RunState} state */
  show(state) {
    this.arrange();
    this.table.show(state);
    this.timeline.show(this.page.feed.state);
    this.graph.show(state);
    this.drawDrawer();
  }

  /** The first graph is shown: go where the address says. */
  begin() {
    const { at, card } = this.page.place;
    if (at) this.graph.look(at);
    else this.graph.fit({ glide: false }); // above the drawer
    if (card) this.graph.find(card);
    this.mark({ reveal: true });
  }

  /** The nodes of a large run are here, after its graph. @param {RunState} state */
  name(state) {
    this.table.show(state);
    if (!state.graph) return; // the table needs none
    this.drawDrawer();
    this.timeline.show(this.page.feed.state);
  }

  /**
   * @param {RunState} state
   * @param {Set<number>} touched
   */
  update(state, touched) {
    this.graph.update(state, touched);
    this.drawer.update(state, touched);
    if (!this.page.replay.isOn) this.timeline.update(state, touched);
    this.table.update(state, touched);
  }

  /** The grid of the members of a card, while that is on the graph, and so in the timeline. */
  drawDrawer() {
    const { place, shown: state } = this.page;
    const card = this.tab !== "table" && place.card ? this.graph.cardOf(place.card) : undefined;
    if (card) this.drawer.show(card.fold, state, place);
    else if (this.drawer.isOpen) this.drawer.shut();
    this.graph.expand(card?.fold.id ?? null);
    this.timeline.expand(card?.fold.id ?? null, this.drawer.height);
  }

  /** Show the members of a card as cells, or no more. @param {string | null} id */
  lookInto(id) {
    const { card } = this.page.place;
    if (card === id) return this.drawer.cells.focus();
    this.page.readdress({ card: id }, { push: true });
    this.drawDrawer();
    if (id !== null) {
      if (this.tab === "graph") this.graph.find(id);
      this.drawer.cells.focus();
    } else if (this.tab !== "graph") this.chart.focus();
    else if (card) this.graph.find(card, { focus: true });
  }

  /** Show them, and leave the keyboard where it is. @param {string} card  its id */
  peek(card) {
    if (this.tab !== "graph" || this.page.place.card === card) return;
    this.page.readdress({ card });
    this.drawDrawer();
  }

  /**
   * List the tasks of a card, of those that failed if any did.
   * @param {FoldCard} card
   * @param {boolean} failed
   */
  list(card, failed) {
    this.page.sift({ task: card.task, text: "", states: failed ? ["FAILURE"] : [] });
    this.choose("table");
  }

  /** Mark the task whose detail is open. @param {{reveal?: boolean}} [how] */
  mark({ reveal = false } = {}) {
    const { node } = this.page.place;
    const index = this.page.indexOf(node);
    this.graph.select(index, { reveal });
    this.drawer.cells.select(index);
    this.timeline.select(index, { reveal });
    this.table.select(node, { reveal });
  }

  /** Other tasks are picked. */
  pick() {
    this.graph.pick();
    this.drawer.cells.pick();
    this.table.update(this.page.shown, new Set());
  }

  /** These were found among all tasks; null when nothing is looked for. @param {Set<number> | null} indexes */
  found(indexes) {
    this.graph.hits(indexes);
    this.timeline.hits(indexes);
    this.drawer.cells.hits(indexes);
    this.table.only(indexes);
  }

  fit() {
    if (this.tab === "timeline") return this.timeline.fit();
    this.graph.fit({ whole: true });
    this.page.readdress({ at: null });
  }

  #moved() {
    clearTimeout(this.moving);
    this.moving = setTimeout(() => this.page.readdress({ at: this.graph.viewport.spell() }), MOVED);
  }

  /** What the panels and the drawer hide of the graph. */
  #covered() {
    const { host: panel } = this.page.detail;
    const bottom = this.drawer?.height ?? 0;
    const left = this.page.clusters?.left ?? 0;
    if (panel.hidden || this.host.classList.contains("pinned")) return { left, bottom };
    const wide = panel.clientWidth < this.host.clientWidth;
    return wide ? { left, right: panel.offsetWidth, bottom } : { bottom: panel.offsetHeight };
  }
}
