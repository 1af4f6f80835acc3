/**
 * The editor of what tasks are called with, one or several: what is typed is looked at beside each field, by the browser and then by
 * the server, and shown as a difference to what was. It is kept in this tab until it is used or thrown away.
 */

import { html, render } from "htm/preact";
import { getNode, getValue } from "./api.js";
import { edit, partsOf, unedit } from "./choice.js";
import { Form } from "./editform.js";
import { blank, MASK, partsOfMany, partsOfOne, textsOf } from "./editparts.js";
import { called } from "./planwords.js";
import { ranged } from "./ranges.js";

/** What stands in a value for what is not known of it. */
const INEXACT = [
  [MASK, `A part of it is masked (${MASK}).`],
  ['"__repr__":', "A part of it is no JSON: only how it looks is known."],
  ['argsrepr":', "Only what Celery writes of it in its events is known."],
  ['{"repr":', "Only what Celery writes of it in its events is known."],
  ['{"cut":', "Only a part of it is known."],
];

const STILL = 400; // ms without a key, then the server is asked

/**
 * @typedef {import("./editparts.js").Spec} Spec
 * @typedef {import("./editparts.js").Texts} Texts
 * @typedef {import("./choice.js").Parts} Parts
 */

export class Editor {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {import("./resubmission.js").Resubmission} own
   */
  constructor(dialog, own) {
    this.dialog = dialog;
    this.own = own;
    /** @type {number[]} */
    this.nodes = [];
    /** What the first of them was called with, once it is known. @type {Spec | null} */
    this.spec = null;
    /** @type {Texts} */
    this.texts = blank();
    this.restored = false; // what was typed before is back
    this.problem = "";
    /** What the server finds wrong, by field. @type {Record<string, string>} */
    this.told = {};
    this.abort = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    // The event comes a moment later: the dialog may be open again, for other tasks.
    dialog.addEventListener("close", () => dialog.open || this.abort.abort());
  }

  get isOne() {
    return this.nodes.length === 1;
  }

  get #draft() {
    return `edit ${ranged(this.nodes)}`;
  }

  /** @param {number[]} nodes */
  open(nodes) {
    if (!nodes.length) return;
    this.nodes = nodes;
    this.spec = null;
    this.texts = blank();
    this.restored = false;
    this.problem = "";
    this.told = {};
    this.abort.abort();
    this.abort = new AbortController();
    this.#draw();
    this.dialog.showModal();
    this.load();
  }

  async load() {
    this.problem = "";
    const { abort, nodes } = this;
    const { page } = this.own;
    try {
      const spec = await specOf(page.id, page.state.nodes.id(nodes[0]), abort.signal);
      if (abort.signal.aborted) return;
      this.spec = spec;
      this.#begin(spec);
    } catch (problem) {
      if (abort.signal.aborted) return;
      this.problem = /** @type {Error} */ (problem).message;
      if (!this.isOne) this.#restore();
    }
    this.#draw();
    // The keyboard waits on the button that closes it.
    if (matchMedia("(pointer: fine)").matches && !document.activeElement?.matches("input, textarea"))
      this.dialog.querySelector("textarea")?.focus();
  }

  /** @param {Spec} spec */
  #begin(spec) {
    const before = partsOf(this.own.planning.choice, this.nodes[0]);
    if (this.isOne) this.texts = textsOf(before ? applied(spec, before) : spec);
    this.#restore();
    this.#ask();
  }

  /** What was typed before is back. */
  #restore() {
    const kept = this.own.planning.drafts.get(this.#draft);
    if (!kept) return;
    this.texts = { ...this.texts, ...JSON.parse(kept) };
    this.restored = true;
  }

  /** Throw away what was typed. */
  reset() {
    this.own.planning.drafts.set(this.#draft, "");
    this.restored = false;
    this.texts = this.isOne && this.spec ? textsOf(this.spec) : blank();
    this.#ask();
    this.#draw();
  }

  /**
   * @param {string} field
   * @param {string} text
   */
  write(field, text) {
    this.texts = { ...this.texts, [field]: text };
    this.own.planning.drafts.set(this.#draft, JSON.stringify(this.texts));
    clearTimeout(this.later);
    this.later = setTimeout(() => this.#ask(), STILL);
    this.#draw();
  }

  /** What is typed, as an edit. */
  get made() {
    if (!this.isOne) return partsOfMany(this.texts, this.#rules);
    return this.spec ? partsOfOne(this.texts, this.spec) : { parts: {}, whys: {} };
  }

  /** What Umbel is to do with them, where it is the same for all. */
  get #rules() {
    const { nodes } = this.own.page.state;
    const found = new Set(this.nodes.map((index) => JSON.stringify(nodes.options(index)?.umbel ?? {})));
    return found.size === 1 ? JSON.parse([...found][0]) : null;
  }

  /** Ask the server what it finds wrong with it. */
  async #ask() {
    const { parts, whys } = this.made;
    this.told = {};
    if (!this.dialog.open || Object.values(whys).some(Boolean) || !Object.keys(parts).length)
      return this.#draw();
    const { planning } = this.own;
    const choice = edit(planning.basisOf("edit"), this.nodes, parts);
    const at = choice.edits.findIndex(({ nodes }) => nodes.includes(this.nodes[0]));
    try {
      const plan = await planning.preview(choice, this.abort.signal);
      this.#tell(plan.problems.concat(plan.warnings), at);
    } catch (problem) {
      // What else there is to say the plan tells, once it is used.
      this.#tell(/** @type {import("./api.js").ApiError} */ (problem).said?.problems ?? [], at);
    }
    this.#draw();
  }

  /**
   * @param {import("./types.js").Trouble[]} troubles
   * @param {number} at  the place of this edit
   */
  #tell(troubles, at) {
    for (const { field, message } of troubles) {
      const [list, place, ...path] = (field ?? "").split("/");
      if (list !== "edits" || Number(place) !== at) continue;
      this.told[this.#fieldOf(path)] ??= message;
    }
  }

  /** The field that a path within an edit is about, such as set, options, countdown. @param {string[]} path */
  #fieldOf([first = "", ...rest]) {
    const [own, option = ""] = first === "set" ? rest : [first, ...rest];
    if (own !== "options") return own ?? "";
    if (option === "umbel" && this.texts["retry max"].trim()) return "retry max";
    return option in this.texts ? option : "rest";
  }

  /** Use what is typed. @param {SubmitEvent} event */
  take(event) {
    event.preventDefault();
    const { parts, whys } = this.made;
    if (Object.values(whys).some(Boolean)) return;
    const { planning } = this.own;
    const basis = unedit(planning.basisOf("edit"), this.nodes);
    planning.drafts.set(this.#draft, "");
    this.dialog.close();
    planning.change(Object.keys(parts).length ? edit(basis, this.nodes, parts) : basis);
  }

  #draw() {
    const { nodes } = this.own.page.state;
    render(
      html`<${Form} editor=${this} title=${called(nodes, this.nodes)} queues=${this.own.queues} />`,
      this.dialog,
    );
  }
}

/**
 * What a task was called with, as whole as it is kept, and what of it is not known.
 * @param {string} run
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Spec>}
 */
async function specOf(run, id, signal) {
  const detail = await getNode(run, id, signal);
  /** @type {Record<string, string>} */
  const inexact = {};
  const whole = async (/** @type {"args" | "kwargs" | "options"} */ field) => {
    const size = detail.values?.[field];
    const found = size?.cut
      ? await getValue(run, id, field)
      : { value: detail[field], size: size?.size ?? 0, cut: false };
    inexact[field] = detail.conducted ? "" : unknown(found);
    return bare(found.value);
  };
  const [args, kwargs, options] = await Promise.all([whole("args"), whole("kwargs"), whole("options")]);
  return {
    args: args ?? [],
    kwargs: kwargs ?? {},
    options: options ?? {},
    inexact,
    isKnown: detail.conducted === true,
  };
}

/** Why a value of a task that Celery sent is not known exactly; "" where it is. @param {{value: unknown, size: number, cut: boolean}} found */
function unknown({ value, size, cut }) {
  if (cut) return `Only a part of its ${size.toLocaleString("en")} characters is known.`;
  const text = JSON.stringify(value ?? null);
  return INEXACT.find(([mark]) => text.includes(mark))?.[1] ?? "";
}

/** @param {unknown} value @returns {value is {repr: string}} */
function isTold(value) {
  return typeof value === "object" && value !== null && "repr" in value;
}

/** @param {unknown} value @returns {any} */
function bare(value) {
  if (isTold(value)) return value.repr;
  return typeof value === "object" && value !== null && "json" in value ? value.json : value;
}

/**
 * What a task is called with after an edit.
 * @param {Spec} spec
 * @param {Parts} parts
 * @returns {Spec}
 */
function applied(spec, { args, kwargs, options, set, queue }) {
  return {
    ...spec,
    args: args ?? spec.args,
    kwargs: { ...(kwargs ?? spec.kwargs), ...set?.kwargs },
    options: { ...(options ?? spec.options), ...set?.options, ...(queue && { queue }) },
    inexact: { ...spec.inexact, ...(args && { args: "" }), ...(kwargs && { kwargs: "" }) },
  };
}
