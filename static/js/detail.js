/** The task that somebody looks at: which it is, the way to another one, and the panel with its detail. */

import { Panel } from "./panel.js";
import { element } from "./shell.js";
import { STATES } from "./states.js";

const BETWEEN_WAITS = 500; // ms between two looks at why a task waits

export class Detail {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    this.host = element("panel", HTMLElement);
    this.panel = new Panel(this.host, page.id, {
      close: () => this.close(),
      go: (id) => this.go(id),
      plan: (id, at) => page.resubmission.menu.open({ nodes: [page.indexOf(id) ?? -1] }, at),
      revoke: (id) => page.revoke.open(page.state.nodes.tasksOf([page.indexOf(id) ?? -1])),
    });
    /** A state, the next task in which is opened once it is known. @type {string | null} */
    this.wanted = null;
    this.holding = ""; // what holds tasks of the run, spelled out
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.refreshing = undefined;
  }

  /** Where the menu of the open task belongs, in the window. */
  get spot() {
    const { left, bottom } = (
      this.host.querySelector("[aria-haspopup]") ?? this.host
    ).getBoundingClientRect();
    return { x: left, y: bottom + 4 };
  }

  get isOpen() {
    return this.panel.isOpen;
  }

  /** @param {string} id */
  go(id) {
    this.wanted = null;
    this.page.readdress({ node: id }, { push: true });
    this.panel.open(id);
    this.page.stage.mark({ reveal: true });
  }

  /** @param {number} index */
  openIndex(index) {
    const id = this.page.state.nodes.id(index);
    if (id) this.go(id);
  }

  /** Walk through the tasks in a state, one a click. @param {string} state */
  next(state) {
    const code = /** @type {readonly string[]} */ (STATES).indexOf(state);
    const { codes, nodes, run } = this.page.state;
    const found = nodes.tasks.filter((index) => codes[index] === code);
    const here = this.page.indexOf(this.page.place.node) ?? -1;
    const next = found.find((index) => index > here) ?? found[0];
    this.wanted = next !== undefined || !run?.counts[state] ? null : state; // the head is here before nodes and states are
    if (next !== undefined) this.openIndex(next);
  }

  close() {
    if (!this.isOpen) return;
    const { stage } = this.page;
    const within = this.host.contains(document.activeElement);
    this.page.readdress({ node: null }, { push: true });
    this.panel.shut();
    stage.mark();
    if (within && stage.tab !== "table") stage.chart.focus();
  }

  /** Show what the address says. */
  follow() {
    const { node } = this.page.place;
    if (node) this.panel.open(node);
    else if (this.isOpen) this.panel.shut();
  }

  /**
   * @param {import("./state.js").RunState} state
   * @param {Set<number>} touched
   */
  update({ run }, touched) {
    const open = this.page.indexOf(this.panel.id);
    const holding = heldBy(run);
    if (open !== null && touched.has(open) && !this.page.replay.isOn) this.panel.refresh();
    else if (open !== null && holding !== this.holding) this.#refreshSoon();
    this.holding = holding;
    if (this.wanted) this.next(this.wanted);
  }

  /** What holds tasks may change with each that is sent: the detail follows, but not that often. */
  #refreshSoon() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.panel.refresh();
    }, BETWEEN_WAITS);
  }
}

/** When that changes, so does why a task is not running. @param {import("./types.js").RunSummary | null} run */
function heldBy(run) {
  return JSON.stringify([run?.paused ?? null, run?.waits ?? null]);
}
