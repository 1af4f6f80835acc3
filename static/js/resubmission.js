/**
 * Running a part of a run again: the button that offers it, the plan that is made, the tray, the editor and the menu; and the hands
 * that put tasks into it.
 */

import { Ask } from "./ask.js";
import { Drag } from "./drag.js";
import { Editor } from "./editor.js";
import { membersOn } from "./graphhand.js";
import { Lasso } from "./lasso.js";
import { Lineage } from "./lineage.js";
import { Marks } from "./marks.js";
import { Offer } from "./offer.js";
import { Planning } from "./planning.js";
import { called } from "./planwords.js";
import { Results } from "./results.js";
import { element } from "./shell.js";
import { STATES } from "./states.js";
import { targetsOf } from "./targets.js";
import { TaskMenu } from "./taskmenu.js";
import { Tray } from "./tray.js";

const MENDED = ["FAILURE", "REVOKED", "BLOCKED"].map((state) =>
  /** @type {readonly string[]} */ (STATES).indexOf(state),
);

/** @typedef {import("./deck.js").Drawn} Drawn */

export class Resubmission {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    this.offer = new Offer(page.id, () => page.drawHead());
    this.lineage = new Lineage(page.id, () => page.drawHead());
    this.marks = new Marks(page);
    this.planning = new Planning(page, () => this.changed());
    this.ask = new Ask(element("ask", HTMLDialogElement), this.planning.drafts);
    this.results = new Results(this);
    this.editor = new Editor(element("editor", HTMLDialogElement), this);
    this.tray = new Tray(element("tray", HTMLElement), this);
    this.menu = new TaskMenu(element("menu", HTMLElement), this);
    this.drag = new Drag({
      isOn: () => this.planning.isOn,
      carry: (load) => this.tray.carry(load?.nodes ?? null),
      drop: (key, nodes) => this.tray.targets.find((each) => each.key === key)?.take(nodes),
    });
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** There is a graph: cards can be dragged, and rectangles drawn over them. @param {import("./graph.js").Graph} graph */
  bind(graph) {
    const { svg, deck } = graph;
    this.lasso = new Lasso(graph, this.page.selection, () => this.planning.isOn);
    graph.viewport.spare = (event) =>
      this.planning.isOn && (deck.at(event.target) !== undefined || this.lasso?.takes(event) === true);
    svg.addEventListener("pointerdown", (event) => {
      const card = deck.at(event.target);
      if (card) this.drag.begin(event, () => this.#loadOf(card));
    });
    svg.addEventListener(
      "click",
      (event) => {
        if (this.drag.isDone) event.stopPropagation();
      },
      { capture: true },
    );
    svg.addEventListener("contextmenu", (event) => {
      const card = deck.at(event.target);
      if (!card) return;
      event.preventDefault();
      this.menu.open(this.#askedOf(card), { x: event.clientX, y: event.clientY });
    });
  }

  /**
   * The run is another one, or some of its tasks are.
   * @param {import("./state.js").RunState} state
   * @param {boolean} changed  some tasks are
   */
  follow(state, changed) {
    const { run } = state;
    if (!run) return;
    if (changed) this.planning.behind();
    this.offer.follow(run);
    this.marks.follow(state, changed);
    this.lineage.follow(run);
  }

  changed() {
    this.tray.soon();
    this.page.drawHead();
  }

  /** Other tasks are picked. */
  pick() {
    if (this.planning.isOn) this.tray.soon();
  }

  /** What is picked, without joins. */
  get picked() {
    return this.page.state.nodes.tasksOf(this.page.selection.indexes).map(({ index }) => index);
  }

  /** The tasks that failed, and what they blocked. */
  failed() {
    const { codes, nodes } = this.page.state;
    return nodes.tasks.filter((index) => MENDED.includes(codes[index]));
  }

  /** The queues that tasks of the run name. */
  get queues() {
    const { settings } = this.page.state.nodes;
    const found = new Set(this.planning.choice.edits.flatMap(({ queue }) => queue ?? []));
    for (const each of settings) if (typeof each?.queue === "string") found.add(each.queue);
    return [...found].sort();
  }

  /** @returns {import("./targets.js").Target} */
  get otherQueue() {
    return {
      key: "queue",
      label: "another queue…",
      about: "They run, on a queue that you name",
      look: "RUN",
      refuses: (nodes) =>
        targetsOf(this)
          .find(({ key }) => key === "edit")
          ?.refuses(nodes) ?? "",
      take: (nodes) => this.#askQueue(nodes),
    };
  }

  /** @param {number[]} nodes */
  #askQueue(nodes) {
    this.ask.open({
      title: "On another queue",
      about: `${called(this.page.state.nodes, nodes)} will be sent to it.`,
      label: "Queue",
      verb: "Send there",
      draft: "queue",
      refuses: (text) => (text.trim() ? "" : "It needs a name."),
      take: (text) => this.reroute(nodes, text.trim()),
    });
  }

  /**
   * @param {number[]} nodes
   * @param {string} queue
   */
  reroute(nodes, queue) {
    this.planning.reroute(nodes, queue);
  }

  /** Whether any of these is chosen by itself. @param {number[]} nodes */
  isChosen(nodes) {
    const { from, only, skip, hold, release, results, edits } = this.planning.choice;
    const some = [...results, ...edits].flatMap((each) => each.nodes);
    const own = new Set([...from, ...only, ...skip, ...hold, ...release, ...some]);
    return this.planning.isOn && nodes.some((index) => own.has(index));
  }

  /** What is dragged with a card: all that is picked, if it is among that. @param {Drawn} card */
  #loadOf(card) {
    const { selection, state } = this.page;
    const { nodes, all } = this.#askedOf(card);
    const mine = nodes.some((index) => selection.has(index)) ? this.picked : nodes;
    const of = all && mine === nodes ? ` of ${all.length.toLocaleString("en")}` : "";
    return { nodes: mine, label: `${called(state.nodes, mine)}${of}` };
  }

  /** The tasks of a card; of one of many, those that did not succeed, if any did not. @param {Drawn} card */
  #askedOf(card) {
    const { nodes, codes } = this.page.state;
    const all = nodes.tasksOf(membersOn(card)).map(({ index }) => index);
    const failed = all.filter((index) => MENDED.includes(codes[index]));
    return failed.length && failed.length < all.length ? { nodes: failed, all } : { nodes: all };
  }

  /** A pointer was pressed on tasks that are picked. @param {PointerEvent} event */
  lift(event) {
    return this.drag.begin(event, () => ({
      nodes: this.picked,
      label: called(this.page.state.nodes, this.picked),
    }));
  }

  /** The menu of what the keyboard is on: what is picked, else a card, else the task whose detail is open. */
  openMenu() {
    const { page } = this;
    const { card } = page.stage.graph.hand;
    const under = document.activeElement;
    const box = (under ?? document.body).getBoundingClientRect();
    const at = { x: box.x + box.width / 2, y: box.y + Math.min(box.height, 60) };
    const open = page.indexOf(page.place.node);
    if (this.picked.length) this.menu.open({ nodes: this.picked }, at);
    else if (card && under === card.box) this.menu.open(this.#askedOf(card), at);
    else if (open !== null) this.menu.open({ nodes: [open] }, page.detail.spot);
    else if (card && page.stage.tab === "graph") this.menu.open(this.#askedOf(card), at);
  }

  /** The editor of what is picked, else of the task whose detail is open, or that the keyboard is on. */
  openEditor() {
    const { page, picked } = this;
    const open = page.indexOf(page.place.node);
    const { card } = page.stage.graph.hand;
    if (picked.length) this.editor.open(picked);
    else if (open !== null) this.editor.open([open]);
    else if (card) this.editor.open(this.#askedOf(card).nodes);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (!this.planning.isOn || !(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented)
      return;
    const typing = event.target instanceof Element && event.target.closest("input, textarea, dialog");
    const key = event.key.toLowerCase();
    if (typing || (key !== "z" && key !== "y")) return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.planning.redo();
    else this.planning.undo();
  }
}
