/** A dialog with one field: what is typed is looked at as it is typed, and kept until it is taken. */

import { html, render } from "htm/preact";

const LONGEST = 300; // characters of a hint that are shown

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {unknown} about
 * @property {string} label  of the field
 * @property {string} verb  on the button
 * @property {string} draft  the name under which it is kept
 * @property {boolean} [long]
 * @property {Promise<{said: string, text: string} | null>} [hint]  what could be taken, where that is found
 * @property {(text: string) => string} refuses  what is wrong with it; "" where nothing is
 * @property {(text: string) => void} take
 */

export class Ask {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {import("./drafts.js").Drafts} drafts
   */
  constructor(dialog, drafts) {
    this.dialog = dialog;
    this.drafts = drafts;
    /** @type {Question | null} */
    this.question = null;
  }

  /**
   * @param {Question} question
   * @param {string} [text]  where nothing is kept
   */
  open(question, text = "") {
    this.question = question;
    this.text = this.drafts.get(question.draft) || text;
    /** @type {{said: string, text: string} | null} */
    this.hint = null;
    question.hint?.then((hint) => {
      if (this.question !== question) return;
      this.hint = hint;
      this.#draw();
    });
    this.#draw();
    this.dialog.showModal();
  }

  /** @param {string} text */
  #write(text) {
    this.text = text;
    if (this.question) this.drafts.set(this.question.draft, text);
    this.#draw();
  }

  /** @param {SubmitEvent} event */
  #take(event) {
    event.preventDefault();
    const { question, text = "" } = this;
    if (!question || question.refuses(text)) return;
    this.drafts.set(question.draft, "");
    this.dialog.close();
    question.take(text);
  }

  #draw() {
    const { question, text = "", hint } = this;
    if (!question) return;
    const { title, about, label, verb, long, refuses } = question;
    const why = refuses(text);
    const input = (/** @type {InputEvent} */ event) =>
      this.#write(/** @type {HTMLInputElement} */ (event.target).value);
    const field = { id: "ask-text", spellcheck: false, autocomplete: "off", value: text, onInput: input };
    const told = { "aria-invalid": why && text ? "true" : null, "aria-describedby": "ask-why" };
    render(
      html`<form onSubmit=${(/** @type {SubmitEvent} */ event) => this.#take(event)}>
        <header><h2 id="ask-title" class="cut">${title}</h2></header>
        <p>${about}</p>
        <label class="ask-label" for="ask-text">${label}</label>
        ${long ? html`<textarea class="field code-field" rows="5" autofocus ...${field} ...${told}></textarea>` : html`<input class="field ask-field" type="text" autofocus ...${field} ...${told} />`}
        ${hint && html`<p class="ask-hint"><span>${hint.said} <span class="mono" dir="auto">${hint.text.slice(0, LONGEST)}${hint.text.length > LONGEST && "…"}</span></span> <button type="button" class="more" onClick=${() => this.#write(hint.text)}>Use it</button></p>`}
        <p class="field-why" id="ask-why" role="status" dir="auto">${text ? why : ""}</p>
        <footer><button type="button" class="button plain" onClick=${() => this.dialog.close()}>Not now</button>
          <button type="submit" class="button" disabled=${why !== ""}>${verb}</button></footer>
      </form>`,
      this.dialog,
    );
  }
}
