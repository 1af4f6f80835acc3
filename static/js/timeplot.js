/**
 * The chart of a timeline, painted on one canvas element: whatever the run's size, there are as many marks as there are pixels.
 *
 * A task is a thin bar while it was in a queue and a thick one while it ran. Many tasks are the same on top of each other: above
 * how many waited, below how many ran, at each moment; what failed is marked. At the foot of the rows runs the critical path.
 */

import { FAILURE, STARTED, STATES } from "./states.js";
import { membersOf, quantile, timesOf } from "./timelinerows.js";

export const ROW = 32;
const WAIT = 6; // px, the height of a wait
const RUN = 15; // px, the height of a run
const TOP = 4; // px above it
const PATH = 3;
const LEAST = 2; // px that a bar is wide

/**
 * @typedef {object} Scene
 * @property {import("./timelinerows.js").Row[]} rows  those in sight
 * @property {number} top  px of the first of them
 * @property {import("./timescale.js").Stretch} stretch
 * @property {number} began
 * @property {import("./timelinerows.js").Known} known
 * @property {import("./types.js").Step[]} path
 * @property {(index: number) => number} home  the row of a node, counted from the first in sight
 * @property {number[]} lines  moments of the axis
 * @property {number | null} now  of a run that goes on
 */

/** @typedef {{fill: string, rim: string}} Paint */

export class TimePlot {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "timeline-plot";
    this.canvas.ariaHidden = "true";
    this.probes = [...STATES, "INK"].map((state) => {
      const probe = document.createElement("i");
      probe.className = "timeline-probe";
      probe.dataset.state = state;
      return probe;
    });
    /** @type {Map<string, Paint>} */
    this.paints = new Map();
    this.width = 0;
    this.height = 0;
  }

  /** The theme is another one. */
  renew() {
    this.paints.clear();
  }

  /** @param {string} state  "INK" is the text and its accent @returns {Paint} */
  #paint(state) {
    const known = this.paints.get(state);
    if (known) return known;
    const probe = this.probes.find(({ dataset }) => dataset.state === state) ?? this.probes[0];
    const style = getComputedStyle(probe);
    const paint = { fill: style.backgroundColor, rim: style.borderTopColor };
    this.paints.set(state, paint);
    return paint;
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    this.height = canvas.clientHeight;
    const [wide, high] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    const pen = canvas.getContext("2d");
    if (!pen || !this.width) return;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const { stretch, began } = scene;
    const scale = this.width / (stretch.to - stretch.from);
    const x = (/** @type {number} */ at) => (at - began - stretch.from) * scale;
    this.#lines(pen, scene, x);
    scene.rows.forEach((row, place) => {
      const y = scene.top + place * ROW;
      if (row.count === 1 && !row.card) this.#task(pen, row.first, y, x, scene.known);
      else this.#many(pen, row, y, x, scene.known);
    });
    this.#path(pen, scene, x);
    if (scene.now === null) return;
    pen.fillStyle = this.#paint("STARTED").rim;
    pen.fillRect(Math.round(x(scene.now)), 0, 1, this.height);
  }

  /** @param {CanvasRenderingContext2D} pen @param {Scene} scene @param {(at: number) => number} x */
  #lines(pen, { lines, began, rows, top }, x) {
    pen.fillStyle = this.#paint("PENDING").fill;
    pen.globalAlpha = 0.5;
    for (const at of lines) pen.fillRect(Math.round(x(began + at)), 0, 1, this.height);
    pen.globalAlpha = 0.3;
    for (let place = 1; place <= rows.length; place += 1)
      pen.fillRect(0, top + place * ROW - 1, this.width, 1);
    pen.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} index
   * @param {number} y
   * @param {(at: number) => number} x
   * @param {import("./timelinerows.js").Known} known
   */
  #task(pen, index, y, x, known) {
    const { code, asked, waited, started, finished } = timesOf(known, index);
    const wait = this.#paint("SENT");
    if (asked <= waited && (started >= asked || Number.isNaN(started))) {
      const until = Number.isNaN(started) && code >= 5 && code !== 7 ? asked : waited;
      bar(pen, x(asked), x(until), y + TOP + (RUN - WAIT) / 2, WAIT, wait, 0);
    }
    const state = STATES[code] ?? "PENDING";
    const paint = this.#paint(state);
    if (started <= finished) bar(pen, x(started), x(finished), y + TOP, RUN, paint, 3);
    else if (code === 5 || code === FAILURE) {
      // Nobody told when it began: an outline, since it was in a queue or ran.
      pen.strokeStyle = paint.rim;
      pen.strokeRect(
        x(Math.min(asked, finished) || finished) + 0.5,
        y + TOP + 0.5,
        Math.max(LEAST, x(finished) - x(asked) - 1) || LEAST,
        RUN - 1,
      );
    }
    const over = known.spells.settled.get(index);
    if (over !== undefined) this.#square(pen, x(over), y, paint);
    if (code === FAILURE) this.#cross(pen, x(finished), y + TOP + RUN / 2);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} at @param {number} y @param {Paint} paint */
  #square(pen, at, y, paint) {
    pen.fillStyle = paint.fill;
    pen.strokeStyle = paint.rim;
    pen.setLineDash([2, 2]);
    pen.fillRect(at, y + TOP + 3, 9, 9);
    pen.strokeRect(at + 0.5, y + TOP + 3.5, 8, 8);
    pen.setLineDash([]);
  }

  /** What failed, where it did. @param {CanvasRenderingContext2D} pen @param {number} at @param {number} y */
  #cross(pen, at, y) {
    pen.lineCap = "round";
    for (const [colour, width] of /** @type {const} */ ([
      [this.#paint("INK").fill, 5],
      [this.#paint("FAILURE").rim, 2.2],
    ])) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(at - 3.5, y - 3.5);
      pen.lineTo(at + 3.5, y + 3.5);
      pen.moveTo(at + 3.5, y - 3.5);
      pen.lineTo(at - 3.5, y + 3.5);
      pen.stroke();
    }
    pen.lineWidth = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {import("./timelinerows.js").Row} row
   * @param {number} y
   * @param {(at: number) => number} x
   * @param {import("./timelinerows.js").Known} known
   */
  #many(pen, row, y, x, known) {
    const facts = row.facts;
    if (!facts || facts.begin === Infinity) return;
    const end = facts.isOpen ? known.now : facts.end;
    const [left, right] = [x(facts.begin), x(end)];
    if (right < 0 || left > this.width) return;
    pen.fillStyle = this.#paint("PENDING").fill;
    pen.fillRect(left, y + TOP + WAIT + RUN - 1, Math.max(LEAST, right - left), 1);
    const { waits, runs, open } = counted(row, known, x, this.width);
    area(pen, waits, facts.queue, y + TOP + WAIT, WAIT, this.#paint("SENT").fill);
    area(pen, runs, facts.peak, y + TOP + WAIT + RUN, RUN, this.#paint("SUCCESS").fill);
    area(pen, open, facts.peak, y + TOP + WAIT + RUN, RUN, this.#paint("STARTED").fill);
    this.#quartiles(pen, facts.ends, y + TOP + WAIT, x);
    for (const index of facts.failures)
      this.#cross(pen, x(known.state.finished[index]), y + TOP + WAIT + RUN / 2);
  }

  /** When a quarter, half and three quarters had finished. @param {CanvasRenderingContext2D} pen @param {Float64Array} ends @param {number} y @param {(at: number) => number} x */
  #quartiles(pen, ends, y, x) {
    if (ends.length < 4) return;
    const { rim, fill } = this.#paint("INK");
    for (const share of [0.25, 0.5, 0.75]) {
      const at = Math.round(x(quantile(ends, share)));
      const [high, wide] = share === 0.5 ? [RUN + WAIT, 2] : [RUN * 0.6, 1];
      pen.fillStyle = fill;
      pen.fillRect(at - 1, y + RUN - high, wide + 2, high);
      pen.fillStyle = rim;
      pen.fillRect(at, y + RUN - high, wide, high);
    }
  }

  /** @param {CanvasRenderingContext2D} pen @param {Scene} scene @param {(at: number) => number} x */
  #path(pen, { path, home, began, top, rows }, x) {
    const ink = this.#paint("INK").rim;
    pen.fillStyle = pen.strokeStyle = ink;
    pen.lineWidth = 1.5;
    let last = NaN;
    for (const [index, ...moments] of path) {
      const [begin, asked, started, finished] = moments.map((ms) => x(began + ms / 1000));
      const place = home(index);
      const y = top + (place + 1) * ROW - PATH - 1;
      const isSeen = place >= 0 && place < rows.length;
      if (isSeen && finished > 0 && begin < this.width) {
        pen.fillRect(started, y - PATH / 2, Math.max(1, finished - started), PATH);
        line(pen, asked, y, started, y, []);
        line(pen, begin, y, asked, y, [1.5, 3]);
      }
      const before = last;
      last = place;
      if (Number.isNaN(before) || before === place || begin < 0 || begin > this.width) continue;
      const from = top + (before + 1) * ROW - PATH - 1;
      line(
        pen,
        begin,
        Math.max(-ROW, Math.min(this.height + ROW, from)),
        begin,
        Math.max(-ROW, Math.min(this.height + ROW, y)),
        [],
      );
    }
    pen.lineWidth = 1;
  }
}

/**
 * How many of a row wait, run, and run still, in each pixel.
 * @param {import("./timelinerows.js").Row} row
 * @param {import("./timelinerows.js").Known} known
 * @param {(at: number) => number} x
 * @param {number} width
 */
function counted(row, known, x, width) {
  const [waits, runs, open] = [0, 0, 0].map(() => new Int32Array(width + 2));
  const add = (/** @type {Int32Array} */ to, /** @type {number} */ from, /** @type {number} */ until) => {
    const [left, right] = [x(from), x(until)];
    if (!(right >= 0 && left <= width)) return; // out of sight, or not known
    const first = Math.max(0, Math.floor(left));
    to[first] += 1;
    to[Math.max(first + 1, Math.min(width + 1, Math.ceil(right)))] -= 1;
  };
  for (const index of membersOf(row)) {
    const { code, asked, waited, started, finished } = timesOf(known, index);
    if (asked <= waited) add(waits, asked, waited);
    if (started <= finished) add(runs, started, finished);
    if (code === STARTED) add(open, started, finished);
  }
  for (const counts of [waits, runs, open])
    for (let at = 1; at < counts.length; at += 1) counts[at] += counts[at - 1];
  return { waits, runs, open };
}

/**
 * An area as high as the counts, `high` where all that there ever were are there.
 * @param {CanvasRenderingContext2D} pen
 * @param {Int32Array} counts
 * @param {number} most
 * @param {number} foot  px
 * @param {number} high  px
 * @param {string} colour
 */
function area(pen, counts, most, foot, high, colour) {
  pen.fillStyle = colour;
  pen.beginPath();
  let at = 0;
  while (at < counts.length - 1) {
    const count = counts[at];
    let next = at + 1;
    while (next < counts.length - 1 && counts[next] === count) next += 1;
    if (count) {
      const tall = Math.max(LEAST, (count / Math.max(most, count)) * high);
      pen.rect(at, foot - tall, next - at, tall);
    }
    at = next;
  }
  pen.fill();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} left
 * @param {number} right
 * @param {number} y
 * @param {number} high
 * @param {Paint} paint
 * @param {number} round
 */
function bar(pen, left, right, y, high, { fill, rim }, round) {
  const wide = Math.max(LEAST, right - left);
  pen.fillStyle = fill;
  pen.strokeStyle = rim;
  pen.beginPath();
  pen.roundRect(left, y, wide, high, Math.min(round, wide / 2));
  pen.fill();
  if (round && wide > 4) pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {number[]} dashes
 */
function line(pen, x1, y1, x2, y2, dashes) {
  pen.setLineDash(dashes);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
  pen.setLineDash([]);
}
