/** How far the graph of a large run is folded: which cards are open, what is told apart, and what is shown by itself. */

import { FoldNote } from "./foldnote.js";
import { MOST_SHOWN, wantedOf } from "./view.js";

export class Folding {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    const host = document.createElement("div");
    host.className = "fold-note";
    page.stage.tools.before(host);
    this.note = new FoldNote(host, {
      part: (apart) => this.fold({ apart }),
      refold: () => page.feed.refold(),
      close: () => this.fold({ open: [], shown: [] }),
    });
  }

  /** The graph is another one. @param {import("./state.js").RunState} state */
  show(state) {
    this.note.show(state, this.page.place.apart);
  }

  /** Fold the graph otherwise. @param {Partial<import("./types.js").Wanted>} change */
  fold(change) {
    this.page.readdress(change, { push: true });
    this.show(this.page.state);
    this.follow();
  }

  /** Ask for the graph that the address says, in a window as wide as this. */
  follow() {
    this.page.feed.want(wantedOf(this.page.place));
  }

  /** Show what a card is made of, in its place. @param {import("./types.js").FoldCard} card */
  unfold(card) {
    const { stage, place } = this.page;
    const within = stage.drawer.host.contains(document.activeElement);
    if (stage.tab !== "graph") stage.choose("graph");
    if (within) stage.graph.find(card.id, { focus: true });
    if (place.card === card.id) place.card = null;
    this.fold({ open: [...place.open, card.id] });
    stage.drawDrawer();
  }

  /** Show what the card is made of whose members are shown. */
  openCard() {
    const { stage, place } = this.page;
    const card = place.card && stage.graph.cardOf(place.card);
    if (card) stage.graph.unfold(card.fold);
  }

  /** Whether some of these are folded together with others. @param {Set<number>} indexes */
  hides(indexes) {
    const { folding } = this.page.state.graph ?? {};
    return folding ? [...indexes].some((index) => !folding.shown.includes(index)) : false;
  }

  /** Show these as cards of their own. @param {number[]} shown  indexes of tasks */
  apart(shown) {
    if (shown.length > MOST_SHOWN) return;
    const { stage, place } = this.page;
    if (stage.tab !== "graph") stage.choose("graph");
    place.card = null;
    stage.drawDrawer();
    stage.graph.focusOn(shown[0]);
    this.fold({ shown });
  }
}
