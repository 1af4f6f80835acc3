/**
 * A finished run once more, along its time: the page shows it as it was at a moment, which a person moves or lets go on.
 *
 * Graph, counts and table are drawn ten times a second at most while it plays; the bar and the line in the timeline follow each frame.
 */

import { html, render } from "htm/preact";
import { Moments } from "./moments.js";
import { ReplayBar, SPEEDS } from "./replaybar.js";
import { isLive } from "./states.js";
import { lookAt } from "./time.js";

const BETWEEN = 100; // ms, of two paints of the page
const EASE = 2; // times as long as the last paint took, while somebody scrubs
const PLAY = 20; // seconds that a replay takes, about, at the speed it begins with
const STEPS = 200; // key presses from one end to the other
const SETTLED = 300; // ms after the last move, the address follows

/** @typedef {import("./feed.js").Change} Change */

export class Replay {
  /**
   * @param {HTMLElement} host
   * @param {import("./spells.js").Spells} spells
   * @param {object} to
   * @param {() => import("./state.js").RunState} to.ended  the run as it is
   * @param {() => void} to.begun  the page shows the past from now on
   * @param {(change: Change) => void} to.draw
   * @param {(at: number | null) => void} to.moved  it stands at a moment, or is over
   * @param {(at: number | null) => void} to.point  where it is, each frame
   */
  constructor(host, spells, to) {
    this.host = host;
    this.spells = spells;
    this.to = to;
    /** @type {Moments | null} */
    this.moments = null;
    /** What the page shows while it is on. @type {import("./state.js").RunState | null} */
    this.state = null;
    this.isOn = false;
    this.at = 0;
    this.playing = false;
    this.speed = 1;
    this.frame = 0;
    this.last = 0; // when the last frame was
    this.drawn = 0; // when the page was last drawn
    this.took = 0; // ms, that this took
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    /** @type {Set<number>} */
    this.touched = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
    this.wanted = NaN; // where it is to begin
    host.addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** Whether there is anything to replay. @param {import("./types.js").RunSummary | null} run */
  static isFor(run) {
    return run !== null && !isLive(run.state) && run.started !== null && run.finished !== null;
  }

  /** Begin, at a moment or else at the beginning. @param {number} [at] */
  start(at = NaN) {
    if (this.isOn) return Number.isNaN(at) ? undefined : this.seek(at);
    if (!Replay.isFor(this.to.ended().run)) return;
    this.isOn = true;
    this.to.begun();
    this.wanted = at;
    this.host.hidden = false;
    this.#drawBar();
    this.spells.want(this.to.ended().seq);
    this.ready();
  }

  toggleOn() {
    if (this.isOn) this.stop();
    else this.start();
  }

  /**
   * The page shows another state, or its address was changed.
   * @param {number | null} at  the moment in the address
   * @param {{isNew?: boolean}} [how]
   */
  follow(at, { isNew = false } = {}) {
    if (isNew && at === null) this.stop();
    else if (at !== null && (isNew || !this.isOn)) this.start(at);
    this.ready();
  }

  /** The times may be here, or others. */
  ready() {
    const ended = this.to.ended();
    if (!this.isOn || this.moments || !ended.seq || this.spells.seq < ended.seq) return;
    this.moments = new Moments(ended, this.spells);
    const { from, to } = this.moments;
    if (!(to > from)) return this.stop();
    // Whatever is not begun at that moment looks different, too, though no step leads there.
    this.touched = new Set(ended.codes.keys());
    const fast = SPEEDS.findLast((each) => each <= (to - from) / PLAY) ?? SPEEDS[0];
    this.speed = fast;
    this.seek(Number.isNaN(this.wanted) ? from : this.wanted);
    if (!Number.isNaN(this.wanted)) return;
    this.host.querySelector("input")?.focus(); // the button that began it would take the space bar
    this.toggle();
  }

  /** Show the run as it ended. */
  stop() {
    if (!this.isOn) return;
    const within = this.host.contains(document.activeElement);
    this.isOn = false;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.settling);
    clearTimeout(this.later);
    this.later = undefined;
    this.moments = null;
    this.state = null;
    this.host.hidden = true;
    lookAt(null);
    this.to.point(null);
    this.to.moved(null);
    const state = this.to.ended();
    this.to.draw({ state, touched: new Set(state.codes.keys()), graph: false, nodes: false });
    if (within) document.getElementById("main")?.focus();
  }

  toggle() {
    if (!this.moments) return;
    if (this.at >= this.moments.to) this.seek(this.moments.from);
    this.playing = !this.playing;
    this.last = performance.now();
    if (this.playing) this.#play();
    else this.#settle();
    this.#drawBar();
  }

  /** How many seconds of the run go by in one. @param {number} speed */
  pace(speed) {
    this.speed = speed;
    this.#drawBar();
  }

  /** @param {number} at  seconds since the epoch */
  seek(at) {
    if (!this.moments) return;
    this.#move(at, false);
    this.later ??= setTimeout(() => this.#show(), EASE * this.took);
    this.#settle();
  }

  #play() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame((time) => {
      if (!this.playing || !this.moments) return;
      const seconds = (Math.max(0, time - this.last) / 1000) * this.speed;
      this.last = time;
      const isOver = this.at + seconds >= this.moments.to;
      if (isOver) this.playing = false;
      this.#move(this.at + seconds, isOver || time - this.drawn >= BETWEEN);
      if (isOver) this.#settle();
      else this.#play();
    });
  }

  /** @param {number} at @param {boolean} isDrawn  the page follows at once */
  #move(at, isDrawn) {
    if (!this.moments) return;
    const { from, to } = this.moments;
    this.at = Math.max(from, Math.min(to, at));
    for (const index of this.moments.go(this.at)) this.touched.add(index);
    lookAt(this.at);
    this.to.point(this.at);
    this.#drawBar();
    if (isDrawn) this.#show();
  }

  #show() {
    clearTimeout(this.later);
    this.later = undefined;
    this.drawn = performance.now();
    const touched = this.touched;
    this.touched = new Set();
    this.to.draw({ state: this.#made(), touched, graph: false, nodes: false });
    this.took = performance.now() - this.drawn;
  }

  #made() {
    const moments = /** @type {Moments} */ (this.moments);
    const { codes, started, finished, retries } = moments;
    const ended = this.to.ended();
    const run = ended.run && { ...ended.run, counts: moments.tally };
    this.state = { ...ended, codes, started, finished, retries, run };
    return this.state;
  }

  /**
   * A change of the run while it is replayed: what is shown stays the moment.
   * @param {Change} change
   * @returns {Change}
   */
  during(change) {
    if (!this.isOn || !this.moments || change.state === this.state) return change;
    if (change.touched.size) {
      this.moments = new Moments(change.state, this.spells);
      this.moments.go(this.at);
    }
    const touched = change.touched.size ? new Set(change.state.codes.keys()) : change.touched;
    return { ...change, state: this.#made(), touched };
  }

  /** What the head says of the moment. */
  get moment() {
    return this.moments && { at: this.at, state: this.moments.state };
  }

  /** The address says where it stands, once it does. */
  #settle() {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.isOn && this.to.moved(this.at), SETTLED);
  }

  #drawBar() {
    render(html`<${ReplayBar} replay=${this} />`, this.host);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLSelectElement) return;
    const isButton = event.target instanceof HTMLButtonElement;
    if (event.key === " " && isButton) return; // it is pressed
    if (this.key(event)) event.preventDefault();
  }

  /** A key that moves it; whether it was one. @param {KeyboardEvent} event */
  key({ key, shiftKey }) {
    if (!this.moments) return false;
    const { from, to } = this.moments;
    const step = ((to - from) / STEPS) * (shiftKey ? 10 : 1);
    if (key === " ") this.toggle();
    else if (key === "ArrowLeft" || key === "ArrowDown") this.seek(this.at - step);
    else if (key === "ArrowRight" || key === "ArrowUp") this.seek(this.at + step);
    else if (key === "PageDown") this.seek(this.at - step * 10);
    else if (key === "PageUp") this.seek(this.at + step * 10);
    else if (key === "Home") this.seek(from);
    else if (key === "End") this.seek(to);
    else return false;
    return true;
  }
}
