/** Walking a drawn graph by the arrow keys: along the edges, and up and down among neighbours. Pure. */

/** @typedef {{x: number, y: number}} Point */

export class Walk {
  /**
   * @param {Map<number, Point>} places  where the tasks are; what is not in here (joins) is walked through
   * @param {Array<import("./types.js").Edge | import("./types.js").PlacedEdge>} edges
   */
  constructor(places, edges) {
    this.places = places;
    /** @type {Map<number, number[]>} */
    this.down = new Map();
    /** @type {Map<number, number[]>} */
    this.up = new Map();
    for (const [parent, child] of edges) {
      push(this.down, parent, child);
      push(this.up, child, parent);
    }
  }

  /**
   * @param {number} from
   * @param {string} key  as KeyboardEvent.key spells it
   * @returns {number | null}  where that leads
   */
  step(from, key) {
    const here = this.places.get(from);
    if (!here) return null;
    if (key === "ArrowRight") return this.#nearest(here, this.#tasks(this.down, from));
    if (key === "ArrowLeft") return this.#nearest(here, this.#tasks(this.up, from));
    if (key === "ArrowDown") return this.#beside(from, here, 1);
    if (key === "ArrowUp") return this.#beside(from, here, -1);
    return null;
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
      if (index === from || dy <= 1 || dx > 110) continue; // another column
      if (dy + dx < least) [best, least] = [index, dy + dx];
    }
    return best;
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
