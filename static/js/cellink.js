/**
 * What cells look like: a small picture for each kind of cell, drawn once for a size and a theme.
 *
 * A state is told by its fill and by a mark on it, so that it is told in grey too: its glyph where there is room, else a sign of a few
 * strokes. Shades are for numbers (little is near the ground), hues for workers. A failure keeps its mark whatever the colours tell.
 */

import { glyph, LOOKS } from "./states.js";

export const SHADES = 6;
export const HUES = 7;
const ROOM = 14; // px that a glyph needs

/** Signs on a square of 8: strokes, or a part that is filled. @type {Record<string, {stroke?: string, solid?: string}>} */
const SIGNS = {
  SENT: { solid: "M2.700 2.700h2.600v2.600h-2.600z" },
  STARTED: { solid: "M2.300 1.500v5l4.200-2.500z" },
  RETRY: { stroke: "M1.500 4h5" },
  FAILURE: { stroke: "M1.500 1.500l5 5M6.500 1.500l-5 5" },
  REVOKED: { stroke: "M1.700 6.300l4.600-4.600" },
  BLOCKED: { stroke: "M0 5l5-5M3 8l5-5" },
  REUSED: { stroke: "M6.500 4a2.500 2.500 0 1 1-2.500-2.500" },
  KEPT: { stroke: "M2 5.500h4" },
  FORCED: { stroke: "M4 6.500v-5M2.500 3l1.500-1.500 1.500 1.500" },
  HELD: { stroke: "M2.700 2v4M5.300 2v4" },
  STANDBY: { stroke: "M4 1.500v2.700M4 6.300v.2" },
  LEFT: { stroke: "M2 4h4" },
};
SIGNS.RECEIVED = SIGNS.SENT;
SIGNS.RUN = SIGNS.STARTED;

/** @typedef {{fill: string, on: string, rim: string, hatch: string}} Paint */

export class Ink {
  /** @param {HTMLElement} host  of what tells the colours of the moment, which is not seen */
  constructor(host) {
    const kinds = [
      ...LOOKS.map((state) => /** @type {const} */ (["state", state])),
      ...numbered("shade", SHADES),
      ...numbered("hue", HUES),
      /** @type {const} */ (["shade", "none"]),
      /** @type {const} */ (["shade", "lines"]),
    ];
    this.probes = new Map(
      kinds.map(([kind, name]) => {
        const probe = document.createElement("i");
        probe.className = "cell-probe";
        probe.dataset[kind] = name;
        host.append(probe);
        return [kind === "state" ? name : `${kind} ${name}`, probe];
      }),
    );
    /** @type {Map<string, Paint>} */
    this.paints = new Map();
    /** @type {Map<string, HTMLCanvasElement>} */
    this.pictures = new Map();
    this.size = 0;
  }

  /** The theme is another one. */
  renew() {
    this.paints.clear();
    this.pictures.clear();
  }

  /**
   * The picture of a cell.
   * @param {string} kind  a state, "shade 3", "hue 0" or "shade none"
   * @param {boolean} failed
   * @param {number} size  device px
   * @param {number} ratio  device px for each px
   */
  picture(kind, failed, size, ratio) {
    if (size !== this.size) this.pictures.clear();
    this.size = size;
    const key = failed ? `${kind} failed` : kind;
    const known = this.pictures.get(key);
    if (known) return known;
    const picture = document.createElement("canvas");
    picture.width = picture.height = size;
    const pen = picture.getContext("2d");
    if (pen) {
      pen.scale(ratio, ratio);
      draw(pen, kind, failed, size / ratio, this.#paint(kind));
    }
    this.pictures.set(key, picture);
    return picture;
  }

  /** The colours of what is drawn around cells. */
  lines() {
    const { fill, on, rim } = this.#paint("shade lines");
    return { ground: fill, text: on, accent: rim };
  }

  /** @param {string} kind @returns {Paint} */
  #paint(kind) {
    const known = this.paints.get(kind);
    if (known) return known;
    const style = getComputedStyle(this.probes.get(kind) ?? document.body);
    const { backgroundColor: fill, color: on, borderTopColor: rim, outlineColor: hatch } = style;
    const paint = { fill, on, rim, hatch };
    this.paints.set(kind, paint);
    return paint;
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} kind
 * @param {boolean} failed
 * @param {number} size  px
 * @param {Paint} paint
 */
function draw(pen, kind, failed, size, { fill, on, rim, hatch }) {
  const round = size < ROOM ? 1 : 3;
  pen.beginPath();
  pen.roundRect(0.5, 0.5, size - 1, size - 1, round);
  pen.fillStyle = fill;
  pen.strokeStyle = rim;
  pen.lineWidth = 1;
  if (kind === "SKIPPED" || kind === "LEFT") pen.setLineDash([2, 2]);
  if (kind === "REUSED" || kind === "KEPT") pen.lineWidth = size < ROOM ? 1.5 : 2;
  pen.fill();
  pen.stroke();
  pen.setLineDash([]);
  const isState = !kind.includes(" ");
  const mark = failed ? "FAILURE" : isState ? kind : "";
  if (kind === "BLOCKED") {
    pen.save();
    pen.clip();
    if (size < ROOM) sign(pen, "BLOCKED", size, rim);
    else hatched(pen, size, hatch);
    pen.restore();
  }
  if (!mark) return;
  if (size >= ROOM) full(pen, mark, size, on);
  else if (mark !== "BLOCKED") sign(pen, mark, size, on);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} size
 * @param {string} colour
 */
function hatched(pen, size, colour) {
  pen.lineWidth = 3;
  pen.strokeStyle = colour;
  pen.beginPath();
  for (let at = 4; at < 2 * size; at += 8) {
    pen.moveTo(at, 0);
    pen.lineTo(0, at);
  }
  pen.stroke();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} state
 * @param {number} size
 * @param {string} colour
 */
function full(pen, state, size, colour) {
  const scale = Math.min(1.3, size / 18);
  const { stroke, solid } = glyph(state);
  pen.save();
  pen.translate((size - 18 * scale) / 2, (size - 18 * scale) / 2);
  pen.scale(scale, scale);
  put(pen, { stroke, solid }, colour, 2);
  pen.restore();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} state
 * @param {number} size
 * @param {string} colour
 */
function sign(pen, state, size, colour) {
  pen.save();
  pen.scale(size / 8, size / 8);
  put(pen, SIGNS[state] ?? {}, colour, 1.4);
  pen.restore();
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{stroke?: string, solid?: string}} what
 * @param {string} colour
 * @param {number} width
 */
function put(pen, { stroke, solid }, colour, width) {
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.lineWidth = width;
  pen.strokeStyle = pen.fillStyle = colour;
  if (stroke) pen.stroke(new Path2D(stroke));
  if (solid) pen.fill(new Path2D(solid));
}

/** @template {string} T @param {T} kind @param {number} count @returns {Array<[T, string]>} */
function numbered(kind, count) {
  return Array.from({ length: count }, (_, at) => [kind, String(at)]);
}
