/** Saying that tasks succeeded, and with which result. */

import { html } from "htm/preact";
import { getValue } from "./api.js";
import { readJson, rounded, writeJson } from "./jsontext.js";
import { split } from "./names.js";
import { called } from "./planwords.js";
import { STATES } from "./states.js";
import { succeed } from "./targets.js";

const SUCCESS = STATES.indexOf("SUCCESS");

export class Results {
  /** @param {import("./resubmission.js").Resubmission} own */
  constructor(own) {
    this.own = own;
  }

  /**
   * What another task of the same name returned in this run.
   * @param {number[]} nodes
   */
  async #like([first]) {
    const { id, state } = this.own.page;
    const { nodes, codes } = state;
    const task = nodes.task(first);
    const other = nodes.tasks.find((index) => codes[index] === SUCCESS && nodes.task(index) === task);
    if (other === undefined || task === null) return null;
    try {
      const { value, cut } = await getValue(id, nodes.id(other), "result");
      const known = typeof value === "object" && value !== null && "json" in value ? value.json : undefined;
      if (known === undefined || cut) return null;
      return { said: `Another ${split(task).name} returned`, text: writeJson(known) };
    } catch {
      return null; // it is but a hint
    }
  }

  /** @param {number[]} nodes */
  open(nodes) {
    const { planning, page, ask } = this.own;
    const what = called(page.state.nodes, nodes);
    const known = planning.choice.results.find((each) => each.nodes.some((index) => nodes.includes(index)));
    ask.open(
      {
        title: "Mark as succeeded",
        about: html`<b><bdi>${what}</bdi></b> will not run. What waits for ${nodes.length === 1 ? "it" : "them"} gets this result.`,
        label: "Result, as JSON",
        verb: "Mark as succeeded",
        draft: `result ${nodes.join()}`,
        long: true,
        hint: this.#like(nodes),
        refuses: (text) => readJson(text).why || rounded(readJson(text).value),
        take: (text) => succeed(planning, nodes, readJson(text).value),
      },
      known ? JSON.stringify(known.value, null, 2) : "null",
    );
  }
}
