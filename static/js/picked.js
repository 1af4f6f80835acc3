/** What can be done with the picked tasks: a bar that floats over graph and table while there are any. */

import { html, render } from "htm/preact";
import { Copy, ICONS, Icon } from "./parts.js";
import { MOST_SHOWN } from "./view.js";

const SHOW = "M3.500 10h4M10 5.500h6.500v4H10zM10 12h6.500v4H10zM7.500 10l2.500-2.500M7.500 10l2.500 4";

export class Picked {
  /**
   * @param {HTMLElement} host
   * @param {import("./run.js").RunPage} page
   */
  constructor(host, page) {
    this.host = host;
    this.page = page;
  }

  get #tasks() {
    return this.page.state.nodes.tasksOf(this.page.selection.indexes);
  }

  /** Others are picked. */
  changed() {
    this.page.readdress({ picked: [...this.page.selection.indexes] });
    this.draw();
  }

  draw() {
    const { selection, folding, stage } = this.page;
    stage.pick();
    this.page.resubmission.pick();
    render(
      html`<${Bar} ids=${this.#tasks.map(({ id }) => id)} clear=${() => selection.clear()}
        revoke=${() => this.revoke()} plan=${() => this.page.resubmission.openMenu()} show=${folding.hides(selection.indexes) ? () => this.#show() : null} />`,
      this.host,
    );
  }

  /** Revoke the picked tasks, or the open one. */
  revoke() {
    const { page } = this;
    const picked = this.#tasks;
    const these = picked.length ? picked : page.state.nodes.tasksOf([page.indexOf(page.place.node) ?? -1]);
    if (these.length) page.revoke.open(these);
  }

  #show() {
    this.page.folding.apart(this.#tasks.map(({ index }) => index));
  }
}

/**
 * @typedef {object} BarProps
 * @property {string[]} ids
 * @property {() => void} clear
 * @property {() => void} revoke
 * @property {() => void} plan  open the menu of what a plan can do with them
 * @property {(() => void) | null} show  show them by themselves; null where each is shown
 */

/** @param {BarProps} props */
function Bar({ ids, clear, revoke, plan, show }) {
  if (!ids.length) return null;
  const isMany = ids.length > MOST_SHOWN;
  const title = "As cards of their own, with what hangs on them; the rest stays folded";
  const many = `${ids.length.toLocaleString("en")} selected`;
  return html`<div class="picked" role="group" aria-label="Selected tasks">
    <b role="status">${many}</b>
    <${Copy} text=${() => ids.join("\n")} label="Copy their ids" />
    ${show && html`<button type="button" class="quiet" disabled=${isMany} title=${isMany ? `${MOST_SHOWN} at most can be shown by themselves` : title} onClick=${show}><${Icon} d=${SHOW} />Show ${isMany ? `up to ${MOST_SHOWN}` : ids.length === 1 ? "it" : "these"} in the graph</button>`}
    <button type="button" class="quiet" aria-haspopup="menu" title="Run them again, skip them, change them: nothing runs yet (m)" onClick=${plan}><${Icon} d=${ICONS.again} />Plan…</button>
    <button type="button" class="quiet" onClick=${revoke}><${Icon} d=${ICONS.stop} />Revoke</button>
    <button type="button" class="quiet small square" title="Select none (Esc)" aria-label="Select none" onClick=${clear}><${Icon} d=${ICONS.close} /></button>
  </div>`;
}
