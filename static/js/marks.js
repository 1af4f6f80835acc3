/** The marks of a run's tasks: whose result was taken over or given, and which are held. Fetched where there may be any. */

import { Columns } from "./columns.js";
import { isLive } from "./states.js";

export class Marks {
  /** @param {import("./run.js").RunPage} page */
  constructor(page) {
    this.page = page;
    this.columns = new Columns(page.id, ["mark", "held"], () => this.#take());
  }

  /**
   * The run is another one, or some of its tasks are.
   * @param {import("./state.js").RunState} state
   * @param {boolean} changed
   */
  follow({ run }, changed) {
    if (!run || !(run.made_from || (run.kind === "conducted" && isLive(run.state)))) return;
    if (changed) this.columns.touch();
    this.columns.want();
  }

  #take() {
    const { page, columns } = this;
    const size = page.feed.state.codes.length;
    const mark = (/** @type {number} */ index) => columns.get("mark", index);
    if (page.looks.mark(size, mark, (index) => columns.get("held", index) === true)) page.repaint();
    columns.want(); // what has changed since
  }
}
