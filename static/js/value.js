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
  if (isCut(value)) return html`<div class="leaf">${label}<${CutPart} part=${value} /></div>`;
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

/** @typedef {{cut: string, size: number, more?: number}} Part  stands for what did not fit */

/**
 * @param {object} value
 * @returns {value is Part}
 */
function isCut(value) {
  const { cut, size, more = 0 } = /** @type {Record<string, unknown>} */ (value);
  const isOnly = Object.keys(value).every((key) => ["cut", "size", "more"].includes(key));
  return isOnly && typeof cut === "string" && typeof size === "number" && typeof more === "number";
}

/** @param {{part: Part}} props */
function CutPart({ part: { cut, size, more } }) {
  const what = more ? `${count(more)} more, ` : "";
  return html`${cut && html`<span class="string" dir="auto"><${Text} text=${cut} />… </span>`}<span class="muted">${what}${count(size)} characters</span>`;
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
 * @typedef {{size: number, cut: boolean}} Size
 * @typedef {() => Promise<{value: unknown, size: number, cut: boolean}>} Fetch  asks for the whole value
 */

/**
 * A titled value with a copy button. `{repr}` is text that Celery wrote, `{json}` is known exactly.
 * @param {{title: string, value: unknown, size?: Size, fetch?: Fetch}} props
 */
export function ValueSection({ title, value, size, fetch }) {
  const [whole, setWhole] = useState(
    /** @type {{value: unknown, size: number, cut: boolean} | null} */ (null),
  );
  const { known, text, tree } = unwrap(whole ? whole.value : value);
  const shown = text ?? JSON.stringify(tree, null, 2) ?? "";
  return html`<section class="value">
    <h3>${title}${known && html`<${Copy} text=${shown} label=${`Copy ${title.toLowerCase()}`} />`}</h3>
    ${
      !known
        ? html`<p class="muted">None recorded</p>`
        : html`<div class="box">
      ${text === null ? html`<${Tree} value=${tree} />` : html`<div class="leaf" dir="auto"><${Text} text=${text} /></div>`}
      <${Cap} size=${whole ?? size} fetch=${whole ? undefined : fetch} got=${setWhole} />
    </div>`
    }
  </section>`;
}

/**
 * What says that a value is not whole, and gets the rest of it.
 * @param {{size?: Size, fetch?: Fetch, got: (whole: {value: unknown, size: number, cut: boolean}) => void}} props
 */
export function Cap({ size, fetch, got }) {
  const [said, say] = useState("");
  if (!size?.cut) return null;
  const ask = async () => {
    say("Loading");
    try {
      if (fetch) got(await fetch());
      say("");
    } catch (problem) {
      say(/** @type {Error} */ (problem).message);
    }
  };
  const part = fetch ? "This is a part of" : "No more was kept of";
  return html`<p class="cap">${part} ${count(size.size)} characters. ${fetch && html`<button type="button" class="more" disabled=${said === "Loading"} onClick=${ask}>Show the whole value</button>`} <span role="status">${said}</span></p>`;
}

/**
 * @param {unknown} value
 * @returns {{known: boolean, text: string | null, tree: unknown}}
 */
function unwrap(value) {
  if (value === null || value === undefined) return { known: false, text: null, tree: null };
  if (typeof value === "string") return { known: true, text: value, tree: null };
  if (typeof value === "object" && !Array.isArray(value)) {
    const wrapped = /** @type {{repr?: unknown, json?: unknown}} */ (value);
    // A value of the task's own that has these very members is shown as well, if without its envelope.
    const isEnvelope = Object.keys(value).every((key) => ["repr", "json", "size", "cut"].includes(key));
    if (isEnvelope && typeof wrapped.repr === "string")
      return { known: true, text: wrapped.repr, tree: null };
    if (isEnvelope && "json" in wrapped) return { known: true, text: null, tree: wrapped.json };
  }
  return { known: true, text: null, tree: value };
}
