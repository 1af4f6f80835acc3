/** What the pointer is over on a chart of time: a line through the moment, and what there is to say of a row then. */

import { html, render } from "htm/preact";

const BESIDE = 12; // px from the pointer
const BELOW = 44;

export class TimelineTip {
  /** @param {HTMLElement} host  around the chart */
  constructor(host) {
    this.host = host;
    this.cursor = document.createElement("div");
    this.cursor.className = "timeline-cursor";
    this.tip = document.createElement("div");
    this.tip.className = "timeline-tip";
    this.cursor.ariaHidden = this.tip.ariaHidden = "true";
    this.hide();
    host.append(this.cursor, this.tip);
  }

  hide() {
    this.cursor.hidden = this.tip.hidden = true;
  }

  /**
   * @param {DOMRect} box  of the chart
   * @param {number} x  of the pointer, by the window
   * @param {number} y
   * @param {string} when
   * @param {{name: string, lines: string[]} | null} what
   */
  show(box, x, y, when, what) {
    const left = x - this.host.getBoundingClientRect().left;
    this.cursor.hidden = false;
    this.cursor.style.transform = `translateX(${left}px)`;
    this.cursor.dataset.at = when;
    this.tip.hidden = !what;
    if (!what) return;
    render(
      html`<b>${what.name}</b>${what.lines.map((line) => html`<span dir="auto">${line}</span>`)}`,
      this.tip,
    );
    const { offsetWidth, offsetHeight } = this.tip;
    const isRight = x - box.left > box.width / 2;
    const px = left + (isRight ? -BESIDE - offsetWidth : BESIDE);
    const py = Math.min(y - box.top + BELOW, Math.max(0, box.height - offsetHeight));
    this.tip.style.transform = `translate(${Math.max(4, px)}px, ${py}px)`;
  }
}
