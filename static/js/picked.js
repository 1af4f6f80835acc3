/** What can be done with the picked tasks: a bar that floats over graph and table while there are any. */

import { html } from "htm/preact";
import { Copy, ICONS, Icon } from "./parts.js";

/**
 * @param {{ids: string[], clear: () => void, revoke: () => void}} props
 */
export function Picked({ ids, clear, revoke }) {
  if (!ids.length) return null;
  const many = `${ids.length.toLocaleString("en")} selected`;
  return html`<div class="picked" role="group" aria-label="Selected tasks">
    <b role="status">${many}</b>
    <${Copy} text=${() => ids.join("\n")} label="Copy their ids" />
    <button type="button" class="quiet" onClick=${revoke}><${Icon} d=${ICONS.stop} />Revoke</button>
    <button type="button" class="quiet small square" title="Select none (Esc)" aria-label="Select none" onClick=${clear}><${Icon} d=${ICONS.close} /></button>
  </div>`;
}
