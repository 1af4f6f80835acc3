/** Walking over the cards of the board with the keyboard: up and down in a column, left and right between them. */

import { keys } from "./shell.js";

const PAGE = 5; // cards

/**
 * @param {HTMLElement} board
 * @param {object} to
 * @param {(run: string) => void} to.plan  the resubmission of the run whose card has the focus
 * @returns {() => void}  the unbinder
 */
export function bindBoardKeys(board, { plan }) {
  return keys.add(
    {
      keys: ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"],
      shown: ["↑", "↓", "←", "→"],
      does: "Walk over the cards",
      run: (event) => walk(board, event),
    },
    { keys: ["Enter"], does: "Open the run", run: () => undefined }, // a link does it
    {
      keys: ["r"],
      does: "Plan the resubmission of a failed run",
      run: () => {
        const card = current();
        if (card?.dataset.movable !== undefined) plan(card.dataset.run ?? "");
      },
    },
    {
      keys: [],
      shown: ["Drag"],
      does: "A failed card onto Running: plan its resubmission",
      run: () => undefined,
    },
  );
}

/** The card that has the focus. */
export function current() {
  const found = document.activeElement?.closest(".board-card");
  return found instanceof HTMLElement ? found : null;
}

/** @param {HTMLElement} card */
export function focusCard(card) {
  const link = card.querySelector(".board-link");
  if (link instanceof HTMLElement) link.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * @param {HTMLElement} board
 * @param {KeyboardEvent} event
 */
function walk(board, event) {
  const card = current();
  if (!card) {
    const first = board.querySelector(".board-card");
    if (event.key.startsWith("Arrow") && first instanceof HTMLElement) {
      event.preventDefault();
      focusCard(first);
    }
    return;
  }
  const next =
    event.key === "ArrowLeft"
      ? beside(board, card, -1)
      : event.key === "ArrowRight"
        ? beside(board, card, 1)
        : along(card, event.key);
  event.preventDefault();
  if (next) focusCard(next);
}

/**
 * @param {HTMLElement} card
 * @param {string} key
 */
function along(card, key) {
  const cards = cardsIn(card.closest(".board-column"));
  const at = cards.indexOf(card);
  /** @type {Record<string, number>} */
  const steps = { ArrowUp: -1, ArrowDown: 1, PageUp: -PAGE, PageDown: PAGE, Home: -Infinity, End: Infinity };
  return cards[Math.min(Math.max(at + steps[key], 0), cards.length - 1)];
}

/**
 * The card at about the same height in the next column that has any.
 * @param {HTMLElement} board
 * @param {HTMLElement} card
 * @param {number} step
 */
function beside(board, card, step) {
  const columns = [...board.querySelectorAll(".board-column")];
  const height = middle(card);
  for (let at = columns.findIndex((each) => each.contains(card)) + step; columns[at]; at += step) {
    const cards = cardsIn(columns[at]);
    if (!cards.length) continue;
    return cards.reduce((best, each) =>
      Math.abs(middle(each) - height) < Math.abs(middle(best) - height) ? each : best,
    );
  }
  return undefined;
}

/** @param {HTMLElement} card */
function middle(card) {
  const { top, height } = card.getBoundingClientRect();
  return top + height / 2;
}

/** @param {Element | null} column @returns {HTMLElement[]} */
function cardsIn(column) {
  return [...(column?.querySelectorAll(".board-card") ?? [])].filter((each) => each instanceof HTMLElement);
}
