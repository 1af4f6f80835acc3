/** Where the cells of a grid are: how large, how many to a row, which is where. Pure; px. */

const SIZES = [40, 32, 26, 22, 18, 15, 12, 9]; // of a cell with the gap behind it
const FINGER = 22; // what a finger hits

/**
 * @typedef {object} Grid
 * @property {number} pitch  from one cell to the next
 * @property {number} size  of a cell
 * @property {number} columns
 * @property {number} rows
 * @property {number} count
 */

/**
 * As large as all of them fit, or the smallest.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {{coarse?: boolean}} [how]  coarse: a finger points
 * @returns {Grid}
 */
export function gridOf(count, width, height, { coarse = false } = {}) {
  const sizes = coarse ? SIZES.filter((pitch) => pitch >= FINGER) : SIZES;
  const columnsOf = (/** @type {number} */ pitch) => Math.max(1, Math.floor(width / pitch));
  const fits = (/** @type {number} */ pitch) => Math.ceil(count / columnsOf(pitch)) * pitch <= height;
  const pitch = sizes.find(fits) ?? sizes[sizes.length - 1];
  const columns = columnsOf(pitch);
  const gap = pitch < 18 ? 1 : 2;
  return { pitch, size: pitch - gap, columns, rows: Math.ceil(count / columns), count };
}

/**
 * The place of the cell at a point; -1 where there is none.
 * @param {Grid} grid
 * @param {number} x
 * @param {number} y
 */
export function placeAt({ pitch, columns, count }, x, y) {
  const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
  const place = row * columns + column;
  return column >= 0 && column < columns && row >= 0 && place < count ? place : -1;
}

/**
 * The corner of a cell.
 * @param {Grid} grid
 * @param {number} place
 */
export function cornerOf({ pitch, columns }, place) {
  return { x: (place % columns) * pitch, y: Math.floor(place / columns) * pitch };
}

/**
 * The places in the rows that are seen.
 * @param {Grid} grid
 * @param {number} top
 * @param {number} height
 */
export function seenOf({ pitch, columns, count }, top, height) {
  const first = Math.max(0, Math.floor(top / pitch)) * columns;
  return { first, end: Math.min(count, Math.ceil((top + height) / pitch) * columns) };
}

/**
 * The places of the cells that a rectangle touches.
 * @param {Grid} grid
 * @param {{x: number, y: number}} a  a corner
 * @param {{x: number, y: number}} b  the other
 */
export function placesIn({ pitch, columns, rows, count }, a, b) {
  const span = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ end) => [
    Math.max(0, Math.floor(Math.min(from, to) / pitch)),
    Math.min(end - 1, Math.floor(Math.max(from, to) / pitch)),
  ];
  const [left, right] = span(a.x, b.x, columns);
  const [top, bottom] = span(a.y, b.y, rows);
  const places = [];
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      if (row * columns + column < count) places.push(row * columns + column);
    }
  }
  return places;
}

/**
 * Where a key leads from a cell; null where it is none of ours.
 * @param {Grid} grid
 * @param {number} place
 * @param {string} key  as KeyboardEvent.key spells it
 * @param {number} page  rows that are seen
 */
export function stepOf({ columns, count }, place, key, page) {
  /** @type {Record<string, number>} */
  const steps = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    PageDown: columns * Math.max(1, page - 1),
    PageUp: -columns * Math.max(1, page - 1),
    Home: -Infinity,
    End: Infinity,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const there = place + step;
  // Up and down stay in the column; pages and the rest end where the cells do.
  if (Math.abs(step) === columns && columns > 1 && (there < 0 || there >= count)) return place;
  return Math.max(0, Math.min(count - 1, there));
}
