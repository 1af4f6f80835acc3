/**
 * The page of one run: what comes from one feed, and what its address says, is shown in the head, on the stage and in the
 * detail of a task.
 */

import { html, render } from "htm/preact";
import { Again } from "./again.js";
import { Clusters } from "./clusters.js";
import { Control } from "./control.js";
import { Detail } from "./detail.js";
import { RUN } from "./early.js";
import { paintFavicon } from "./favicon.js";
import { RunFeed } from "./feed.js";
import { Folding } from "./folding.js";
import { Head } from "./head.js";
import { Hits } from "./hits.js";
import { Live } from "./live.js";
import { differing, Looks, looksOf } from "./looks.js";
import { split } from "./names.js";
import { layoutProblem, notice } from "./notice.js";
import { Picked } from "./picked.js";
import { Replay } from "./replay.js";
import { Rerun } from "./rerun.js";
import { Resubmission } from "./resubmission.js";
import { Revoke } from "./revoke.js";
import { bindRunKeys } from "./runkeys.js";
import { replayOf } from "./runreplay.js";
import { Search } from "./search.js";
import { Selection } from "./selection.js";
import { element, showFreshness } from "./shell.js";
import { Spells } from "./spells.js";
import { Stage } from "./stage.js";
import { isLive } from "./states.js";
import { narrow, readPlace, wantedOf, writePlace } from "./view.js";

/** @typedef {import("./state.js").RunState} RunState */

export class RunPage {
  /** @param {string} run */
  constructor(run) {
    this.id = run;
    this.hosts = { head: element("run-head", HTMLElement), notice: element("notice", HTMLElement) };
    this.live = new Live();
    this.place = readPlace();
    this.fresh = "connecting";
    this.opened = false; // the first graph was drawn
    /** @type {{code: string, message: string} | null} */
    this.failure = null;
    this.looks = new Looks();
    /** What tasks looked like when they were painted last. */
    this.painted = new Uint8Array(0);
    this.again = new Again(() => this.drawHead());
    this.control = new Control(run, () => this.drawHead());
    this.selection = new Selection(() => this.picked.changed());
    this.selection.indexes = new Set(this.place.picked);
    this.picked = new Picked(element("picked", HTMLElement), this);
    this.spells = new Spells(run, () => {
      this.stage.timeline.told();
      this.replay.ready();
      this.drawHead();
    });
    this.detail = new Detail(this);
    this.resubmission = new Resubmission(this);
    this.stage = new Stage(this);
    this.resubmission.bind(this.stage.graph);
    this.folding = new Folding(this);
    this.revoke = new Revoke(element("revoke", HTMLDialogElement), run, () => this.feed.state);
    this.rerun = new Rerun(
      element("rerun", HTMLDialogElement),
      run,
      () => this.feed.state,
      (id) => this.detail.go(id),
    );
    this.hits = new Hits(element("hits", HTMLElement), this);
    this.search = new Search(element("search", HTMLFormElement), this);
    this.clusters = new Clusters(element("errors", HTMLElement), this);
    this.feed = new RunFeed(this.live, run, {
      draw: (change) => this.draw(change),
      fail: (problem) => this.fail(problem),
    });
    this.feed.wanted = wantedOf(this.place);
    this.feed.hurry = this.stage.tab === "table";
    this.replay = replayOf(this);
  }

  start() {
    showFreshness(this.live);
    this.live.onfresh(({ is }) => {
      // What is in the panel may have changed while the link was down.
      if (this.fresh === "stale" && is !== "stale") this.detail.panel.refresh();
      this.fresh = is;
    });
    this.stage.arrange();
    this.live.start();
    this.feed.start();
    this.detail.follow();
    this.seek();
    narrow.addEventListener("change", () => this.folding.follow());
    window.addEventListener("popstate", () => this.follow());
    window.addEventListener("hashchange", () => this.follow());
    bindRunKeys(this);
    this.again.start();
    this.resubmission.planning.follow(this.place.plan);
  }

  /** The first arrow, from nowhere, puts the keyboard on the graph. @param {KeyboardEvent} event */
  enter(event) {
    if (!(event.target instanceof Element)) return;
    if (event.target !== document.body && event.target.id !== "main") return;
    if (this.stage.tab === "table" && !this.replay.isOn) return;
    event.preventDefault();
    if (!this.replay.key(event)) this.stage.chart.focus();
  }

  escape() {
    if (this.detail.isOpen) this.detail.close();
    else if (this.clusters.isOpen) this.turnTo(null);
    else if (this.stage.drawer.isOpen && !this.selection.size) this.stage.lookInto(null);
    else if (this.replay.isOn) this.replay.stop();
    else this.selection.clear();
  }

  /** What the page shows: the run as it is, or was at the moment that is replayed. @returns {RunState} */
  get state() {
    return this.replay?.state ?? this.feed.state;
  }

  /** That, with what its tasks look like: marked, or planned. */
  get shown() {
    return this.looks.of(this.state);
  }

  /** Tasks look different, though no state has changed. */
  repaint() {
    const { shown } = this;
    this.stage.update(shown, this.#paint(looksOf(shown)));
    this.stage.graph.paint.flush();
    this.stage.drawDrawer();
  }

  /** @param {Uint8Array} looks @returns {Set<number>}  indexes of what looks different now */
  #paint(looks) {
    const touched = differing(this.painted, looks);
    this.painted = looks.slice(); // states are written where they are
    return touched;
  }

  /** @param {string | null} id */
  indexOf(id) {
    const index = this.state.nodes.indexOf(id);
    return index < 0 ? null : index;
  }

  /**
   * Have the address say something else; who is to show that is told apart from it.
   * @param {Partial<import("./view.js").Place>} change
   * @param {{push?: boolean}} [how]  push makes a step that Back undoes
   */
  readdress(change, how) {
    Object.assign(this.place, change);
    writePlace(this.place, how);
  }

  /** Back, forward, or an address that somebody edited. */
  follow() {
    this.place = readPlace();
    this.folding.follow();
    this.replay.follow(this.place.moment, { isNew: true });
    this.detail.follow();
    this.stage.arrange();
    this.selection.indexes = new Set(this.place.picked);
    this.picked.draw();
    this.stage.table.look(this.place);
    this.drawHead();
    this.resubmission.planning.follow(this.place.plan);
    this.seek();
    if (this.place.at) this.stage.graph.look(this.place.at);
    this.stage.mark({ reveal: true });
  }

  /** Filter or sort the table. @param {Partial<import("./view.js").Place>} change */
  sift(change) {
    this.readdress(change);
    this.stage.table.look(this.place);
    this.stage.drawer.look(this.place);
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
    this.readdress({ errors });
    this.clusters.look(errors);
  }

  /** @param {import("./feed.js").Change} change */
  draw(change) {
    const { state, touched, graph, nodes } = this.replay.during(change);
    this.failure = null;
    if (graph) this.drawGraph(state);
    else {
      const shown = this.looks.of(state);
      this.stage.update(shown, touched);
      this.painted = looksOf(shown).slice();
      this.folding.note.update(state);
    }
    if (nodes) this.drawNodes(state);
    this.drawHead();
    this.revoke.refresh();
    this.detail.update(state, touched);
    this.resubmission.follow(this.feed.state, touched.size > 0);
    if (touched.size && !this.replay.isOn) this.search.refresh();
    if (!this.replay.isOn) this.clusters.refresh();
    this.replay.follow(this.place.moment);
    if (state.run && isLive(state.run.state))
      this.spells.want(state.seq, { soon: this.stage.tab === "timeline" });
    if (state.run) paintFavicon([state.run]);
  }

  /** @param {RunState} state */
  drawGraph(state) {
    const first = !this.opened;
    this.opened = true;
    const shown = this.looks.of(state);
    this.stage.show(shown);
    this.painted = looksOf(shown).slice();
    this.folding.show(state);
    this.resubmission.planning.ready();
    this.drawNotice();
    this.picked.draw();
    this.hits.follow();
    if (first) this.stage.begin();
  }

  /** The nodes of a large run are here, after its graph. @param {RunState} state */
  drawNodes(state) {
    this.stage.name(this.looks.of(state));
    this.resubmission.planning.ready();
    this.picked.draw();
    this.search.draw();
    this.hits.named();
    this.stage.mark({ reveal: true });
  }

  drawHead() {
    const { run } = this.state;
    if (!run) return;
    const name = split(run.name).name;
    document.title = `${name} · Umbel`;
    element("crumb-run", HTMLElement).textContent = name;
    render(
      html`<${Head} run=${run} tab=${this.stage.tab} moment=${this.replay.moment} left=${this.stage.tab === "timeline" ? null : (this.spells.told?.estimate ?? null)} replay=${Replay.isFor(run) ? () => this.replay.toggleOn() : null} drawn=${this.stage.drawn} choose=${(/** @type {import("./view.js").Tab} */ tab) => this.stage.choose(tab)}
        next=${(/** @type {string} */ state) => this.detail.next(state)} again=${this.again.of(run)} starting=${this.again.starting}
        revoke=${() => this.revoke.open(null)} rerun=${() => this.rerun.open()} control=${this.control} resubmission=${this.resubmission} why=${() => this.clusters.toggle()} />`,
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
}

new RunPage(RUN).start();
