/**
 * Walking a drawn graph by the keyboard. Pure but for the trail: back along an edge leads where one came from.
 *
 * Right and left follow the edges, through joins; up and down go among neighbours of the same column, else to whatever is nearest
 * that way; Home and End lead to the first and the last. Where the graph goes down, keys and places change their parts.
 */

/** @typedef {{x: number, y: number}} Point */

const COLUMN = 110; // px: half a card and a little

/** @type {Record<string, string>} */
const TURNED = {
  ArrowRight: "ArrowDown",
  ArrowDown: "ArrowRight",
  ArrowLeft: "ArrowUp",
  ArrowUp: "ArrowLeft",
};

export class Walk {
  static keys = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"];

  /**
   * @param {Map<number, Point>} places  where the tasks are; what is not in here (joins) is walked through
   * @param {Array<import("./types.js").Edge | import("./types.js").PlacedEdge>} edges
   * @param {{down?: boolean}} [how]  down: the graph goes from top to bottom
   */
  constructor(places, edges, { down = false } = {}) {
    this.places = down ? new Map([...places].map(([index, { x, y }]) => [index, { x: y, y: x }])) : places;
    this.isTurned = down;
    /** @type {Map<number, number[]>} */
    this.down = new Map();
    /** @type {Map<number, number[]>} */
    this.up = new Map();
    for (const [parent, child] of edges) {
      push(this.down, parent, child);
      push(this.up, child, parent);
    }
    /** Which parent one came from, and which child. @type {Map<string, number>} */
    this.trail = new Map();
  }

  /**
   * @param {number} from
   * @param {string} pressed  as KeyboardEvent.key spells it
   * @returns {number | null}  where that leads
   */
  step(from, pressed) {
    const key = this.isTurned ? (TURNED[pressed] ?? pressed) : pressed;
    const here = this.places.get(from);
    if (!here) return null;
    if (key === "ArrowRight") return this.#along(from, here, this.down, "left");
    if (key === "ArrowLeft") return this.#along(from, here, this.up, "right");
    if (key === "ArrowDown") return this.#beside(from, here, 1);
    if (key === "ArrowUp") return this.#beside(from, here, -1);
    if (key === "Home") return this.#outermost((a, b) => a.x - b.x || a.y - b.y);
    if (key === "End") return this.#outermost((a, b) => b.x - a.x || b.y - a.y);
    return null;
  }

  /**
   * @param {number} from
   * @param {Point} here
   * @param {Map<number, number[]>} links
   * @param {"left" | "right"} back  the way that undoes the step
   */
  #along(from, here, links, back) {
    const near = this.#tasks(links, from);
    const known = this.trail.get(`${from} ${back === "left" ? "right" : "left"}`);
    const next = known !== undefined && near.includes(known) ? known : this.#nearest(here, near);
    if (next !== null) this.trail.set(`${next} ${back}`, from);
    return next;
  }

  /**
   * The tasks next to one, through any joins between.
   * @param {Map<number, number[]>} links
   * @param {number} from
   */
  #tasks(links, from) {
    /** @type {Set<number>} */
    const seen = new Set();
    const pending = [...(links.get(from) ?? [])];
    /** @type {number[]} */
    const found = [];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      if (this.places.has(next)) found.push(next);
      else pending.push(...(links.get(next) ?? []));
    }
    return found;
  }

  /**
   * @param {Point} here
   * @param {Iterable<number>} candidates
   */
  #nearest(here, candidates) {
    let best = null;
    let least = Infinity;
    for (const index of candidates) {
      const there = this.places.get(index);
      if (!there) continue;
      const far = Math.abs(there.y - here.y) + Math.abs(there.x - here.x) / 1000;
      if (far < least) [best, least] = [index, far];
    }
    return best;
  }

  /**
   * @param {number} from
   * @param {Point} here
   * @param {1 | -1} way
   */
  #beside(from, here, way) {
    let best = null;
    let least = Infinity;
    for (const [index, there] of this.places) {
      const dy = (there.y - here.y) * way;
      const dx = Math.abs(there.x - here.x);
      if (index === from || dy <= 1) continue;
      const far = dy + dx + (dx > COLUMN ? 1e6 : 0); // another column, if this one ends here
      if (far < least) [best, least] = [index, far];
    }
    return best;
  }

  /** @param {(a: Point, b: Point) => number} order */
  #outermost(order) {
    const sorted = [...this.places].sort(([, a], [, b]) => order(a, b));
    return sorted[0]?.[0] ?? null;
  }
}

/**
 * @param {Map<number, number[]>} map
 * @param {number} key
 * @param {number} value
 */
function push(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
