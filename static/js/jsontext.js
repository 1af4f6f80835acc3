/** JSON that somebody types: what it says, or where it is wrong; and what two values differ in. Pure. */

/**
 * @typedef {{value: unknown, why: ""} | {value: undefined, why: string}} Read
 *
 * @typedef {object} Difference
 * @property {string} path  "[0].size"; "" is the whole
 * @property {unknown} before  undefined where it is new
 * @property {unknown} after  undefined where it is gone
 */

/** @param {string} text @returns {Read} */
export function readJson(text) {
  try {
    return { value: JSON.parse(text), why: "" };
  } catch {
    return { value: undefined, why: text.trim() ? placed(text) : "It is empty." };
  }
}

/**
 * Where text is no JSON: by its line and column, as editors count them. Browsers tell that each in its own way, or not at all.
 * @param {string} text
 */
function placed(text) {
  const at = new Scanner(text).fault();
  const before = text.slice(0, at).split("\n");
  const where = `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
  const found = text[at];
  return found === undefined
    ? `This is no JSON: it ends too early, at ${where}.`
    : `This is no JSON: ${found === "'" ? "texts are in double quotes" : `unexpected ${found}`} at ${where}.`;
}

/** Looks for the first character that cannot be. */
class Scanner {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fault() {
    if (this.#value()) this.#space();
    return this.at;
  }

  #space() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
    return this.text[this.at];
  }

  /** @param {RegExp} what  sticky */
  #take(what) {
    what.lastIndex = this.at;
    const found = what.exec(this.text);
    if (found) this.at += found[0].length;
    return found !== null;
  }

  /** @returns {boolean} */
  #value() {
    const first = this.#space();
    if (first === "[") return this.#members("]", () => this.#value());
    if (first === "{") return this.#members("}", () => this.#member());
    if (first === '"') return this.#string();
    return this.#take(/-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null/y);
  }

  #string() {
    const whole = this.#take(/"([^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*"/uy);
    if (!whole) this.#take(/"([^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/uy); // up to where it is wrong
    return whole;
  }

  #member() {
    if (this.#space() !== '"' || !this.#string() || this.#space() !== ":") return false;
    this.at += 1;
    return this.#value();
  }

  /**
   * @param {string} end
   * @param {() => boolean} each
   */
  #members(end, each) {
    this.at += 1;
    if (this.#space() === end) return this.#take(/./y);
    while (each()) {
      const next = this.#space();
      if (next === end) return this.#take(/./y);
      if (next !== ",") return false;
      this.at += 1;
    }
    return false;
  }
}

/**
 * Why a value would be sent as another one: of whole numbers a browser keeps 53 bits, and of what is too large nothing.
 * @param {unknown} value
 * @returns {string}  "" where it would not
 */
export function rounded(value) {
  if (isTree(value)) return Object.values(value).map(rounded).find(Boolean) ?? "";
  const isKept = typeof value !== "number" || Number.isSafeInteger(value) || value % 1;
  return isKept
    ? ""
    : "A browser would round a number as large as one of these: use umbel resubmit, or the API.";
}

/** As it is typed: on one line where it is short. @param {unknown} value */
export function writeJson(value) {
  const short = spaced(value);
  return short.length <= 60 ? short : JSON.stringify(value, null, 2);
}

/** @param {unknown} value @returns {string} */
function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  return `{${Object.entries(value)
    .map(([name, each]) => `${JSON.stringify(name)}: ${spaced(each)}`)
    .join(", ")}}`;
}

/**
 * @param {unknown} before
 * @param {unknown} after
 * @param {string} [path]
 * @returns {Difference[]}
 */
export function differences(before, after, path = "") {
  if (Object.is(before, after)) return [];
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const step = (/** @type {string} */ name) =>
    Array.isArray(before) ? `${path}[${name}]` : path ? `${path}.${name}` : name;
  const get = (/** @type {object} */ tree, /** @type {string} */ name) =>
    /** @type {Record<string, unknown>} */ (tree)[name];
  return names.flatMap((name) => differences(get(before, name), get(after, name), step(name)));
}

/** @param {unknown} value @returns {value is object} */
function isTree(value) {
  return typeof value === "object" && value !== null;
}
