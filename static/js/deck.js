/** The cards of a structure, each where the layout has it: one for a task or, where the graph is folded, for many. */

import { Card, WIDTH } from "./card.js";
import { Fold, framed } from "./fold.js";
import { Many } from "./many.js";
import { Walk } from "./walk.js";

/**
 * @typedef {Card | Many} Drawn
 * @typedef {import("./types.js").Layout} Layout
 */

export class Deck {
  /** @param {SVGElement} faces  where the details of cards go */
  constructor(faces) {
    this.faces = faces;
    /** By the index of the node; where the graph is folded, by their places. @type {Map<number, Drawn>} */
    this.cards = new Map();
    /** The centres of joins, which are no cards. @type {Array<[number, number]>} */
    this.joins = [];
    /** What is drawn around repeats. @type {ReturnType<typeof framed>} */
    this.frames = [];
    /** @type {Fold | null} */
    this.fold = null;
    this.walk = new Walk(new Map(), []);
  }

  /**
   * Lay out another structure.
   * @param {import("./types.js").RunGraph} graph
   * @param {Layout} layout
   * @param {Uint8Array} codes  the states of the nodes
   */
  deal({ nodes, folding }, layout, codes) {
    this.cards = new Map();
    this.joins = [];
    this.fold = folding ? new Fold(folding, codes) : null;
    if (folding) this.#dealFolded(folding, layout);
    else this.#deal(nodes ?? [], layout);
    this.frames = folding ? framed(folding.frames, this.cards, WIDTH) : [];
    const places = new Map([...this.cards].map(([key, { x, y }]) => [key, { x, y }]));
    this.walk = new Walk(places, layout.edges, layout);
  }

  /**
   * @param {import("./types.js").Folding} folding
   * @param {Layout} layout
   */
  #dealFolded(folding, layout) {
    const rows = new Set(folding.frames.flatMap(({ how, cards }) => (how === "series" ? cards : [])));
    const together = new Set(folding.frames.flatMap(({ cards }) => (cards.length > 1 ? cards : [])));
    folding.cards.forEach((card, place) => {
      const centre = layout.nodes[place];
      if (!centre) return;
      const isRow = rows.has(place) && !together.has(place);
      if (card.kind === "join") this.joins.push(centre);
      else if (card.kind === "task") this.cards.set(place, new Card(only(card), centre, this.faces, place));
      else this.cards.set(place, new Many(card, place, centre, this.faces, isRow));
    });
  }

  /**
   * @param {Iterable<import("./nodes.js").Node>} nodes
   * @param {Layout} layout
   */
  #deal(nodes, layout) {
    for (const node of nodes) {
      const centre = layout.nodes[node.index];
      if (!centre) continue;
      if (node.kind === "join") this.joins.push(centre);
      else this.cards.set(node.index, new Card(node, centre, this.faces));
    }
  }

  /** The card that a node is on. @param {number | null} index */
  with(index) {
    if (index === null) return undefined;
    return this.cards.get(this.fold ? this.fold.home(index) : index);
  }

  /** The card whose first member a node is. @param {number} index */
  startingWith(index) {
    for (const card of this.cards.values()) if (card.first === index) return card;
    return undefined;
  }

  /** @param {string} id  of a card that counts many */
  many(id) {
    for (const card of this.cards.values()) if (card instanceof Many && card.fold.id === id) return card;
    return undefined;
  }

  /** The card that an event is on. @param {EventTarget | null} target */
  at(target) {
    const box = target instanceof Element ? target.closest(".card, .card-open") : null;
    return box instanceof SVGElement ? this.cards.get(Number(box.dataset.index)) : undefined;
  }
}

/** The one node on a card. @param {import("./types.js").FoldCard} card @returns {import("./nodes.js").Node} */
function only({ id, task, members }) {
  // What is shown alone because somebody opened what it was in has a number behind its id.
  return { index: members[0][0], id: id.replace(/\/\d+$/, ""), task, kind: "task" };
}
