/** Saying that tasks succeeded, and with which result. */

import { html } from "htm/preact";
import { readJson } from "./jsontext.js";
import { called } from "./planwords.js";
import { succeed } from "./targets.js";

export class Results {
  /** @param {import("./resubmission.js").Resubmission} own */
  constructor(own) {
    this.own = own;
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
        refuses: (text) => readJson(text).why,
        take: (text) => succeed(planning, nodes, readJson(text).value),
      },
      known ? JSON.stringify(known.value, null, 2) : "null",
    );
  }
}
