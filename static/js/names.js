/** Names of tasks as people read them: `orders.tasks.resize` is **resize**, its module beside it. */

const LONGEST = 300; // characters of a name that are ever measured or drawn

/**
 * @param {string | null} task
 * @returns {{name: string, module: string}}
 */
export function split(task) {
  const whole = (task ?? "join").slice(0, LONGEST);
  const dot = whole.lastIndexOf(".");
  // A dot at either end separates nothing, and what is no dotted name stays whole.
  if (dot <= 0 || dot === whole.length - 1 || /\s/.test(whole)) return { name: whole, module: "" };
  return { name: whole.slice(dot + 1), module: whole.slice(0, dot) };
}

/** @type {CanvasRenderingContext2D | null} */
const ruler = document.createElement("canvas").getContext("2d");
/** @type {Map<string, string>} */
const fitted = new Map();
const KEPT = 4000;

/**
 * `text`, or as much of its beginning as fits, with an ellipsis.
 * @param {string} text
 * @param {number} width  px
 * @param {string} font  as CSS spells it
 */
export function fit(text, width, font) {
  const key = `${font}|${width}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  if (fitted.size > KEPT) fitted.clear();
  const result = cut(text, width, font);
  fitted.set(key, result);
  return result;
}

/**
 * @param {string} text
 * @param {number} width
 * @param {string} font
 */
function cut(text, width, font) {
  if (!ruler) return text;
  ruler.font = font;
  const fits = (/** @type {string} */ part) => ruler.measureText(part).width <= width;
  if (fits(text)) return text;
  const letters = Array.from(text); // by code points, so that no emoji is halved
  let low = 0;
  let high = letters.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(`${letters.slice(0, middle).join("")}…`)) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("").trimEnd()}…`;
}
