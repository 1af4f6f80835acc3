/** Who waits for whom in a run: the edges by their place, as arrays of numbers. */

export class Links {
  /**
   * @param {ArrayLike<number>} parents
   * @param {ArrayLike<number>} children
   * @param {(place: number) => string} kind
   */
  constructor(parents, children, kind) {
    this.parents = Int32Array.from(parents);
    this.children = Int32Array.from(children);
    this.kind = kind;
  }

  /** @param {import("./types.js").Edge[]} edges */
  static of(edges) {
    return new Links(
      edges.map(([parent]) => parent),
      edges.map(([, child]) => child),
      (place) => edges[place][2],
    );
  }

  /** @param {import("./types.js").EdgeColumns} columns */
  static ofColumns({ parent, child, kind: { values, codes } }) {
    return new Links(parent, child, (place) => values[codes[place]]);
  }

  /** @returns {Generator<import("./types.js").Edge>} */
  *[Symbol.iterator]() {
    for (let place = 0; place < this.parents.length; place += 1)
      yield [this.parents[place], this.children[place], this.kind(place)];
  }
}
