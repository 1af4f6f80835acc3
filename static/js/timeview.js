/** What part of a run's time is seen on a chart: all of it, until somebody zooms. Seconds since the run began. */

import { panned, whole, zoomed } from "./timescale.js";

const ALL = 0.999; // of the whole: then it is seen whole, and grows with it

export class TimeView {
  /**
   * @param {object} to
   * @param {() => number} to.length  seconds that the run has taken
   * @param {() => number} to.width  px of the chart
   * @param {() => void} to.changed
   */
  constructor({ length, width, changed }) {
    this.length = length;
    this.width = width;
    this.changed = changed;
    this.stretch = whole(0);
    this.fitted = true;
  }

  /** px a second. */
  get scale() {
    return this.width() / (this.stretch.to - this.stretch.from);
  }

  /** Where a moment is, in px of the chart. @param {number} at */
  x(at) {
    return (at - this.stretch.from) * this.scale;
  }

  /** Which moment that is. @param {number} x  px of the chart */
  at(x) {
    return this.stretch.from + x / this.scale;
  }

  /** The run has gone on. */
  follow() {
    if (this.fitted) this.stretch = whole(this.length());
  }

  fit() {
    this.fitted = true;
    this.changed();
  }

  /** Nearer by `factor`. @param {number} factor @param {number} [about]  the moment that stays; else the middle */
  zoom(factor, about = (this.stretch.from + this.stretch.to) / 2) {
    this.#move(zoomed(this.stretch, factor, about, this.length()));
  }

  /** @param {number} share  of what is seen */
  pan(share) {
    this.#move(panned(this.stretch, share * (this.stretch.to - this.stretch.from), this.length()));
  }

  /** @param {import("./timescale.js").Stretch} stretch */
  #move(stretch) {
    const most = whole(this.length());
    this.fitted = stretch.to - stretch.from >= (most.to - most.from) * ALL;
    this.stretch = stretch;
    this.changed();
  }
}
