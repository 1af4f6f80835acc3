/**
 * One task in the graph: a card of 200 x 52, drawn at one of three levels.
 *
 * FAR is a filled block. MIDDLE adds the name, large, and the glyph. NEAR adds module, duration and attempt. Only what
 * a level shows exists in the document, so that a large graph stays light.
 */

import { looksOf } from "./looks.js";
import { fit, split } from "./names.js";
import { elapsed } from "./state.js";
import { glyph, NONE, STARTED, stateOf, word } from "./states.js";
import { lookedAt, span, ticking } from "./time.js";

export const WIDTH = 200;
export const HEIGHT = 52;
export const FAR = 0;
export const MIDDLE = 1;
export const NEAR = 2;

/** Elements that a card at a level has, about. */
const COST = [1, 4, 6];

/** What makes a card look different, but for its duration. */
const SHOWN = /** @type {const} */ (["state", "retries", "repeated", "held"]);

const SVG = "http://www.w3.org/2000/svg";
const FAMILY =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
const NAME = `600 13px ${FAMILY}`;
const LARGE = `600 22px ${FAMILY}`;
const SMALL = `11.5px ${FAMILY}`;

/**
 * @typedef {object} Face  what a card shows
 * @property {string} state
 * @property {number | null} seconds
 * @property {number} retries
 * @property {number} repeated  how often it was seen to run beyond that
 * @property {string} held  what holds it, though it could be sent; "" where nothing does
 * @property {boolean} told  `held` is what a plan does with it
 */

/**
 * @param {import("./state.js").RunState} state
 * @param {number} index
 * @param {string} held
 * @returns {Face}
 */
export function faceOf(state, index, held) {
  const code = index < state.codes.length ? state.codes[index] : NONE;
  const timed = !state.told && (code === STARTED || !Number.isNaN(state.finished[index]));
  return {
    state: stateOf(looksOf(state)[index] ?? NONE),
    seconds: timed ? elapsed(state, index, lookedAt()) : null,
    retries: state.retries[index] ?? 0,
    repeated: state.repeated[index] ?? 0,
    held,
    told: state.told !== undefined,
  };
}

export class Card {
  /**
   * @param {import("./nodes.js").Node} node
   * @param {[number, number]} centre
   * @param {SVGElement} layer  where its details go
   * @param {number} [key]  by which the graph knows it
   */
  constructor(node, [x, y], layer, key = node.index) {
    this.node = node;
    this.key = key;
    this.height = HEIGHT;
    this.costs = COST;
    this.x = x - WIDTH / 2;
    this.y = y - HEIGHT / 2;
    this.level = -1;
    this.layer = layer;
    /** @type {Face} */
    this.face = { state: "", seconds: null, retries: 0, repeated: 0, held: "", told: false };
    this.box = make("rect", {
      class: "card",
      width: String(WIDTH),
      height: String(HEIGHT),
      rx: "8",
      role: "button",
      tabindex: "-1",
      "data-index": String(key),
      "data-id": node.id,
    });
    const at = `translate(${this.x} ${this.y})`;
    this.box.setAttribute("transform", at);
    // Beside the card and not in it: its label says the same in words, and is what is read out.
    this.details = make("g", { class: "card-face", transform: at, "aria-hidden": "true" });
    /** @type {SVGElement | null} */
    this.time = null;
  }

  /** The index of its first member. */
  get first() {
    return this.node.index;
  }

  /** What is told on hover. */
  get title() {
    return `${this.node.task ?? ""}\n${this.node.id}`;
  }

  /**
   * @param {Face} face
   * @param {number} level
   */
  draw(face, level) {
    const same = level === this.level && SHOWN.every((name) => face[name] === this.face[name]);
    const settled = face.seconds === this.face.seconds;
    this.face = face;
    if (same) {
      if (!settled) this.#drawTime();
      return;
    }
    this.level = level;
    if (this.box.dataset.state !== face.state) this.box.dataset.state = face.state;
    this.details.dataset.state = face.state;
    this.#rebuild();
    this.#speak();
  }

  /** The duration has grown. @param {number} seconds */
  tick(seconds) {
    if (this.time) this.time.textContent = ticking(seconds);
  }

  #drawTime() {
    if (this.time) this.time.textContent = this.#duration();
    this.#speak();
  }

  #rebuild() {
    this.details.replaceChildren();
    this.time = null;
    const { state } = this.face;
    this.box.style.fill = state === "BLOCKED" ? "url(#hatch)" : "";
    if (this.level === FAR) {
      this.details.remove();
      return;
    }
    if (!this.details.isConnected) this.layer.append(this.details);
    const near = this.level === NEAR;
    const { name, module } = split(this.node.task);
    this.#text(
      "card-name",
      near ? 12 : 14,
      near ? 21 : 34,
      near ? fit(name, 150, NAME) : fit(name, 142, LARGE),
    );
    this.#glyph(state, near ? 173 : 164, near ? 7 : 13, near ? 1 : 1.45);
    if (state === "STARTED") this.#add(make("path", { class: "runner", d: `M8 ${HEIGHT - 4}H${WIDTH - 8}` }));
    if (!near) return;
    this.time = this.#text("card-time", WIDTH - 11, 41, this.#duration());
    const { seconds, retries, repeated, held } = this.face;
    let right = WIDTH - 11 - (seconds === null ? 0 : 60);
    const marks = [retries ? `try ${retries + 1}` : "", repeated ? `×${repeated + 1}` : ""].filter(Boolean);
    if (marks.length) this.#text("card-time", right, 41, marks.join(" "));
    right -= marks.length ? 8 + 6.5 * marks.join(" ").length : 0;
    const second = held || module || word(state);
    this.#text(held ? "card-module card-held" : "card-module", 12, 41, fit(second, right - 12, SMALL));
  }

  #duration() {
    const { seconds, state } = this.face;
    if (seconds === null) return "";
    return state === "STARTED" ? ticking(seconds) : span(seconds);
  }

  #speak() {
    const { name } = split(this.node.task);
    const { state, seconds, retries, repeated, held, told } = this.face;
    const parts = [name, told ? held : word(state)];
    if (held && !told) parts.push(`held: ${held}`);
    if (seconds !== null && state !== "STARTED") parts.push(span(seconds));
    if (retries) parts.push(`attempt ${retries + 1}`);
    if (repeated) parts.push(`seen ${repeated + 1} times`);
    this.box.setAttribute("aria-label", parts.join(", "));
  }

  /** @param {SVGElement} element */
  #add(element) {
    this.details.append(element);
    return element;
  }

  /**
   * @param {string} name
   * @param {number} x
   * @param {number} y
   * @param {string} text
   */
  #text(name, x, y, text) {
    const element = make("text", { class: name, x: String(x), y: String(y) });
    element.textContent = text;
    return this.#add(element);
  }

  /**
   * @param {string} state
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  #glyph(state, x, y, scale) {
    const { stroke, solid } = glyph(state);
    const at = `translate(${x} ${y}) scale(${scale})`;
    this.#add(
      make("path", {
        class: solid ? "card-glyph solid" : "card-glyph",
        d: solid ?? stroke ?? "",
        transform: at,
      }),
    );
  }
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
export function make(name, attributes) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, name));
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
