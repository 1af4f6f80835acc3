/** What has happened to a task before: its attempts, and its states. */

import { html } from "htm/preact";
import { Chip, Copy, Moment } from "./parts.js";
import { exact, span } from "./time.js";
import { Text } from "./value.js";

/** @typedef {import("./types.js").NodeDetail} NodeDetail */

/** @param {{detail: NodeDetail}} props */
export function Attempts({ detail: { id, state, attempts } }) {
  // One that is what the detail tells anyway is no news.
  if (!attempts?.length || (attempts.length === 1 && attempts[0].state === state)) return null;
  return html`<section><h3>Attempts</h3><ol class="attempts">
    ${attempts.map(
      (each, at) => html`<li key=${at}>
      <span class="muted">${at + 1}</span><${Chip} state=${each.state} />${each.reason && html`<span class="tag" dir="auto">${each.reason}</span>`}
      <span class="mono cut" title=${each.worker ?? ""}>${each.worker ?? ""}</span><${Moment} at=${each.at ?? null} />
      ${each.id && each.id !== id && html`<span class="attempt-id muted"><span class="mono cut" title=${each.id}>${each.id}</span><${Copy} text=${each.id} label="Copy the id of this attempt" /></span>`}
      ${each.exception && html`<p class="exception" dir="auto"><${Text} text=${each.exception} /></p>`}
      ${each.traceback && html`<details><summary>Traceback</summary><pre class="traceback" tabindex="0">${each.traceback}</pre></details>`}
    </li>`,
    )}
  </ol></section>`;
}

/** @param {{detail: NodeDetail}} props */
export function History({ detail }) {
  const { history } = detail;
  if (!history?.length) return null;
  const first = history[0][1];
  return html`<section><h3>History</h3><ol class="history">
    ${history.map(
      ([state, at], index) => html`<li key=${index}>
      <${Chip} state=${state} /><span class="muted" title=${exact(at)}>${index === 0 ? exact(at) : `+ ${span(at - first)}`}</span>
    </li>`,
    )}
  </ol></section>`;
}
