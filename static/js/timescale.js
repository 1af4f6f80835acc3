/** A part of a run's time that is looked at, and the ticks that stand on it. Seconds since the run began. Pure. */

const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000,
];
const SHORTEST = 0.01; // seconds that fill the view, at the least
const MARGIN = 0.02; // of the whole, at its end

/** @typedef {{from: number, to: number}} Stretch */

/**
 * @param {Stretch} stretch
 * @param {number} room  how many ticks there is room for
 * @returns {Array<{at: number, label: string}>}
 */
export function ticks({ from, to }, room) {
  const wanted = (to - from) / Math.max(1, room);
  const step = STEPS.find((each) => each >= wanted) ?? wanted;
  const found = [];
  for (let count = Math.ceil(from / step - 1e-9); count * step <= to; count += 1) {
    const at = count * step;
    found.push({ at, label: mark(at, step) });
  }
  return found;
}

/**
 * A moment as finely as such a stretch shows it.
 * @param {number} at
 * @param {Stretch} stretch
 */
export function moment(at, { from, to }) {
  return mark(at, STEPS.findLast((each) => each <= (to - from) / 400) ?? STEPS[0]);
}

/**
 * "0 s", "1.2 s", "1m 05s", "12 min", "2h 15m": no finer than the step.
 * @param {number} seconds
 * @param {number} step
 */
function mark(seconds, step) {
  const digits = step >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(step) - 1e-9));
  const whole = Number(seconds.toFixed(digits));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (whole % 60).toFixed(digits);
  if (step >= 86400) return `${Math.floor(whole / 86400)} d`;
  if (hours && step >= 3600) return `${hours} h`;
  if (hours) return step >= 60 ? `${hours}h ${two(minutes)}m` : `${hours}h ${two(minutes)}m ${two(rest)}s`;
  if (whole < 60) return `${rest} s`;
  return step >= 60 ? `${minutes} min` : `${minutes}m ${two(rest)}s`;
}

/** @param {number | string} number */
function two(number) {
  return String(number).padStart(2, "0");
}

/** All of a run that has taken so long. @param {number} length */
export function whole(length) {
  const long = Math.max(length, SHORTEST);
  return { from: 0, to: long * (1 + MARGIN) };
}

/**
 * Nearer by `factor`, about a moment that stays where it is.
 * @param {Stretch} stretch
 * @param {number} factor
 * @param {number} about
 * @param {number} length  of the run
 * @returns {Stretch}
 */
export function zoomed({ from, to }, factor, about, length) {
  const most = whole(length).to;
  const wide = Math.min(most, Math.max(SHORTEST, (to - from) / factor));
  const share = (about - from) / (to - from);
  return kept({ from: about - share * wide, to: about + (1 - share) * wide }, length);
}

/**
 * @param {Stretch} stretch
 * @param {number} by  seconds
 * @param {number} length
 */
export function panned({ from, to }, by, length) {
  return kept({ from: from + by, to: to + by }, length);
}

/**
 * The same length, within the run.
 * @param {Stretch} stretch
 * @param {number} length
 * @returns {Stretch}
 */
function kept({ from, to }, length) {
  const most = whole(length).to;
  const wide = Math.min(most, to - from);
  const start = Math.max(0, Math.min(most - wide, from));
  return { from: start, to: start + wide };
}
