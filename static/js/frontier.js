/** The line between what of a run has begun and what may still be changed: a bar before each card that it is in front of. */

import { Card, make, WIDTH } from "./card.js";

const GAP = 14; // px before a card
const OVER = 12; // px beyond it on both sides, so that the bars of a column meet

export class Frontier {
  /** @param {SVGElement} world */
  constructor(world) {
    this.path = make("path", { class: "frontier", "aria-hidden": "true" });
    world.append(this.path);
    this.drawn = "";
  }

  /**
   * @param {import("./deck.js").Deck} deck
   * @param {import("./types.js").Layout} layout
   * @param {((index: number) => boolean) | undefined} past  nothing is drawn without
   */
  show(deck, layout, past) {
    const line = past ? bars(deck, layout, past).join("") : "";
    if (line === this.drawn) return;
    this.drawn = line;
    this.path.setAttribute("d", line);
  }
}

/**
 * Whether nothing on a card may still be changed.
 * @param {import("./deck.js").Drawn} card
 * @param {(index: number) => boolean} past
 */
export function isOver(card, past) {
  if (card instanceof Card) return past(card.first);
  return card.fold.members.every(([first, count]) => {
    for (let index = first; index < first + count; index += 1) if (!past(index)) return false;
    return true;
  });
}

/**
 * @param {import("./deck.js").Deck} deck
 * @param {import("./types.js").Layout} layout
 * @param {(index: number) => boolean} past
 */
function bars({ cards }, { edges, down }, past) {
  const isPast = (/** @type {number} */ key) => {
    const card = cards.get(key);
    return card ? isOver(card, past) : undefined;
  };
  // What leads into a join leads on to what follows it.
  /** @type {Map<number, boolean>} */
  const joins = new Map();
  for (const [parent, child] of edges) {
    if (isPast(child) === undefined) joins.set(child, (joins.get(child) ?? false) || isPast(parent) === true);
  }
  const found = new Set();
  for (const [parent, child] of edges) {
    const from = isPast(parent) ?? joins.get(parent);
    if (from && isPast(child) === false) found.add(child);
  }
  return [...cards].flatMap(([key, { x, y, height }]) => {
    if (!found.has(key)) return [];
    return down
      ? [`M${x - OVER} ${y - GAP}h${WIDTH + 2 * OVER}`]
      : [`M${x - GAP} ${y - OVER}v${height + 2 * OVER}`];
  });
}
