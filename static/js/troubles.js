/** What is in the way of a plan, what it should be looked at for, and which tasks it needs beside those that were chosen. */

import { html } from "htm/preact";
import { split } from "./names.js";

const LISTED = 5;

/** @typedef {import("./types.js").Trouble} Trouble */

/** @param {{own: import("./resubmission.js").Resubmission, plan: import("./types.js").Plan}} props */
export function Troubles({ own, plan }) {
  const { problems, warnings, needed, changed } = plan;
  return html`
    ${problems.length > 0 && html`<section class="tray-problems" aria-labelledby="problems-title"><h3 id="problems-title">In the way</h3><ul>${problems.map((each) => html`<${One} key=${`${each.code} ${each.field} ${each.message}`} own=${own} trouble=${each} />`)}</ul></section>`}
    ${warnings.length > 0 && html`<section class="tray-warnings" aria-labelledby="warnings-title"><h3 id="warnings-title">Look at this</h3><ul>${warnings.map((each) => html`<${One} key=${`${each.code} ${each.field} ${each.message}`} own=${own} trouble=${each} />`)}</ul></section>`}
    <${Listed} own=${own} title="Needed too" nodes=${needed.map(({ id, why }) => [id, why])} total=${needed.length} />
    <${Listed} own=${own} title="Run with something else" nodes=${changed.map(({ id, fields }) => [id, fields.join(", ")])} total=${changed.length} />`;
}

/** @param {{own: import("./resubmission.js").Resubmission, trouble: Trouble}} props */
function One({ own, trouble }) {
  const { nodes: known } = own.page.state;
  const { code, message, nodes, count, field } = trouble;
  const indexes = nodes.map((id) => known.indexOf(id)).filter((index) => index >= 0);
  const opens = code === "not_exact" || field?.startsWith("edits/");
  return html`<li><span dir="auto">${message}</span>
    <${Names} own=${own} ids=${nodes} total=${count} />
    ${opens && indexes.length > 0 && html`<button type="button" class="more" onClick=${() => own.editor.open(own.page.state.nodes.tasksOf(indexes).map(({ index }) => index))}>Give ${indexes.length === 1 ? "its" : "their"} arguments</button>`}</li>`;
}

/** @param {{own: import("./resubmission.js").Resubmission, ids: string[], total: number}} props */
function Names({ own, ids, total }) {
  if (!ids.length) return null;
  return html`<ul class="tray-names">${ids.slice(0, LISTED).map((id) => html`<li key=${id}><${Link} own=${own} id=${id} /></li>`)}
    ${total > Math.min(LISTED, ids.length) && html`<li class="muted">and ${(total - Math.min(LISTED, ids.length)).toLocaleString("en")} more</li>`}</ul>`;
}

/** @param {{own: import("./resubmission.js").Resubmission, title: string, nodes: string[][], total: number}} props */
function Listed({ own, title, nodes, total }) {
  if (!nodes.length) return null;
  return html`<section class="tray-listed"><h3>${title} <span class="muted">${total.toLocaleString("en")}</span></h3>
    <ul>${nodes.slice(0, LISTED).map(([id, why]) => html`<li key=${id}><${Link} own=${own} id=${id} /> <span class="muted" dir="auto">${why}</span></li>`)}
    ${total > LISTED && html`<li class="muted">${LISTED} of ${total.toLocaleString("en")}${total >= 100 ? " or more" : ""} shown</li>`}</ul></section>`;
}

/** @param {{own: import("./resubmission.js").Resubmission, id: string}} props */
function Link({ own, id }) {
  const { nodes } = own.page.state;
  const task = nodes.task(nodes.indexOf(id));
  const go = (/** @type {MouseEvent} */ event) => {
    event.preventDefault();
    own.page.detail.go(id);
  };
  return html`<a href=${`#node=${encodeURIComponent(id)}`} title=${id} onClick=${go}><bdi class="name">${task ? split(task).name : id.slice(0, 8)}</bdi></a>`;
}
