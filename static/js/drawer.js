/** What is in a card of many, over the graph: a grid of cells, and over it how it is coloured, ordered and filtered. */

import { html, render } from "htm/preact";
import { BYS, byOf } from "./cellhues.js";
import { Cells } from "./cells.js";
import { Columns } from "./columns.js";
import { counted } from "./fold.js";
import { short } from "./many.js";
import { membersOf, ORDERS, orderOf, tookOf } from "./members.js";
import { Glyph, ICONS, Icon } from "./parts.js";
import { word } from "./states.js";

const SHARE = 0.55; // of the stage, at most
const LEAST = 96; // px for the cells

const OPEN = "M11.500 3.500h5v5M8.500 16.500h-5v-5M16.500 3.500l-5 5M3.500 16.500l5-5";
const TABLE = "M3.500 4.500h13v11h-13zM3.500 8.500h13M3.500 12h13M8 8.500v7";

/**
 * @typedef {import("./types.js").FoldCard} FoldCard
 * @typedef {import("./state.js").RunState} RunState
 */

export class Drawer {
  /**
   * @param {HTMLElement} host
   * @param {string} run
   * @param {import("./selection.js").Selection} selection
   * @param {object} to
   * @param {(index: number) => void} to.open  somebody asks for a task's detail
   * @param {(change: Partial<import("./view.js").Place>) => void} to.arrange  somebody colours or orders the cells
   * @param {(card: FoldCard) => void} to.unfold  somebody wants its structure
   * @param {(card: FoldCard, failed: boolean) => void} to.list  somebody wants its tasks in the table
   * @param {() => void} to.close
   * @param {(event: PointerEvent) => boolean} to.lift  picked cells are pressed; whether they can be dragged
   */
  constructor(host, run, selection, { open, arrange, unfold, list, close, lift }) {
    this.host = host;
    this.to = { arrange, unfold, list, close };
    this.head = document.createElement("div");
    this.head.className = "drawer-head";
    this.body = document.createElement("div");
    this.body.className = "drawer-body";
    this.tip = document.createElement("div");
    this.tip.className = "cells-tip";
    this.tip.ariaHidden = "true";
    this.tip.hidden = true;
    host.append(this.head, this.body, this.tip);
    this.cells = new Cells(this.body, selection, {
      open,
      arranged: () => this.#draw(),
      over: (index, at) => this.#point(index, at),
      lift,
    });
    this.columns = new Columns(run, ["worker"], () => this.cells.arrange());
    /** @type {FoldCard | null} */
    this.card = null;
    /** @type {RunState | null} */
    this.state = null;
    this.text = "";
    this.member = new Uint8Array(0); // whether a node is one, by index
    this.resizing = new ResizeObserver(() => this.#fit());
    if (host.parentElement) this.resizing.observe(host.parentElement);
    this.resizing.observe(this.head);
    host.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || !(event.target instanceof HTMLInputElement))
        return;
      event.preventDefault();
      this.cells.focus();
    });
  }

  get isOpen() {
    return this.card !== null;
  }

  stop() {
    this.resizing.disconnect();
    this.columns.stop();
    this.cells.stop();
  }

  /**
   * Show the members of a card.
   * @param {FoldCard} card
   * @param {RunState} state
   * @param {{by: string | null, sort: string | null}} place
   */
  show(card, state, place) {
    if (card.id !== this.card?.id) this.text = "";
    this.card = card;
    this.state = state;
    this.host.hidden = false;
    const { nodes } = state;
    const id = (/** @type {number} */ index) => nodes.id(index);
    // The graph of a large run is here before its nodes are, of which some may be joins.
    const members = membersOf(card.members, (index) => !nodes.size || nodes.isTask(index));
    this.member = new Uint8Array(state.codes.length);
    for (const index of members) this.member[index] = 1;
    this.look(place);
    this.cells.show(
      { name: short(card.label), members, id, worker: (index) => this.columns.get("worker", index) },
      state,
    );
    this.#fit();
  }

  /** @param {{by: string | null, sort: string | null}} place */
  look({ by, sort }) {
    this.place = { by, sort };
    this.cells.look({ by: byOf(by), order: orderOf(sort), text: this.text });
  }

  /**
   * @param {RunState} state
   * @param {Iterable<number>} touched
   */
  update(state, touched) {
    if (!this.card) return;
    this.state = state;
    for (const index of touched) {
      if (!this.member[index]) continue;
      this.columns.touch();
      this.cells.update(state);
      return;
    }
  }

  shut() {
    this.card = null;
    this.host.hidden = true;
    this.tip.hidden = true;
    this.#fit();
  }

  /** How high it is, in px. */
  get height() {
    return this.isOpen ? this.host.offsetHeight : 0;
  }

  #fit() {
    const stage = this.host.parentElement;
    if (!stage) return;
    const room = stage.clientHeight * SHARE - this.head.offsetHeight - 24;
    this.cells.fit(Math.max(LEAST, Math.round(room)));
    stage.style.setProperty("--drawer", `${this.height}px`);
  }

  #draw() {
    const { card, cells, place, to } = this;
    if (!card || !place) return;
    const { legend } = cells.hues;
    if (place.by === "worker" || place.sort === "worker") this.columns.want();
    const all = cells.shown.members.length;
    const some = cells.order.length;
    const failed = cells.failed();
    const write = (/** @type {string} */ text) => {
      this.text = text;
      this.look(place);
    };
    render(
      html`<div class="drawer-title">
          <h2 class="cut" title=${card.label}><bdi class="name">${short(card.label)}</bdi> <span class="many-count">×${all.toLocaleString("en")}</span></h2>
          ${failed > 0 && html`<span class="drawer-failed">${counted(["FAILURE", failed])}</span>`}
          <span class="drawer-actions">
            ${card.can_open && html`<button type="button" class="button plain" title="Show its structure in its place (o)" onClick=${() => to.unfold(card)}><${Icon} d=${OPEN} />Open in the graph</button>`}
            <button type="button" class="quiet" title="List its tasks" onClick=${() => to.list(card, failed > 0)}><${Icon} d=${TABLE} /><span>Table</span></button>
            <button type="button" class="quiet square" title="Close (Esc)" aria-label="Close the members" onClick=${to.close}><${Icon} d=${ICONS.close} /></button>
          </span>
        </div>
        <div class="drawer-bar">
          <div class="segments" role="group" aria-label="Colour by">${BYS.map(([by, said]) => html`<button type="button" key=${by} aria-pressed=${byOf(place.by) === by} onClick=${() => to.arrange({ by: by === "state" ? null : by })}>${said}</button>`)}</div>
          <select class="field" aria-label="Order" value=${orderOf(place.sort)} onChange=${(/** @type {Event} */ event) => to.arrange({ sort: /** @type {HTMLSelectElement} */ (event.target).value })}>${ORDERS.map(([order, said]) => html`<option key=${order} value=${order}>${said}</option>`)}</select>
          <input class="field" type="search" aria-label="Find a member" placeholder="Id or number" spellcheck="false" autocomplete="off" value=${this.text} onInput=${(/** @type {InputEvent} */ event) => write(/** @type {HTMLInputElement} */ (event.target).value)} />
          <span class="muted drawer-found" role="status">${this.text ? `${some.toLocaleString("en")} of ${all.toLocaleString("en")}` : ""}</span>
          <${Key} legend=${legend} />
        </div>`,
      this.head,
    );
  }

  /**
   * @param {number | null} index
   * @param {{x: number, y: number}} at
   */
  #point(index, { x, y }) {
    this.tip.hidden = index === null;
    if (index === null) return;
    const { cells } = this;
    this.columns.want();
    const state = cells.stateOf(index);
    const took = this.state && tookOf(this.state, index);
    const worker = cells.shown.worker(index);
    render(
      html`<div><b>${cells.title(index)}</b></div><div class="mono">${cells.shown.id(index)}</div>
        <div class="chip"><${Glyph} state=${state} /><span>${word(state)}${took && `, ${took}`}</span></div>${worker && html`<div class="muted" dir="auto">${worker}</div>`}`,
      this.tip,
    );
    const edge = this.host.getBoundingClientRect();
    const left = Math.min(x - edge.left + 14, edge.width - this.tip.offsetWidth - 8);
    const top = y - edge.top - this.tip.offsetHeight - 12;
    this.tip.style.transform = `translate(${Math.max(8, left)}px, ${top}px)`;
  }
}

/** What the colours mean. @param {{legend: import("./cellhues.js").Legend[]}} props */
function Key({ legend }) {
  return html`<ul class="cell-key" aria-label="Colours">${legend.map(
    ({ kind, text, count }) =>
      html`<li key=${kind}>${
        kind.includes(" ")
          ? html`<i class="cell-swatch" data-shade=${kind.startsWith("shade") ? kind.slice(6) : null} data-hue=${kind.startsWith("hue") ? kind.slice(4) : null}></i>`
          : html`<${Glyph} state=${kind} />`
      }<bdi class="cut" title=${text}>${text}</bdi> <span class="muted">${count.toLocaleString("en")}</span></li>`,
  )}</ul>`;
}
