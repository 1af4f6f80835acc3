/**
 * Planning which tasks of a run are run again: what is chosen, what would become of each task, and the way back.
 *
 * Each change asks the server for the plan, which is painted on the graph. What was chosen stands in the address, or
 * where it is too long for that in this tab's storage, as does all that was typed: a reload loses nothing.
 */

import { AHEAD, edit, FAILED, isEmpty, NOTHING, parsed, spelled } from "./choice.js";
import { AMEND, deedFor, RESUBMIT } from "./deeds.js";
import { Drafts } from "./drafts.js";
import { differs } from "./planwords.js";

const LONGEST = 1500; // characters in an address
const KEPT = "kept"; // stands for a longer choice there
const STEPS = 200; // that can be undone
const AGAIN = 2000; // ms, after the server could not be reached
const BEHIND = 1000; // ms after the run has changed

/**
 * @typedef {import("./choice.js").Choice} Choice
 * @typedef {import("./types.js").Plan} Plan
 * @typedef {import("./api.js").ApiError} ApiError
 */

export class Planning {
  /**
   * @param {import("./run.js").RunPage} page
   * @param {() => void} changed  something of it is to be shown
   */
  constructor(page, changed) {
    this.page = page;
    this.changed = changed;
    this.drafts = new Drafts(page.id);
    this.isOn = false;
    /** @type {Choice} */
    this.choice = FAILED;
    /** @type {Choice[]} */
    this.past = [];
    /** @type {Choice[]} */
    this.future = [];
    /** What the server has made of the choice, or of the one before while it is asked. @type {Plan | null} */
    this.plan = null;
    this.asking = false;
    this.sending = false;
    /** @type {ApiError | null} */
    this.problem = null;
    this.news = ""; // how the run has changed meanwhile
    this.abort = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.follows = undefined;
  }

  /** What is planned. */
  get deed() {
    const isAhead = this.isOn ? this.choice.ahead : deedFor(this.page.state.run) === AMEND;
    return isAhead ? AMEND : RESUBMIT;
  }

  /** What would become of a choice. @param {Choice} choice @param {AbortSignal} signal */
  preview(choice, signal) {
    return (choice.ahead ? AMEND : RESUBMIT).ask(this.page, choice, signal);
  }

  /** Why it is done, as far as it is typed. */
  get why() {
    return this.drafts.get("why");
  }

  /** @param {string} text */
  say(text) {
    this.drafts.set("why", text);
    this.changed();
  }

  /** What the address says. @param {string | null} text */
  follow(text) {
    if (text === null) return this.isOn ? this.#leave() : undefined;
    if (this.isOn && text === this.#spell()) return;
    this.start(this.#read(text), { push: false });
  }

  /** @param {string} text @returns {Choice} */
  #read(text) {
    const kept = this.drafts.get("choice");
    return parsed(text === KEPT ? kept || "failed" : text);
  }

  /**
   * Plan; what is chosen by now is chosen instead.
   * @param {Choice} [choice]
   * @param {{push?: boolean}} [how]
   */
  start(choice = this.deed.first, { push = true } = {}) {
    if (!this.isOn) {
      this.past = [];
      this.future = [];
      this.news = "";
    } else this.past.push(this.choice);
    this.isOn = true;
    this.choice = choice;
    this.page.replay.stop();
    this.page.readdress({ plan: this.#spell() }, { push });
    this.#ask();
  }

  toggle() {
    if (this.isOn) this.stop();
    else this.start();
  }

  /** Leave it; what was chosen is in the address that Back leads to. */
  stop() {
    if (!this.isOn) return;
    this.page.readdress({ plan: null }, { push: true });
    this.#leave();
  }

  #leave() {
    this.isOn = false;
    this.choice = FAILED;
    this.abort.abort();
    clearTimeout(this.later);
    this.plan = null;
    this.problem = null;
    this.asking = false;
    this.#paint();
  }

  /**
   * What something is added to: what is chosen by now; where nothing is yet, what failed, but for who asks for certain tasks.
   * @param {import("./choice.js").Way | "force" | "edit"} way
   */
  basisOf(way) {
    if (this.isOn) return this.choice;
    if (this.deed === AMEND) return AHEAD;
    return way === "from" || way === "only" ? NOTHING : FAILED;
  }

  /**
   * @param {number[]} nodes
   * @param {string} queue
   */
  reroute(nodes, queue) {
    this.change(edit(this.basisOf("edit"), nodes, { queue }));
  }

  /** @param {Choice} choice */
  change(choice) {
    if (!this.isOn) return this.start(choice);
    if (spelled(choice) === spelled(this.choice)) return;
    this.past = [...this.past.slice(1 - STEPS), this.choice];
    this.future = [];
    this.#take(choice);
  }

  undo() {
    const before = this.past.pop();
    if (!before || !this.isOn) return;
    this.future.push(this.choice);
    this.#take(before);
  }

  redo() {
    const after = this.future.pop();
    if (!after || !this.isOn) return;
    this.past.push(this.choice);
    this.#take(after);
  }

  /** @param {Choice} choice */
  #take(choice) {
    this.choice = choice;
    this.page.readdress({ plan: this.#spell() });
    this.#ask();
  }

  #spell() {
    const text = spelled(this.choice);
    if (text.length <= LONGEST) return text;
    this.drafts.set("choice", text);
    return KEPT;
  }

  /** The nodes of a large run are here: they name what is chosen. */
  ready() {
    if (this.isOn && !this.plan && !this.asking && !isEmpty(this.choice)) this.#ask();
  }

  /** The run has changed: so may the plan. */
  behind() {
    if (!this.isOn || this.sending) return;
    this.follows ??= setTimeout(() => {
      this.follows = undefined;
      if (this.isOn && !this.sending && !this.asking) this.#ask({ quietly: true });
    }, BEHIND);
  }

  /** @param {{quietly?: boolean}} [how]  quietly: nobody has chosen anything */
  async #ask({ quietly = false } = {}) {
    clearTimeout(this.later);
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    if (isEmpty(this.choice)) return this.#show(this.deed.blank(this.page, this.choice)); // the server would take it for what it proposes
    const { nodes } = this.page.state;
    if (!nodes.size) return this.changed(); // `ready` asks
    this.asking = !quietly;
    this.changed();
    try {
      const plan = await this.preview(this.choice, signal);
      if (signal.aborted) return;
      if (quietly && this.plan && !this.choice.ahead && plan.hash !== this.plan.hash)
        this.news = differs(this.plan, plan);
      else if (!quietly) this.news = "";
      this.problem = null;
      this.#show(plan);
    } catch (problem) {
      if (signal.aborted) return;
      this.asking = false;
      const error = /** @type {ApiError} */ (problem);
      if (this.plan && Array.isArray(error.said?.problems))
        return this.#show({ ...this.plan, ok: false, problems: error.said.problems });
      this.problem = error;
      if (this.problem.status === 0 || this.problem.status >= 500)
        this.later = setTimeout(() => this.#ask(), AGAIN);
      this.changed();
    }
  }

  /** @param {Plan | null} plan  null where nothing is chosen */
  #show(plan) {
    this.asking = false;
    this.plan = plan;
    this.#paint();
  }

  #paint() {
    const { looks } = this.page;
    looks.actions = this.plan?.actions ?? null;
    const edited = new Set(this.choice.edits.flatMap(({ nodes }) => nodes));
    looks.note = (index) => (edited.has(index) ? "changed" : "");
    this.page.repaint();
    this.changed();
  }

  /** Why it cannot be confirmed; "" where it can. */
  get obstacle() {
    const { plan, asking, sending, problem } = this;
    if (sending) return "It is being sent.";
    if (this.choice.ahead && deedFor(this.page.state.run) !== AMEND)
      return "Nothing of it is ahead any more.";
    if (isEmpty(this.choice)) return "Nothing is chosen.";
    if (problem && !plan) return problem.message;
    if (asking || !plan) return "The plan is being made.";
    if (problem) return problem.message;
    const [first] = plan.problems;
    if (first) return first.message;
    return plan.ok ? "" : "Nothing would run.";
  }

  async confirm() {
    const { plan } = this;
    if (!plan || this.obstacle) return;
    clearTimeout(this.later);
    this.abort.abort();
    this.sending = true;
    this.problem = null;
    this.changed();
    try {
      const { hash } = plan;
      const run = await this.deed.send(this.page, this.choice, { hash, why: this.why || null });
      this.drafts.clear();
      if (run !== null) return location.assign(`/runs/${encodeURIComponent(run)}`);
      this.sending = false;
      this.stop();
    } catch (problem) {
      this.#refused(/** @type {ApiError} */ (problem), plan);
    }
  }

  /**
   * What is chosen and typed stays; where the run has changed, the plan is another one.
   * @param {ApiError} problem
   * @param {Plan} before
   */
  #refused(problem, before) {
    this.sending = false;
    const { plan, problems } = problem.said;
    if (problem.code === "stale" && plan?.actions) {
      this.news = differs(before, plan);
      return this.#show(plan);
    }
    if (problem.code === "stale") {
      this.news = problem.message;
      return this.#ask({ quietly: true });
    }
    if (Array.isArray(problems) && problems.length) return this.#show({ ...before, ok: false, problems });
    this.problem = problem;
    this.changed();
  }

  /** Try what was refused once more. */
  retry() {
    this.problem = null;
    this.#ask();
  }
}
