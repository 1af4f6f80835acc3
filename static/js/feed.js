/**
 * One run, kept current: its graph over HTTP, its states over the socket, at most one redraw a frame.
 *
 * Deltas that arrive while a snapshot is on its way wait for it. A gap asks for a snapshot since what we have; a
 * grown structure fetches the graph again. A large run's graph comes without its nodes, which follow; its edges do where
 * something may still wait or be revoked.
 */

import { getColumns, getEdges } from "./api.js";
import { takeGraph } from "./early.js";
import { Links } from "./links.js";
import { Nodes } from "./nodes.js";
import { blank, withDelta, withGraph, withNodes, withSnapshot } from "./state.js";
import { isLive } from "./states.js";

const BETWEEN_GRAPHS = 300; // ms, while a run still grows
const RETRY = 2000; // ms, after the server could not be reached

/**
 * @typedef {object} Change
 * @property {import("./state.js").RunState} state
 * @property {Set<number>} touched
 * @property {boolean} graph  the graph is another one
 * @property {boolean} nodes  the nodes are others
 */

export class RunFeed {
  /**
   * @param {import("./live.js").Live} live
   * @param {string} run
   * @param {object} to
   * @param {(change: Change) => void} to.draw
   * @param {(problem: {code: string, message: string}) => void} to.fail
   */
  constructor(live, run, { draw, fail }) {
    this.live = live;
    this.run = run;
    this.draw = draw;
    this.fail = fail;
    this.state = blank();
    /** Deltas that wait for a snapshot; null when none is on its way. @type {import("./types.js").Delta[] | null} */
    this.waiting = [];
    /** @type {Set<number>} */
    this.touched = new Set();
    this.regraphed = false;
    this.renoded = false;
    /** The structure of the nodes that are here. */
    this.known = 0;
    /** What of a folded graph is shown. @type {import("./types.js").Wanted} */
    this.wanted = { open: [], apart: [], shown: [], down: false };
    /** The nodes are looked at before the graph is. */
    this.hurry = false;
    this.fetching = false;
    this.frame = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.again = undefined;
    /** @type {Array<() => void>} */
    this.unbinders = [];
  }

  start() {
    this.room = this.live.join({
      run: this.run,
      have: () => {
        this.waiting = [];
        return { since: this.state.seq, structure: this.state.structure };
      },
      joined: (ack) => this.#joined(ack.snapshot),
      refused: (error) => this.fail(error),
    });
    this.unbinders.push(
      this.room.leave,
      this.live.on("delta", (delta) => this.#heard(delta)),
      this.live.on("gone", ({ runs }) => {
        // What was inferred from a root has become part of the run that was announced.
        if (runs[this.run]) location.replace(`/runs/${encodeURIComponent(runs[this.run])}${location.hash}`);
      }),
    );
    this.#fetchGraph();
  }

  stop() {
    for (const unbind of this.unbinders) unbind();
    clearTimeout(this.later);
    clearTimeout(this.again);
    cancelAnimationFrame(this.frame);
  }

  /** Show this of the graph. @param {import("./types.js").Wanted} wanted */
  want(wanted) {
    if (JSON.stringify(wanted) === JSON.stringify(this.wanted)) return;
    this.wanted = wanted;
    this.#fetchGraph();
  }

  /** Fold it anew: what is told apart has become more. */
  refold() {
    this.wanted = { ...this.wanted };
    this.#fetchGraph();
  }

  /** @param {import("./types.js").Snapshot} snapshot */
  #joined(snapshot) {
    const waiting = this.waiting ?? [];
    this.waiting = null;
    this.#take(withSnapshot(this.state, snapshot));
    if (this.hurry) this.#fetchNodes(snapshot.run);
    for (const delta of waiting) this.#heard(delta);
  }

  /** @param {import("./types.js").Delta} delta */
  #heard(delta) {
    if (delta.id !== this.run) return;
    if (this.waiting) this.waiting.push(delta);
    else this.#take(withDelta(this.state, delta));
  }

  /** @param {import("./state.js").Step} step */
  #take({ state, touched, gap, outgrown }) {
    if (gap) {
      this.waiting = [];
      this.room?.again();
      return;
    }
    this.state = state;
    for (const index of touched) this.touched.add(index);
    if (outgrown) this.#fetchGraph();
    this.#schedule();
  }

  async #fetchGraph() {
    if (this.fetching) return;
    this.fetching = true;
    let wait = BETWEEN_GRAPHS;
    const { wanted } = this;
    try {
      const graph = await takeGraph(this.run, wanted);
      this.state = withGraph(this.state, graph); // not in one line: the state moves on while we wait
      this.regraphed = true;
      this.#schedule();
      if (!graph.nodes) this.#fetchNodes(graph.run);
    } catch (problem) {
      const error = /** @type {import("./api.js").ApiError} */ (problem);
      if (error.status !== 0 && error.status < 500) this.fail(error);
      else wait = RETRY;
    }
    this.later = setTimeout(() => {
      this.fetching = false;
      const run = this.state.run;
      if (wait === RETRY || wanted !== this.wanted || (run && run.structure > this.state.structure))
        this.#fetchGraph();
    }, wait);
  }

  /** @param {import("./types.js").RunSummary} run  whose graph came without them */
  async #fetchNodes(run) {
    if (this.known >= run.structure) return;
    const before = this.known;
    this.known = run.structure;
    try {
      const nodes = Nodes.ofColumns(await getColumns(this.run, ["id", "task", "options"]));
      this.state = withNodes(this.state, nodes);
      this.renoded = true;
      this.#schedule();
      if (!isLive(run.state)) return;
      const links = Links.ofColumns(await getEdges(this.run));
      this.state = { ...this.state, links };
      this.#schedule();
    } catch {
      this.known = before;
      this.again = setTimeout(() => this.#fetchNodes(run), RETRY);
    }
  }

  #schedule() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const change = { state: this.state, touched: this.touched, graph: this.regraphed, nodes: this.renoded };
      this.touched = new Set();
      this.regraphed = false;
      this.renoded = false;
      this.draw(change);
    });
  }
}
