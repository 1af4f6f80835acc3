/**
 * Values that came from tasks, as trees. All of it is text; nothing is ever taken for markup.
 *
 * A long string or list shows its beginning, says how much there is, and opens on request.
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { Copy } from "./parts.js";

const TEXT = 600; // characters shown at first
const ITEMS = 50; // members shown at first
const OPEN_DEPTH = 2;
const OPEN_ITEMS = 12; // what has more members begins closed, unless it is the outermost

/** @param {number} n */
const count = (n) => n.toLocaleString("en");

/** @param {{value: unknown, name?: string, depth?: number}} props */
export function Tree({ value, name, depth = 0 }) {
  const label = name === undefined ? null : html`<bdi class="key">${name}</bdi><span class="muted">: </span>`;
  if (value === null || typeof value !== "object")
    return html`<div class="leaf">${label}<${Scalar} value=${value} /></div>`;
  return html`<${Branch} value=${value} label=${label} depth=${depth} />`;
}

/** @param {{value: object, label: unknown, depth: number}} props */
function Branch({ value, label, depth }) {
  const isList = Array.isArray(value);
  const entries = Object.entries(value);
  const [open, setOpen] = useState(depth < OPEN_DEPTH && (depth === 0 || entries.length <= OPEN_ITEMS));
  const [shown, setShown] = useState(ITEMS);
  const kind = isList ? `[${count(entries.length)}]` : `{${count(entries.length)}}`;
  if (!entries.length)
    return html`<div class="leaf">${label}<span class="muted">${isList ? "[]" : "{}"}</span></div>`;
  return html`<div class="branch">
    <button type="button" class="twig" aria-expanded=${open} onClick=${() => setOpen(!open)}>${label}<span class="muted">${kind}</span></button>
    ${
      open &&
      html`<div class="twigs">
      ${entries.slice(0, shown).map(([key, each]) => html`<${Tree} key=${key} name=${key} value=${each} depth=${depth + 1} />`)}
      ${
        entries.length > shown &&
        html`<button type="button" class="more" onClick=${() => setShown(shown * 10)}>
        ${count(shown)} of ${count(entries.length)} shown. Show more
      </button>`
      }
    </div>`
    }
  </div>`;
}

/** @param {{value: unknown}} props */
function Scalar({ value }) {
  if (typeof value === "string")
    return html`<span class="string" dir="auto"><${Text} text=${JSON.stringify(value)} /></span>`;
  return html`<span class=${typeof value === "number" ? "number" : "keyword"}>${String(value)}</span>`;
}

/** Text of any length. @param {{text: string}} props */
export function Text({ text }) {
  const [whole, setWhole] = useState(false);
  if (whole || text.length <= TEXT) return html`${text}`;
  return html`${text.slice(0, TEXT)}…<button type="button" class="more" onClick=${() => setWhole(true)}>
    ${count(TEXT)} of ${count(text.length)} characters shown. Show all
  </button>`;
}

/**
 * A titled value with a copy button. `{repr}` is text that Celery wrote, `{json}` is known exactly.
 * @param {{title: string, value: unknown, size?: number | null}} props
 */
export function ValueSection({ title, value, size = null }) {
  const { known, text, tree } = unwrap(value);
  const shown = text ?? JSON.stringify(tree, null, 2) ?? "";
  const cut = size !== null && text !== null && size > text.length;
  return html`<section class="value">
    <h3>${title}${known && html`<${Copy} text=${shown} label=${`Copy ${title.toLowerCase()}`} />`}</h3>
    ${
      !known
        ? html`<p class="muted">None recorded</p>`
        : html`<div class="box">
      ${text === null ? html`<${Tree} value=${tree} />` : html`<div class="leaf" dir="auto"><${Text} text=${text} /></div>`}
      ${cut && html`<p class="cap">Cut: ${count(text.length)} of ${count(size)} characters were kept.</p>`}
    </div>`
    }
  </section>`;
}

/**
 * @param {unknown} value
 * @returns {{known: boolean, text: string | null, tree: unknown}}
 */
function unwrap(value) {
  if (value === null || value === undefined) return { known: false, text: null, tree: null };
  if (typeof value === "object" && !Array.isArray(value)) {
    const wrapped = /** @type {{repr?: unknown, json?: unknown}} */ (value);
    const keys = Object.keys(value);
    if (keys.length === 1 && typeof wrapped.repr === "string")
      return { known: true, text: wrapped.repr, tree: null };
    if (keys.length === 1 && "json" in wrapped) return { known: true, text: null, tree: wrapped.json };
  }
  return { known: true, text: null, tree: value };
}
