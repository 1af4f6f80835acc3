/** Small components: chips, glyphs, state bars, names, copy buttons. */

import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";
import { split } from "./names.js";
import { BAR_ORDER, glyph, word } from "./states.js";
import { useTicking } from "./ticks.js";
import { ago, exact, now, ticking } from "./time.js";

/** @param {{state: string}} props */
export function Glyph({ state }) {
  const { stroke, solid } = glyph(state);
  return html`<svg class="glyph" data-state=${state} viewBox="0 0 18 18" aria-hidden="true">
    ${stroke && html`<path d=${stroke} />`}${solid && html`<path class="solid" d=${solid} />`}
  </svg>`;
}

/** Two bars, and the word for who does not see them. */
export function Paused() {
  return html`<span class="paused" title="paused"><svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${ICONS.pause} /></svg><span>paused</span></span>`;
}

/** Glyph and word. @param {{state: string, title?: string}} props */
export function Chip({ state, title }) {
  return html`<span class="chip" title=${title}><${Glyph} state=${state} /><span>${word(state)}</span></span>`;
}

/**
 * The states of many nodes, each as wide as its share.
 * @param {{counts: import("./types.js").Counts, total: number}} props
 */
export function StateBar({ counts, total }) {
  const parts = BAR_ORDER.filter((state) => counts[state]);
  const said = parts.map((state) => `${counts[state].toLocaleString("en")} ${word(state)}`).join(", ");
  return html`<div class="bar" role="img" aria-label=${`${total.toLocaleString("en")} tasks: ${said || "none yet"}`}>
    ${parts.map((state) => html`<i key=${state} data-state=${state} style=${{ flexGrow: counts[state] }}></i>`)}
  </div>`;
}

/** Name first, module dimmed, whole on hover. @param {{task: string | null}} props */
export function TaskName({ task }) {
  const { name, module } = split(task);
  return html`<span class="cut" title=${task ?? "join"}>
    <bdi class="name">${name}</bdi>${module && html` <bdi class="module">${module}</bdi>`}
  </span>`;
}

/** A moment, relative, exact on hover. @param {{at: number | null}} props */
export function Moment({ at }) {
  if (at === null) return html`<span class="muted">–</span>`;
  return html`<${Ago} at=${at} />`;
}

/** @param {{at: number}} props */
function Ago({ at }) {
  const text = useTicking(() => ago(at));
  return html`<time datetime=${new Date(at * 1000).toISOString()} title=${exact(at)}>${text}</time>`;
}

/** How long it has been going on, growing. @param {{since: number}} props */
export function Elapsed({ since }) {
  return html`${useTicking(() => ticking(now() - since))}`;
}

export const ICONS = {
  copy: "M7.500 7.500h8v9h-8zM12.500 7.500v-4h-8v9h3",
  check: "M4.500 10.500l3.500 3.500 7.500-8.500",
  close: "M5 5l10 10M15 5L5 15",
  play: "M6.500 4.500v11l9-5.500z",
  again: "M15.500 10.500a5.500 5.500 0 1 1-1.600-4.400L15.500 7.700M15.500 4.200v3.500h-3.500",
  save: "M10 3.500v8.500M6.500 9l3.500 3.500L13.500 9M4 13.500v2.500h12v-2.500",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  stop: "M5 5h10v10H5z",
  pause: "M7 4.500v11M13 4.500v11",
  resume: "M6.500 4.500v11l9-5.500z",
  replay: "M3.500 10a6.500 6.500 0 1 0 2-4.700L3.500 7.300M3.500 3.800v3.500h3.500M8.500 7.500v5l4-2.500z",
  conduct: "M4 5.500v9l6-4.500zM11 5.500v9l6-4.500z",
  left: "M12 4.500L6.500 10l5.500 5.500",
  right: "M8 4.500L13.500 10L8 15.500",
  pin: "M7.500 3.500h5l-.7 5 2.700 3H5.500l2.700-3zM10 11.500v5",
};

/** @param {{d: string}} props */
export function Icon({ d }) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${d} /></svg>`;
}

/**
 * A button that copies `text`, or what it returns when asked.
 * @param {{text: string | (() => string), label: string}} props
 */
export function Copy({ text, label }) {
  const [done, setDone] = useState("");
  useEffect(() => {
    const timer = done ? setTimeout(() => setDone(""), 1600) : undefined;
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setDone("Copied");
    } catch {
      setDone("The browser does not allow copying here");
    }
  };
  return html`<button type="button" class="quiet small square" aria-label=${done || label} title=${done || label} onClick=${copy}>
    <${Icon} d=${done === "Copied" ? ICONS.check : ICONS.copy} />
  </button>`;
}

/** A command or a few lines of code with a copy button. @param {{text: string}} props */
export function Code({ text }) {
  return html`<div class="code"><pre tabindex="0">${text}</pre><${Copy} text=${text} label="Copy" /></div>`;
}
