/** Times for people. The server's clock counts: `sync` learns how far the browser's is off. */

let offset = 0;

/** @param {number} serverNow  seconds since the epoch */
export function sync(serverNow) {
  offset = serverNow - Date.now() / 1000;
}

/** Seconds since the epoch, by the server's clock. */
export function now() {
  return Date.now() / 1000 + offset;
}

/** @type {number | null} */
let past = null;

/** A run is looked at as it was at a moment; null: as it is. @param {number | null} at */
export function lookAt(at) {
  past = at;
}

/** The moment that a run is looked at: now, unless it is replayed. */
export function lookedAt() {
  return past ?? now();
}

/**
 * A span: "340 ms", "1.2 s", "48 s", "3m 05s", "2h 14m", "3d 4h".
 * @param {number} seconds
 */
export function span(seconds) {
  const s = Math.max(0, seconds);
  if (s < 0.9995) return `${Math.round(s * 1000)} ms`;
  if (s < 59.95) return `${s.toFixed(1)} s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${pad(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h ${pad((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86400)}d ${Math.floor((s % 86400) / 3600)}h`;
}

/**
 * A span that is still growing: tenths, so that it does not flicker between units.
 * @param {number} seconds
 */
export function ticking(seconds) {
  const s = Math.max(0, seconds);
  return s < 60 ? `${(Math.floor(s * 10) / 10).toFixed(1)} s` : span(Math.floor(s));
}

/** To the second, so that it agrees with a duration beside it. @param {number} at */
export function ago(at) {
  const s = now() - at;
  if (s <= -1) return `in ${s > -60 ? `${Math.ceil(-s)} s` : span(-s)}`;
  if (s < 1) return "just now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

/** "12:03:05", on this person's clock. @param {number} at */
export function clock(at) {
  const t = new Date(at * 1000);
  return `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`;
}

/** "2026-11-20 12:03:05.123", on this person's clock. @param {number} at */
export function exact(at) {
  const t = new Date(at * 1000);
  const day = `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())}`;
  return `${day} ${clock(at)}.${String(t.getMilliseconds()).padStart(3, "0")}`;
}

/** @param {number} n */
function pad(n) {
  return String(Math.floor(n)).padStart(2, "0");
}
