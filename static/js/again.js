/** Starting the workflow of a run once more, where the demo knows it. */

import { getDemo, startDemo } from "./api.js";
import { workflowOf } from "./demo.js";
import { toast } from "./shell.js";

export class Again {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** @type {import("./types.js").DemoWorkflow[]} */
    this.workflows = [];
    this.starting = false;
  }

  async start() {
    if (document.body.dataset.demo !== "yes") return;
    try {
      this.workflows = (await getDemo()).workflows;
    } catch {
      this.workflows = []; // without them there is no button, and nothing else is lost
    }
    this.changed();
  }

  /**
   * What a press on the button does; null where there is none.
   * @param {import("./types.js").RunSummary} run
   */
  of(run) {
    const workflow = workflowOf(run, this.workflows);
    return workflow === null ? null : () => this.#press(workflow);
  }

  /** @param {string} workflow */
  async #press(workflow) {
    if (this.starting) return;
    this.starting = true;
    this.changed();
    try {
      const { run } = await startDemo(workflow);
      if (run) location.assign(`/runs/${encodeURIComponent(run)}`);
      else toast("Started. It will be in the list of runs in a moment.");
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    this.starting = false;
    this.changed();
  }
}
