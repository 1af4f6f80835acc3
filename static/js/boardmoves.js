/** Cards that show where they went: what has moved between two drawings glides there within 150 ms. */

const QUICK = 150; // ms
const MOST = 40; // cards that move at the same time; more would be a blur, and slow

/** @typedef {Map<string, DOMRect>} Places */

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Where the cards in sight are. @param {HTMLElement} board @returns {Places} */
export function placesOf(board) {
  /** @type {Places} */
  const places = new Map();
  if (still.matches) return places;
  const frame = board.getBoundingClientRect();
  for (const card of cardsOf(board)) {
    const place = card.getBoundingClientRect();
    if (place.width && place.bottom > frame.top && place.top < innerHeight)
      places.set(card.dataset.run ?? "", place);
  }
  return places;
}

/**
 * Let each card that has moved glide from where it was.
 * @param {HTMLElement} board
 * @param {Places} before
 */
export function glide(board, before) {
  if (!before.size) return;
  const moved = [...cardsOf(board)].flatMap((card) => {
    const from = before.get(card.dataset.run ?? "");
    if (!from) return [];
    const to = card.getBoundingClientRect();
    return Math.hypot(from.x - to.x, from.y - to.y) > 1 ? [{ card, from, to }] : [];
  });
  if (moved.length > MOST) return;
  for (const { card, from, to } of moved) {
    if (Math.abs(from.x - to.x) < 2) card.animate(path(from, to), { duration: QUICK, easing: "ease-out" });
    else fly(card, from, to);
  }
}

/**
 * Into another column: a column cuts off what leaves it, so a copy flies over them.
 * @param {HTMLElement} card
 * @param {DOMRect} from
 * @param {DOMRect} to
 */
function fly(card, from, to) {
  const copy = copyOf(card, to);
  card.style.opacity = "0"; // what is not visible would lose the focus
  copy.animate(path(from, to), { duration: QUICK, easing: "ease-out" }).finished.finally(() => {
    copy.remove();
    card.style.opacity = "";
  });
}

/**
 * A copy of a card that lies over everything.
 * @param {HTMLElement} card
 * @param {DOMRect} at
 */
export function copyOf(card, at) {
  const copy = /** @type {HTMLElement} */ (card.cloneNode(true));
  copy.classList.add("board-copy");
  copy.removeAttribute("data-run");
  copy.setAttribute("aria-hidden", "true");
  copy.inert = true;
  Object.assign(copy.style, {
    left: `${at.left}px`,
    top: `${at.top}px`,
    width: `${at.width}px`,
    height: `${at.height}px`,
  });
  document.body.append(copy);
  return copy;
}

/**
 * @param {DOMRect} from
 * @param {DOMRect} to
 */
function path(from, to) {
  return [{ transform: `translate(${from.x - to.x}px, ${from.y - to.y}px)` }, { transform: "none" }];
}

/** @param {HTMLElement} board @returns {NodeListOf<HTMLElement>} */
function cardsOf(board) {
  return board.querySelectorAll(".board-card");
}
