/**
 * One clock for all that grows on a page: durations, "3 min ago". Told together, they agree with each other.
 *
 * While the page is stale it stands still: what was last seen is shown, with since when.
 */

import { useEffect, useRef, useState } from "preact/hooks";

const TICK = 200; // ms

/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {ReturnType<typeof setInterval> | undefined} */
let ticking;

function tick() {
  if (document.body.dataset.fresh === "stale" || document.hidden) return;
  for (const listener of listeners) listener();
}

/**
 * @param {() => void} listener
 * @returns {() => void}  the unbinder
 */
export function onTick(listener) {
  listeners.add(listener);
  ticking ??= setInterval(tick, TICK);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/**
 * What `read` returns, and again whenever that has changed.
 * @param {() => string} read
 */
export function useTicking(read) {
  const [, show] = useState(read);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => onTick(() => show(latest.current())), []);
  return read();
}
