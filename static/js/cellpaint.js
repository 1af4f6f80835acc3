/** Painting a grid of cells: those in sight, what is around some of them, and the rectangle that somebody draws. */

import { cornerOf, seenOf } from "./cellgrid.js";
import { looksOf } from "./looks.js";
import { FAILURE } from "./states.js";

const PALE = 0.25; // of what was not found
const PALE_FAILED = 0.6; // a failure is never hidden

/**
 * @typedef {import("./cells.js").Cells} Cells
 * @typedef {Array<[width: number, colour: string]>} Lines  of a ring, the lower first
 */

/** @param {Cells} cells */
export function paint(cells) {
  const { canvas, scroller, grid } = cells;
  const pen = canvas.getContext("2d");
  const [width, height] = [scroller.clientWidth, scroller.clientHeight];
  if (!pen || !width) return;
  const ratio = devicePixelRatio || 1;
  const top = scroller.scrollTop;
  resize(canvas, width, height, ratio);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const { first, end } = seenOf(grid, top, height);
  fill(cells, pen, { first, end, top, ratio });
  pen.setTransform(ratio, 0, 0, ratio, 0, -top * ratio);
  const { isFocused } = cells; // asked once: it costs as much as a hundred cells
  for (let place = first; place < end; place += 1) {
    for (const lines of rings(cells, cells.order[place], isFocused)) ring(pen, grid, place, lines);
  }
  band(cells, pen);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width  px
 * @param {number} height
 * @param {number} ratio  device px for each px
 */
function resize(canvas, width, height, ratio) {
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  // Setting them clears the canvas and takes its time, even to what they are.
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
}

/**
 * @param {Cells} cells
 * @param {CanvasRenderingContext2D} pen
 * @param {{first: number, end: number, top: number, ratio: number}} seen
 */
function fill({ order, grid, hues, ink, hit, known }, pen, { first, end, top, ratio }) {
  const size = Math.round(grid.size * ratio);
  for (let place = first; place < end; place += 1) {
    const index = order[place];
    const { x, y } = cornerOf(grid, place);
    const failed = known !== null && looksOf(known.state)[index] === FAILURE;
    const isPale = hit !== null && !hit.has(index);
    pen.globalAlpha = isPale ? (failed ? PALE_FAILED : PALE) : 1;
    const picture = ink.picture(hues.kind(index), failed, size, ratio);
    pen.drawImage(picture, Math.round(x * ratio), Math.round((y - top) * ratio));
  }
  pen.globalAlpha = 1;
}

/**
 * What is around a cell: whether it is picked, under the pointer, open, and where the keyboard is.
 * @param {Cells} cells
 * @param {number} index
 * @param {boolean} isFocused  the keyboard is on the cells
 * @returns {Lines[]}
 */
function rings({ ink, hands, selection, current, cursor }, index, isFocused) {
  const { text, accent, ground } = ink.lines();
  /** @type {Lines[]} */
  const found = [];
  if (selection.has(index)) found.push(over(3.5, ground, 2, accent));
  if (index === hands.hovered) found.push([[2, text]]);
  if (index === current) found.push(over(5, ground, 3, accent));
  if (index === cursor && isFocused) found.push(over(5, ground, 2.5, text));
  return found;
}

/** @type {(wide: number, below: string, narrow: number, above: string) => Lines} */
const over = (wide, below, narrow, above) => [
  [wide, below],
  [narrow, above],
];

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {import("./cellgrid.js").Grid} grid
 * @param {number} place
 * @param {Lines} lines
 */
function ring(pen, grid, place, lines) {
  const { x, y } = cornerOf(grid, place);
  for (const [width, colour] of lines) {
    pen.lineWidth = width;
    pen.strokeStyle = colour;
    pen.beginPath();
    pen.roundRect(x + 0.5, y + 0.5, grid.size - 1, grid.size - 1, grid.size < 14 ? 1 : 3);
    pen.stroke();
  }
}

/**
 * @param {Cells} cells
 * @param {CanvasRenderingContext2D} pen
 */
function band({ hands, ink }, pen) {
  if (!hands.band) return;
  const { from, to } = hands.band;
  const { accent } = ink.lines();
  pen.lineWidth = 1;
  pen.strokeStyle = pen.fillStyle = accent;
  pen.strokeRect(from.x + 0.5, from.y + 0.5, to.x - from.x, to.y - from.y);
  pen.globalAlpha = 0.12;
  pen.fillRect(from.x, from.y, to.x - from.x, to.y - from.y);
  pen.globalAlpha = 1;
}
