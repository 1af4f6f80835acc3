/** The splines: one path element for all edges of a kind, so that thousands of edges cost three elements. */

import { make } from "./card.js";

const KINDS = ["then", "link", "error"];

export class Edges {
  constructor() {
    this.g = make("g", { class: "edges", "aria-hidden": "true" });
    /** @type {import("./types.js").PlacedEdge[]} */
    this.edges = [];
    /** @type {Map<string, SVGElement>} */
    this.paths = new Map();
    for (const kind of KINDS) {
      const path = make("path", { class: `edge ${kind}` });
      this.paths.set(kind, path);
      this.g.append(path);
    }
    this.heads = make("path", { class: "heads" });
    this.lit = make("path", { class: "edge lit" });
    this.litHeads = make("path", { class: "heads lit" });
    this.g.append(this.heads, this.lit, this.litHeads);
  }

  /** @param {import("./types.js").PlacedEdge[]} edges */
  show(edges) {
    this.edges = edges;
    for (const [kind, path] of this.paths) {
      const mine = edges.filter((edge) => (KINDS.includes(edge[2]) ? edge[2] : "then") === kind);
      path.setAttribute("d", lines(mine).join(""));
    }
    this.heads.setAttribute("d", lines(edges).map(head).join(""));
    this.light(null);
  }

  /** Show which edges belong to a node. @param {number | null} index */
  light(index) {
    const mine =
      index === null ? [] : this.edges.filter(([parent, child]) => parent === index || child === index);
    this.lit.setAttribute("d", lines(mine).join(""));
    this.litHeads.setAttribute("d", lines(mine).map(head).join(""));
  }
}

/**
 * The lines of edges: those of the members of a block are one.
 * @param {import("./types.js").PlacedEdge[]} edges
 */
function lines(edges) {
  return [...new Set(edges.map((edge) => edge[3]))];
}

/**
 * An arrow head at the end of a path, along its last stretch.
 * @param {string} path
 */
function head(path) {
  const numbers = path.match(/-?\d+(?:\.\d+)?/g)?.map(Number) ?? [];
  const [px, py, x, y] = numbers.slice(-4);
  const length = Math.hypot(x - px, y - py) || 1;
  const ux = (x - px) / length;
  const uy = (y - py) / length;
  const [bx, by] = [x - 8 * ux, y - 8 * uy];
  const f = (/** @type {number} */ n) => n.toFixed(1);
  return `M${f(x)} ${f(y)}L${f(bx - 3.6 * uy)} ${f(by + 3.6 * ux)}L${f(bx + 3.6 * uy)} ${f(by - 3.6 * ux)}z`;
}
