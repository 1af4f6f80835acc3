/** The workflows of the demo: a card each, with a button that starts it. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { startDemo } from "./api.js";
import { ICONS, Icon } from "./parts.js";
import { toast } from "./shell.js";

/**
 * @param {{workflows: import("./types.js").DemoWorkflow[]}} props
 */
export function Demo({ workflows }) {
  return html`<section aria-labelledby="demo-title"><h2 id="demo-title" class="section-title">Start a workflow</h2>
    <ul class="demo-cards">${workflows.map((each) => html`<${DemoCard} key=${each.name} ...${each} />`)}</ul></section>`;
}

/** @param {import("./types.js").DemoWorkflow} props */
function DemoCard({ name, title, about, tasks }) {
  const [busy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      const { run } = await startDemo(name);
      if (run) {
        location.assign(`/runs/${encodeURIComponent(run)}`);
        return;
      }
      toast(`${title}: sent. It will be listed in a moment.`);
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    setBusy(false);
  };
  return html`<li class="demo-card" data-workflow=${name}>
    <h3>${title}</h3>
    <p>${about}</p>
    <footer>
      <span class="muted">${tasks} ${tasks === 1 ? "task" : "tasks"}</span>
      <button type="button" class="button" disabled=${busy} aria-label=${`Start: ${title}`} onClick=${start}><${Icon} d=${ICONS.play} />${busy ? "Starting" : "Start"}</button>
    </footer>
  </li>`;
}

/**
 * The workflow that a run came from.
 * @param {import("./types.js").RunSummary} run
 * @param {import("./types.js").DemoWorkflow[]} workflows
 * @returns {string | null}
 */
export function workflowOf(run, workflows) {
  return workflows.find((each) => each.run_name === run.name)?.name ?? null;
}
