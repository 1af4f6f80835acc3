/** The fields of the editor, what is wrong beside each, and what would be different. */

import { html } from "htm/preact";
import { RETRY, SECONDS } from "./editparts.js";
import { differences, writeJson } from "./jsontext.js";
import { several } from "./planwords.js";

const LISTED = 40;

/**
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {{editor: Editor, name: string, label: string, about?: string, whys: Record<string, string>}} FieldProps
 */

/** @param {{editor: Editor, title: string, queues: string[]}} props */
export function Form({ editor, title, queues }) {
  const { isOne, spec, problem, restored, nodes } = editor;
  const { parts, whys } = editor.made;
  const isWrong = Object.values(whys).some(Boolean);
  const isNone = !Object.keys(parts).length;
  return html`<form class="edit" onSubmit=${(/** @type {SubmitEvent} */ event) => editor.take(event)}>
    <header><h2 id="editor-title" class="cut">Change <bdi>${title}</bdi></h2><button type="button" class="quiet" onClick=${() => editor.dialog.close()}>Close</button></header>
    ${!isOne && html`<p class="muted">What you fill in is set for ${several(nodes.length)}; what you leave empty stays as each has it.</p>`}
    ${restored && html`<p class="panel-note" role="status">What you typed before is back. <button type="button" class="more" onClick=${() => editor.reset()}>Start over</button></p>`}
    ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem} <button type="button" class="more" onClick=${() => editor.load()}>Try again</button></p>`}
    ${
      isOne && !spec
        ? html`<p class="muted">${problem ? "What it was called with is not here." : "Loading…"}</p>`
        : html`<div class="edit-columns"><div class="edit-fields">
        <${Inexact} editor=${editor} />
        <${Code} editor=${editor} whys=${whys} name="args" label="Arguments" about=${isOne ? "A list, after what its parents give it" : "A list, in place of what each has"} />
        <${Code} editor=${editor} whys=${whys} name="kwargs" label="Keyword arguments" about=${isOne ? "An object" : "Members to set, beside those that each has"} />
        <fieldset class="edit-options"><legend>Options</legend>
          <${Line} editor=${editor} whys=${whys} name="queue" label="Queue" list="edit-queues" />
          <datalist id="edit-queues">${queues.map((queue) => html`<option key=${queue} value=${queue}></option>`)}</datalist>
          <${Line} editor=${editor} whys=${whys} name="expires" label="Expires" about="in seconds, or at a time" />
          ${SECONDS.map(([name, label, about]) => html`<${Line} key=${name} editor=${editor} whys=${whys} name=${name} label=${`${label}, s`} about=${about} />`)}
          ${RETRY.map(([name, label, about]) => html`<${Line} key=${name} editor=${editor} whys=${whys} name=${`retry ${name}`} label=${label} about=${about} />`)}
        </fieldset>
        <${Code} editor=${editor} whys=${whys} name="rest" label="Other options" about="An object" />
      </div><${Changes} editor=${editor} /></div>`
    }
    <footer><p class="cap" role="status">${isWrong ? "Something above is not right yet." : isNone ? "Nothing is changed." : ""}</p>
      <button type="button" class="button plain" onClick=${() => editor.dialog.close()}>Not now</button>
      <button type="submit" class="button" disabled=${isWrong || (isOne && !spec)}>${isNone && !isWrong ? "Leave as it was" : `Use for ${several(nodes.length)}`}</button></footer>
  </form>`;
}

/** What of it is not known, or not shown. @param {{editor: Editor}} props */
function Inexact({ editor: { spec, isOne } }) {
  if (!isOne || !spec) return null;
  const said = Object.entries(spec.inexact).filter(([, why]) => why);
  if (!said.length) return null;
  const NAMES = /** @type {Record<string, string>} */ ({
    args: "Arguments",
    kwargs: "Keyword arguments",
    options: "Options",
  });
  return html`<ul class="panel-note">${said.map(([field, why]) => html`<li key=${field}><b>${NAMES[field]}</b>: ${why} <span class="mono edit-known" dir="auto">${writeJson(/** @type {any} */ (spec)[field])}</span></li>`)}
    <li>Arguments and keyword arguments are both to be typed whole, as they cannot be taken over.</li></ul>`;
}

/** @param {FieldProps} props */
function Code({ editor, name, label, about, whys }) {
  const id = `edit-${name}`;
  const why = whys[name] || editor.told[name] || "";
  const text = editor.texts[name];
  const rows = Math.max(name === "rest" ? 2 : 3, Math.min(14, text.split("\n").length));
  return html`<div class="edit-field">
    <label for=${id}>${label} <span class="muted">${about}</span></label>
    <textarea class="field code-field" id=${id} rows=${rows} spellcheck=${false} autocomplete="off" value=${text} aria-invalid=${why ? "true" : null} aria-describedby=${`${id}-why`}
      onInput=${(/** @type {InputEvent} */ event) => editor.write(name, /** @type {HTMLTextAreaElement} */ (event.target).value)}></textarea>
    <p class="field-why" id=${`${id}-why`} role="status" dir="auto">${why}</p></div>`;
}

/** @param {FieldProps & {list?: string}} props */
function Line({ editor, name, label, about, list, whys }) {
  const id = `edit-${name.replace(" ", "-")}`;
  const why = whys[name] || editor.told[name] || "";
  return html`<div class="edit-line"><label for=${id}>${label}</label>
    <input class="field" id=${id} list=${list} inputmode=${list || name === "expires" ? null : "decimal"} spellcheck=${false} autocomplete="off" value=${editor.texts[name]} aria-invalid=${why ? "true" : null} aria-describedby=${`${id}-why`}
      onInput=${(/** @type {InputEvent} */ event) => editor.write(name, /** @type {HTMLInputElement} */ (event.target).value)} />
    <p class=${why ? "field-why" : "muted"} id=${`${id}-why`} dir="auto">${why || about}</p></div>`;
}

/** What would be different; of several tasks, for the first. @param {{editor: Editor}} props */
function Changes({ editor }) {
  const { spec, isOne, nodes } = editor;
  const { parts } = editor.made;
  if (!spec) return null;
  const { set, queue } = parts;
  const now = {
    args: parts.args ?? spec.args,
    kwargs: { ...(parts.kwargs ?? bare(spec.kwargs)), ...set?.kwargs },
    options: { ...(parts.options ?? spec.options), ...set?.options, ...(queue && { queue }) },
  };
  const before = { args: spec.args, kwargs: bare(spec.kwargs), options: spec.options };
  const found = differences(before, now);
  return html`<section class="edit-diff" aria-labelledby="diff-title"><h3 id="diff-title">What is different${isOne ? "" : html` <span class="muted">for the first of ${nodes.length.toLocaleString("en")}</span>`}</h3>
    ${!found.length && html`<p class="muted">Nothing yet.</p>`}
    <ul>${found.slice(0, LISTED).map(({ path, before: was, after }) => html`<li key=${path}><b class="mono">${path}</b>${was !== undefined && html`<del dir="auto">${brief(was)}</del>`}${after !== undefined && html`<ins dir="auto">${brief(after)}</ins>`}</li>`)}</ul>
    ${found.length > LISTED && html`<p class="cap">${LISTED} of ${found.length.toLocaleString("en")} differences shown.</p>`}
  </section>`;
}

/** What is known of keyword arguments only as text has no members. @param {unknown} kwargs */
function bare(kwargs) {
  return typeof kwargs === "object" && kwargs !== null ? kwargs : {};
}

/** @param {unknown} value */
function brief(value) {
  const text = JSON.stringify(value) ?? "";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
