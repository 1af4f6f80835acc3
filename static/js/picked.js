/** What can be done with the picked tasks: a bar that floats over graph and table while there are any. */

import { html } from "htm/preact";
import { Copy, ICONS, Icon } from "./parts.js";
import { MOST_SHOWN } from "./view.js";

const SHOW = "M3.500 10h4M10 5.500h6.500v4H10zM10 12h6.500v4H10zM7.500 10l2.500-2.500M7.500 10l2.500 4";

/**
 * @typedef {object} PickedProps
 * @property {string[]} ids
 * @property {() => void} clear
 * @property {() => void} revoke
 * @property {(() => void) | null} show  show them by themselves; null where each is shown
 */

/** @param {PickedProps} props */
export function Picked({ ids, clear, revoke, show }) {
  if (!ids.length) return null;
  const isMany = ids.length > MOST_SHOWN;
  const title = "As cards of their own, with what hangs on them; the rest stays folded";
  const many = `${ids.length.toLocaleString("en")} selected`;
  return html`<div class="picked" role="group" aria-label="Selected tasks">
    <b role="status">${many}</b>
    <${Copy} text=${() => ids.join("\n")} label="Copy their ids" />
    ${show && html`<button type="button" class="quiet" disabled=${isMany} title=${isMany ? `${MOST_SHOWN} at most can be shown by themselves` : title} onClick=${show}><${Icon} d=${SHOW} />Show ${isMany ? `up to ${MOST_SHOWN}` : ids.length === 1 ? "it" : "these"} in the graph</button>`}
    <button type="button" class="quiet" onClick=${revoke}><${Icon} d=${ICONS.stop} />Revoke</button>
    <button type="button" class="quiet small square" title="Select none (Esc)" aria-label="Select none" onClick=${clear}><${Icon} d=${ICONS.close} /></button>
  </div>`;
}
