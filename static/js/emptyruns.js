/** What the list says when it has nothing to list, and what to do. */

import { html } from "htm/preact";
import { Code } from "./parts.js";

/**
 * @param {{filtered: boolean, singles: string, clear: () => void, showSingles: () => void, board?: boolean}} props
 */
export function Empty({ filtered, singles, clear, showSingles, board = false }) {
  const offer =
    singles &&
    html`<button type="button" class="button plain" onClick=${showSingles}>Show ${singles} single tasks</button>`;
  if (filtered)
    return html`<div class="empty small"><h2>No run fits this filter</h2>
      <p>Take a part of it away, or all.</p>
      <p class="row"><button type="button" class="button" onClick=${clear}>Clear the filter</button>${offer}</p></div>`;
  if (singles)
    return html`<div class="empty small"><h2>No workflows yet, only single tasks</h2>
      <p>Tasks are seen, each by itself. Workflows are drawn whole, with what still waits, once your app is watched:</p>
      <${Code} text=${"import umbel.engine\numbel.engine.watch(app)"} /><p>${offer}</p></div>`;
  if (document.body.dataset.demo === "yes")
    return html`<div class="empty small"><h2>No runs yet</h2>
      ${board ? html`<p>Start a workflow, and its card moves over this board as its tasks are done.</p><p><a class="button" href="/">To the workflows</a></p>` : html`<p>Start one of the workflows above and watch its tasks fill with colour.</p>`}</div>`;
  return html`<div class="empty">
    <h2>No runs yet</h2>
    <p>Add these lines where your Celery app is made. Each canvas that you send then appears here as a whole graph, and your workers need no change.</p>
    <${Code} text=${"import umbel.engine\numbel.engine.watch(app)"} />
    <p>Or have Umbel run a canvas, so that it can be paused and nothing gets lost:</p>
    <${Code} text="umbel.engine.conduct(canvas)" />
    <p>The conductor listens to the broker and records what happens. It must be running:</p>
    <${Code} text="umbel conductor" />
    <p>Workers that send events are seen without any change of code: start them with <b>-E</b>.</p>
    <${Code} text="celery -A proj worker -E" />
    <p>No Celery at hand? The demo brings a broker, a worker and workflows of its own:</p>
    <${Code} text="umbel demo" />
  </div>`;
}
