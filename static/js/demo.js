/** The workflows of the demo: a card each, on shelves, with buttons that start it natively or conducted. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { startDemo } from "./api.js";
import { ICONS, Icon } from "./parts.js";
import { toast } from "./shell.js";
import { recall, remember } from "./theme.js";

const SHELF = "umbel.demo.shelf";

/** @typedef {import("./types.js").DemoWorkflow} DemoWorkflow */

/**
 * @param {{workflows: DemoWorkflow[]}} props
 */
export function Demo({ workflows }) {
  const shelves = [...new Set(workflows.map(({ shelf }) => shelf ?? ""))];
  const [chosen, setChosen] = useState(recall(SHELF));
  const shelf = chosen !== null && shelves.includes(chosen) ? chosen : shelves[0];
  const choose = (/** @type {string} */ name) => {
    remember(SHELF, name);
    setChosen(name);
  };
  return html`<section aria-labelledby="demo-title">
    <div class="demo-head"><h2 id="demo-title" class="section-title">Start a workflow</h2>
      ${
        shelves.length > 1 &&
        html`<div class="segments" role="tablist" aria-label="Shelves">${shelves.map(
          (name) =>
            html`<button type="button" role="tab" key=${name} aria-controls="demo-cards" aria-selected=${name === shelf} onClick=${() => choose(name)}>${name}</button>`,
        )}</div>`
      }</div>
    <ul class="demo-cards" id="demo-cards">${workflows.filter((each) => (each.shelf ?? "") === shelf).map((each) => html`<${DemoCard} key=${each.name} ...${each} />`)}</ul></section>`;
}

/** @param {DemoWorkflow} props */
function DemoCard({ name, title, about, tasks, native = true }) {
  const [busy, setBusy] = useState("");
  const start = async (/** @type {boolean} */ conducted) => {
    setBusy(conducted ? "conducted" : "natively");
    try {
      const { run } = await startDemo(name, { conducted });
      if (run) {
        location.assign(`/runs/${encodeURIComponent(run)}`);
        return;
      }
      toast(`${title}: sent. It will be listed in a moment.`);
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    setBusy("");
  };
  const button = (/** @type {string} */ how, /** @type {string} */ does) => html`<button type="button"
    class=${how === "natively" ? "button plain" : "button"} data-start=${how} disabled=${busy !== ""} title=${does}
    aria-label=${`Run it ${how}: ${title}`} onClick=${() => start(how === "conducted")}><${Icon} d=${ICONS.play} />${busy === how ? "Starting" : how === "natively" ? "Natively" : native ? "Conducted" : "Run it conducted"}</button>`;
  return html`<li class="demo-card" data-workflow=${name}>
    <h3>${title}</h3>
    <p>${about}</p>
    <p class="demo-count">${tasks.toLocaleString("en")} ${tasks === 1 ? "task" : "tasks"}</p>
    <footer>${native && button("natively", "Run it natively: Celery does, and Umbel watches")}${button("conducted", "Run it conducted: Umbel sends each task")}</footer>
  </li>`;
}

/**
 * The workflow that a run came from.
 * @param {import("./types.js").RunSummary} run
 * @param {DemoWorkflow[]} workflows
 * @returns {string | null}
 */
export function workflowOf(run, workflows) {
  return workflows.find((each) => each.run_name === run.name)?.name ?? null;
}
