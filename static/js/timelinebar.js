/** The line over a timeline: how long the run took and on what, how long it may still take, and how to read the rows. */

import { html } from "htm/preact";
import { split } from "./names.js";
import { isLive } from "./states.js";
import { useTicking } from "./ticks.js";
import { now, span } from "./time.js";

/** @typedef {import("./types.js").Timeline} Timeline */

/** @param {{told: Timeline | null, run: import("./types.js").RunSummary | null, skewed: number}} props */
export function TimelineBar({ told, run, skewed }) {
  const live = run !== null && isLive(run.state);
  const clocks = `${skewed.toLocaleString("en")} ${skewed === 1 ? "task seems" : "tasks seem"} to have begun before ${skewed === 1 ? "it was" : "they were"} sent, or to have ended before ${skewed === 1 ? "it" : "they"} began: the clocks of the machines differ. No time is drawn there.`;
  return html`
    <p class="timeline-sum" role="status">${told ? html`<${Path} told=${told} live=${live} />` : "Loading…"}</p>
    ${live && told?.estimate && html`<${Left} estimate=${told.estimate} />`}
    ${skewed > 0 && html`<span class="timeline-clocks" title=${clocks}>Clocks disagree: ${skewed.toLocaleString("en")} ${skewed === 1 ? "task" : "tasks"}<span class="unseen">. ${clocks}</span></span>`}
    <ul class="timeline-legend" aria-label="How to read the rows">
      <li><i class="as-wait"></i>in a queue</li><li><i class="as-run"></i>ran</li><li title="When a quarter, half and three quarters of many had finished"><i class="as-quarters"></i>¼ ½ ¾ done</li><li><i class="as-path"></i>critical path</li>
    </ul>`;
}

/** What the run's time went into. @param {{told: Timeline, live: boolean}} props */
function Path({ told: { path }, live }) {
  if (!path.length) return null;
  const seconds = path[path.length - 1][4] / 1000;
  const sum = (/** @type {number} */ part) =>
    path.reduce((all, step) => all + step[part + 1] - step[part], 0) / 1000;
  const [waited, queued, ran] = [sum(1), sum(2), sum(3)];
  const count = path.length.toLocaleString("en");
  const title =
    "The tasks that decided when the run ended: from the one that finished last back, each time to the parent that finished last. Before each, it waited to be sent; then it was in a queue; then it ran.";
  return html`<span title=${title}><b>${span(seconds)}</b> ${live ? "so far" : "in all"} · critical path of ${count} ${path.length === 1 ? "task" : "tasks"}:
    ran <b>${span(ran)}</b>, in queues <b>${span(queued)}</b>, between <b>${span(waited)}</b></span>`;
}

/**
 * How long it may still take, and how that is known.
 * @param {{estimate: import("./types.js").Estimate, brief?: boolean}} props  brief: the latter on hover alone
 */
export function Left({ estimate: { at, left, work, chain, parallelism, unknown, tasks }, brief = false }) {
  const text = useTicking(() => about(at + left - now()));
  const [[first, count] = ["", 0]] = tasks;
  const more = tasks.length - 1;
  const names = tasks
    .map(([task, times, median]) => `${split(task).name}: ${span(median)}, of ${times}`)
    .join("; ");
  const method = `Medians of earlier tasks (${names}) give ${span(work)} of work, ${span(chain)} in the longest chain; ${parallelism.toFixed(1)} ran at once in the last minute. Left: chain + (work − chain) / that.${unknown ? ` ${unknown.toLocaleString("en")} tasks have no history and are left out.` : ""}`;
  const from = html`, from ${count.toLocaleString("en")} earlier <bdi>${split(first).name}</bdi>${more > 0 && ` and ${more} more`}`;
  return html`<span class="timeline-left" title=${method}>${text ? html`${unknown ? "at least " : ""}<b>${text}</b> left` : "longer than before"}${!brief && from}</span>`;
}

/** "about 4 min", no finer than it is known; "" where that has passed. @param {number} seconds */
export function about(seconds) {
  if (seconds < 1) return "";
  if (seconds < 10) return "a few seconds";
  if (seconds < 90) return `about ${Math.round(seconds / 10) * 10} s`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${(seconds / 3600).toFixed(1).replace(/\.0$/, "")} h`;
}
