/**
 * Many tasks in the graph: a card of 200 x 76 with their name, how many they are, how far they have come,
 * how long they took, and a bar of their states.
 *
 * It has the levels of a card of one task. Failures are named at each but FAR, where they have their part of the bar.
 */

import { FAR, make, NEAR, WIDTH } from "./card.js";
import { counted } from "./fold.js";
import { fit, split } from "./names.js";
import { span } from "./time.js";

const HEIGHT = 76;
const FAMILY =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';
const NAME = `600 13px ${FAMILY}`;
const LARGE = `600 22px ${FAMILY}`;
const SMALL = `11.5px ${FAMILY}`;
const INSET = 12;
const OPEN = "M13.500 5.500h5v5M10.500 18.500h-5v-5M18.500 5.500l-5 5M5.500 18.500l5-5";
const LEAST = 3; // px of the bar that one failure gets

/** @typedef {import("./fold.js").Tally} Tally */

export class Many {
  /**
   * @param {import("./types.js").FoldCard} fold
   * @param {number} key  its place among the cards
   * @param {[number, number]} centre
   * @param {SVGElement} layer  where its details go
   * @param {boolean} isRow  its members come one after another
   */
  constructor(fold, key, [x, y], layer, isRow) {
    this.fold = fold;
    this.key = key;
    this.isRow = isRow;
    this.height = HEIGHT;
    this.costs = [6, 14, 15];
    this.x = x - WIDTH / 2;
    this.y = y - HEIGHT / 2;
    this.level = -1;
    this.layer = layer;
    this.drawn = "";
    /** @type {Tally} */
    this.face = { state: "", bar: [], told: [], held: "", over: 0, took: null, found: 0 };
    this.name = short(fold.label);
    this.times = `×${fold.count.toLocaleString("en")}`;
    const at = `translate(${this.x} ${this.y})`;
    this.box = make("rect", {
      class: "card many",
      width: String(WIDTH),
      height: String(HEIGHT),
      rx: "8",
      role: "button",
      tabindex: "-1",
      transform: at,
      "data-index": String(key),
      "data-card": fold.id,
    });
    this.details = make("g", { class: "card-face many", transform: at, "aria-hidden": "true" });
  }

  /** The index of its first member. */
  get first() {
    return this.fold.members[0][0];
  }

  /** What is told on hover. */
  get title() {
    const told = [...this.face.told.map(counted), took(this.face)].filter(Boolean).join(", ");
    const opens = this.fold.can_open ? "Click for its members, o for its structure" : "Click for its members";
    return `${this.fold.label} ${this.times}\n${told}\n${opens}`;
  }

  /**
   * @param {Tally} face
   * @param {number} level
   */
  draw(face, level) {
    const spelled = `${level} ${face.found} ${face.bar.join(" ")} ${took(face)}`;
    if (spelled === this.drawn) return;
    this.drawn = spelled;
    this.level = level;
    this.face = face;
    this.box.classList.toggle("failing", face.state === "FAILURE");
    this.box.classList.toggle("found", face.found > 0);
    this.#rebuild();
    this.#speak();
  }

  #rebuild() {
    this.details.replaceChildren();
    if (!this.details.isConnected) this.layer.append(this.details);
    this.#add("path", { class: "stack", d: stack(4) });
    this.#add("path", { class: "stack", d: stack(8) });
    if (this.level === FAR) this.#bar(INSET, 14, 48);
    else if (this.level === NEAR) this.#near();
    else this.#middle();
    if (this.face.found && this.level !== FAR) this.#found(this.level === NEAR ? 1 : 1.6);
  }

  /** How many were found in it, on its upper edge. @param {number} scale */
  #found(scale) {
    const text = `${this.face.found.toLocaleString("en")} found`;
    const width = 6.4 * text.length + 14;
    const badge = this.#add("g", {
      class: "many-found",
      transform: `translate(${WIDTH - 6 - width * scale} ${-10 * scale}) scale(${scale})`,
    });
    const label = make("text", { x: String(width / 2), y: "13" });
    label.textContent = text;
    badge.append(make("rect", { width: width.toFixed(1), height: "18", rx: "9" }), label);
  }

  #near() {
    const times = this.#text("many-times", WIDTH - INSET, 21, this.times, NAME);
    this.#text("card-name", INSET, 21, this.name, NAME, WIDTH - 2 * INSET - 8 - 7.6 * this.times.length);
    times.setAttribute("text-anchor", "end");
    const failed = this.#failed(38, SMALL, 13);
    const rest = this.face.told.filter(([state]) => state !== "FAILURE").map(counted);
    const line = [...rest, this.isRow ? "in series" : ""].filter(Boolean).join(" · ");
    const room = WIDTH - 2 * INSET - failed - (this.fold.can_open ? 18 : 0);
    this.#text("card-module", INSET + failed, 38, line, SMALL, room);
    this.#opener(WIDTH - 31, 23, 1);
    this.#text("card-time", WIDTH - INSET, 54, took(this.face).replace("median ", ""), SMALL);
    this.#text("card-module", INSET, 54, percent(this.face.over), SMALL);
    this.#bar(INSET, 60, 8);
  }

  #middle() {
    this.#text("card-name", INSET, 28, this.name, LARGE, WIDTH - 2 * INSET - (this.fold.can_open ? 24 : 0));
    this.#opener(WIDTH - 37, 4, 1.3);
    const failed = this.#failed(52, LARGE, 18);
    const text = failed ? "" : this.times;
    this.#text("many-times", INSET, 52, text, LARGE);
    if (failed && failed < 90) {
      this.#text("many-times", WIDTH - INSET, 52, this.times, LARGE).setAttribute("text-anchor", "end");
    }
    this.#bar(INSET, 60, 9);
  }

  /**
   * What opens the card in its place, for the pointer: the keyboard has a key for it.
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  #opener(x, y, scale) {
    if (!this.fold.can_open) return;
    const at = `translate(${x} ${y}) scale(${scale})`;
    const opener = this.#add("g", { class: "card-open", transform: at, "data-index": String(this.key) });
    const title = make("title", {});
    title.textContent = "Open in the graph (o)";
    opener.append(title, make("rect", { width: "24", height: "24", rx: "4" }), make("path", { d: OPEN }));
  }

  /**
   * Name the failures; return how wide that is.
   * @param {number} y
   * @param {string} font
   * @param {number} size  px
   */
  #failed(y, font, size) {
    const [first] = this.face.told;
    if (first?.[0] !== "FAILURE") return 0;
    const text = counted(first);
    this.#text("many-failed", INSET, y, text, font);
    return text.length * size * 0.53 + 8;
  }

  /**
   * @param {number} left
   * @param {number} top
   * @param {number} height
   */
  #bar(left, top, height) {
    const whole = WIDTH - 2 * left;
    const total = this.face.bar.reduce((sum, [, count]) => sum + count, 0);
    if (!total) {
      const at = { x: `${left}`, y: `${top}`, width: `${whole}`, height: `${height}` };
      this.#add("rect", { class: "many-bar", "data-state": "PENDING", ...at });
      return;
    }
    const least = this.face.bar.map(([, count]) => Math.max(LEAST, (count / total) * whole));
    const over = least.reduce((sum, width) => sum + width, 0) / whole;
    let x = left;
    this.face.bar.forEach(([state], at) => {
      const width = least[at] / over;
      const size = { x: x.toFixed(1), y: `${top}`, width: width.toFixed(1), height: `${height}` };
      const part = this.#add("rect", { class: "many-bar", "data-state": state, ...size });
      if (state === "BLOCKED") part.style.fill = "url(#hatch)";
      x += width;
    });
  }

  #speak() {
    const { told } = this.face;
    const parts = [`${this.name} ${this.times}`, ...told.map(counted)];
    if (this.isRow) parts.push("in series");
    if (this.face.took) parts.push(took(this.face));
    if (this.face.found) parts.push(`${this.face.found.toLocaleString("en")} found`);
    this.box.setAttribute("aria-label", parts.join(", "));
  }

  /**
   * @param {string} name
   * @param {Record<string, string>} attributes
   */
  #add(name, attributes) {
    const element = make(name, attributes);
    this.details.append(element);
    return element;
  }

  /**
   * @param {string} name
   * @param {number} x
   * @param {number} y
   * @param {string} text
   * @param {string} font
   * @param {number} [width]
   */
  #text(name, x, y, text, font, width = WIDTH) {
    const element = this.#add("text", { class: name, x: String(x), y: String(y) });
    element.textContent = fit(text, width, font);
    return element;
  }
}

/** The edge of a card that lies beneath. @param {number} by  px */
function stack(by) {
  return `M${by + 6} ${HEIGHT + by}H${WIDTH + by - 8}a8 8 0 0 0 8 -8V${by + 6}`;
}

/** "median 340 ms, max 1.2 s". @param {Tally} face */
function took({ took: times }) {
  return times ? `median ${span(times.median)}, max ${span(times.max)}` : "";
}

/** Rounded down, so that all are over at 100 %, and nothing before some are. @param {number} share */
function percent(share) {
  return share ? `${Math.floor(share * 100) || "<1"} %` : "";
}

/** "resize → pack" of "shop.resize → shop.pack". @param {string} label */
export function short(label) {
  return label
    .split(/( → | \+ )/)
    .map((part) => (/^ /.test(part) ? part : split(part || null).name))
    .join("");
}
