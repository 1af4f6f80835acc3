/**
 * What a hand does to a chart of time: the wheel zooms or pans, a drag pans, two fingers zoom.
 *
 * A press on the axis means that moment. The wheel goes through the rows where there are more than fit; with ctrl (as a pinch
 * on a touchpad sends it), and over the axis, it always zooms.
 */

const STEP = 1.0015; // of zoom, for each px of the wheel
const SLACK = 4; // px that a click may move

/**
 * @typedef {object} To
 * @property {(factor: number, x: number) => void} zoom  about a place on the chart, in px
 * @property {(px: number) => void} pan
 * @property {(x: number) => void} seek  a place on the axis, in px of the chart
 * @property {(x: number, y: number) => void} hover  by the window; NaN when the pointer has left
 * @property {(event: PointerEvent) => boolean} isChart  the event is on the chart, not on the names
 */

/**
 * @param {HTMLElement} scroller
 * @param {HTMLElement} axis
 * @param {HTMLElement} chart  whose left edge counts
 * @param {To} to
 * @returns {{dragged: () => boolean, unbind: () => void}}  dragged: the click that comes was the end of a drag
 */
export function bindHand(scroller, axis, chart, to) {
  /** Where each finger is. @type {Map<number, number>} */
  const fingers = new Map();
  let moved = 0;
  const ending = new AbortController();
  const left = () => chart.getBoundingClientRect().left;
  const gap = () => {
    const [a, b] = fingers.values();
    return Math.abs(a - b);
  };

  const wheel = (/** @type {WheelEvent} */ event) => {
    const { deltaX, deltaY, ctrlKey, shiftKey } = event;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const scrolls = scroller.scrollHeight > scroller.clientHeight + 1;
    const isAxis = event.currentTarget === axis;
    if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) to.pan((deltaX || deltaY) * unit);
    else if (ctrlKey || isAxis || !scrolls)
      to.zoom(STEP ** (-deltaY * unit * (ctrlKey ? 4 : 1)), event.clientX - left());
    else return;
    event.preventDefault();
  };

  const down = (/** @type {PointerEvent} */ event) => {
    moved = 0;
    if (event.button === 0 && to.isChart(event)) fingers.set(event.pointerId, event.clientX);
  };

  const move = (/** @type {PointerEvent} */ event) => {
    to.hover(event.clientX, event.clientY);
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const was = gap();
    fingers.set(event.pointerId, event.clientX);
    moved += Math.abs(event.clientX - before);
    if (moved <= SLACK) return;
    scroller.setPointerCapture(event.pointerId);
    const [a, b] = fingers.values();
    if (fingers.size === 2 && was > 0) to.zoom(Math.max(1, gap()) / was, (a + b) / 2 - left());
    else if (fingers.size === 1) to.pan(before - event.clientX);
  };

  const up = (/** @type {PointerEvent} */ event) => fingers.delete(event.pointerId);
  const seek = (/** @type {PointerEvent} */ event) => event.buttons & 1 && to.seek(event.clientX - left());
  const grab = (/** @type {PointerEvent} */ event) => {
    axis.setPointerCapture(event.pointerId);
    seek(event);
  };
  const { signal } = ending;
  axis.addEventListener("pointerdown", grab, { signal });
  axis.addEventListener("pointermove", seek, { signal });
  for (const host of [scroller, axis]) host.addEventListener("wheel", wheel, { passive: false, signal });
  scroller.addEventListener("pointerdown", down, { signal });
  scroller.addEventListener("pointermove", move, { signal });
  scroller.addEventListener("pointerleave", () => to.hover(NaN, NaN), { signal });
  for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
    scroller.addEventListener(name, up, { signal });
  return { dragged: () => moved > SLACK, unbind: () => ending.abort() };
}
