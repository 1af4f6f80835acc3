/** A place on the screen where a card stays when the structure changes around it. */

/**
 * @typedef {import("./deck.js").Drawn} Drawn
 * @typedef {import("./viewport.js").View} View
 * @typedef {{width: number, height: number}} Size
 */

export class Anchor {
  /**
   * @param {Drawn} card
   * @param {View} view
   */
  constructor(card, { x, y, k }) {
    this.first = card.first; // what it is known by in another structure
    this.x = card.x * k + x;
    this.y = middle(card) * k + y;
  }

  /**
   * The view in which a card is here.
   * @param {Drawn} card
   * @param {number} k
   * @returns {View}
   */
  view(card, k) {
    return { k, x: this.x - card.x * k, y: this.y - middle(card) * k };
  }
}

/**
 * Whether a card begins in sight.
 * @param {Drawn} card
 * @param {View} view
 * @param {Size} size
 */
export function isSeen(card, { x, y, k }, { width, height }) {
  return inside(card.x * k + x, width) && inside(card.y * k + y, height);
}

/**
 * The card that is nearest to the middle of the view.
 * @param {Iterable<Drawn>} cards
 * @param {View} view
 * @param {Size} size
 */
export function midmost(cards, { x, y, k }, { width, height }) {
  /** @type {Drawn | undefined} */
  let best;
  let least = Infinity;
  for (const card of cards) {
    const far = Math.hypot(card.x * k + x - width / 2, card.y * k + y - height / 2);
    if (far < least) [best, least] = [card, far];
  }
  return best;
}

/** @param {number} at @param {number} size */
const inside = (at, size) => at >= 0 && at < size;

/** @param {Drawn} card */
function middle(card) {
  return card.y + card.height / 2;
}
