/** What was chosen, as chips that can be taken away. */

import { html } from "htm/preact";
import { WAYS as CHOSEN_WAYS, forget, NOTHING, unedit } from "./choice.js";
import { ICONS, Icon } from "./parts.js";
import { called } from "./planwords.js";

/** @type {Record<string, [said: string, title: string]>} */
const WAYS = {
  from: ["From", "They run, and all that follows from them"],
  only: ["Only", "They run; what follows from them is left out"],
  skip: ["Skip", "They do not run, nor does what waits for them"],
  hold: ["Hold", "They are not sent until somebody releases them"],
  release: ["Release", "They are sent when what they wait for is done"],
};

/**
 * @typedef {object} Chip
 * @property {string} key
 * @property {string} said
 * @property {string} what
 * @property {string} title
 * @property {number[]} nodes
 * @property {(() => void)} [open]
 * @property {() => void} remove
 */

/** @param {{own: import("./resubmission.js").Resubmission}} props */
export function Chosen({ own }) {
  const { planning } = own;
  const chips = chipsOf(own);
  return html`<section class="tray-chosen" aria-labelledby="chosen-title"><h3 id="chosen-title">Chosen</h3>
    <ul>${chips.map(({ key, said, what, title, nodes, open, remove }) => {
      const press = open ?? (() => own.page.selection.set(nodes));
      return html`<li key=${key} class="tray-chip"><button type="button" class="cut" title=${title} onClick=${press}>${said} <bdi>${what}</bdi></button><button type="button" class="tray-away" aria-label=${`Take away: ${said} ${what}`} title="Take away" onClick=${remove}><${Icon} d=${ICONS.close} /></button></li>`;
    })}
    ${!chips.length && planning.choice.ahead && html`<li class="muted">Nothing yet.</li>`}
    ${!planning.choice.failed && !planning.choice.ahead && html`<li><button type="button" class="more" onClick=${() => planning.change({ ...planning.choice, failed: true })}>+ All that failed</button></li>`}</ul>
  </section>`;
}

/** @param {import("./resubmission.js").Resubmission} own @returns {Chip[]} */
function chipsOf(own) {
  const { planning, page } = own;
  const { choice } = planning;
  const name = (/** @type {number[]} */ nodes) => called(page.state.nodes, nodes);
  /** @type {Chip[]} */
  const found = [];
  if (choice.failed)
    found.push({
      key: "failed",
      said: "All that failed",
      what: "",
      title: "All that failed or was revoked, and what it blocked",
      nodes: own.failed(),
      remove: () => planning.change({ ...choice, failed: false }),
    });
  for (const way of CHOSEN_WAYS) {
    const nodes = choice[way];
    const [said, title] = WAYS[way];
    if (nodes.length)
      found.push({
        key: way,
        said,
        what: name(nodes),
        title: `${title}. Press to select them.`,
        nodes,
        remove: () => planning.change({ ...choice, [way]: NOTHING[way] }),
      });
  }
  choice.results.forEach(({ nodes, value }, at) => {
    const what = `${name(nodes)} = ${JSON.stringify(value)}`;
    found.push({
      key: `result ${at}`,
      said: "Succeeded",
      what,
      title: what,
      nodes,
      open: () => own.results.open(nodes),
      remove: () => planning.change(forget(choice, nodes)),
    });
  });
  choice.edits.forEach(({ nodes, ...parts }, at) => {
    const isMoved = parts.queue !== undefined && Object.keys(parts).length === 1;
    found.push({
      key: `edit ${at}`,
      said: isMoved ? `On ${parts.queue}` : "Changed",
      what: name(nodes),
      title: "Press to look at what is changed",
      nodes,
      open: () => own.editor.open(nodes),
      remove: () => planning.change(unedit(choice, nodes)),
    });
  });
  return found;
}
