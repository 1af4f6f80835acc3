/** A line over a folded graph: how it is folded, and the way back from what was opened. */

import { html } from "htm/preact";

/** @param {{graph: import("./types.js").RunGraph | null, close: () => void}} props */
export function FoldNote({ graph, close }) {
  const folding = graph?.folding;
  if (!folding) return null;
  const tasks = graph.run.nodes.toLocaleString("en");
  const cards = folding.cards.filter((card) => card.kind !== "join").length;
  const text = `${tasks} tasks on ${cards} ${cards === 1 ? "card" : "cards"}, folded by structure (${folding.method})`;
  return html`<div class="fold-line">
    <span role="status" title=${text}>${text}</span>
    ${folding.opened.length ? html`<button type="button" class="quiet small" onClick=${close}>Fold again</button>` : null}
  </div>`;
}
