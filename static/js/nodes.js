/**
 * What the page knows of all nodes of a run: id, task, and the options that say when it may run. By index, as columns,
 * so that 100,000 of them are some arrays and not as many objects.
 *
 * It is empty until it has come: the graph of a large run is drawn before. An index that is no node (a join that was drawn
 * as edges) has no id.
 */

/**
 * @typedef {object} Node  made when somebody asks for it
 * @property {number} index
 * @property {string} id
 * @property {string | null} task  null: a join
 * @property {"task" | "join"} kind
 *
 * @typedef {{values: any[], codes: number[]}} Coded  as the server sends it: each value once, then its place for each node
 * @typedef {{queue?: unknown, umbel?: {lock?: string, run_when?: string}}} Options
 */

export class Nodes {
  static none = new Nodes([], { values: [], codes: [] }, { values: [], codes: [] });

  /**
   * @param {string[]} ids
   * @param {Coded} tasks
   * @param {Coded} options
   */
  constructor(ids, tasks, options) {
    this.ids = ids;
    this.names = tasks.values;
    this.nameCodes = Uint32Array.from(tasks.codes);
    this.settings = options.values;
    this.settingCodes = Uint32Array.from(options.codes);
    /** @type {Map<string, number> | null} */
    this.indexes = null;
    /** @type {number[] | null} */
    this.listed = null;
  }

  /** @param {import("./types.js").GraphNode[]} nodes  of a graph that was sent node by node */
  static of(nodes) {
    const size = nodes.reduce((most, { index }) => Math.max(most, index + 1), 0);
    const ids = new Array(size).fill("");
    const tasks = { values: /** @type {Array<string | null>} */ ([null]), codes: new Array(size).fill(0) };
    const options = { values: /** @type {unknown[]} */ ([null]), codes: new Array(size).fill(0) };
    /** @type {Map<string, number>} */
    const places = new Map();
    for (const node of nodes) {
      ids[node.index] = node.id;
      options.codes[node.index] = options.values.push(node.options ?? null) - 1;
      if (node.task === null) continue;
      const place = places.get(node.task) ?? tasks.values.push(node.task) - 1;
      places.set(node.task, place);
      tasks.codes[node.index] = place;
    }
    return new Nodes(ids, tasks, options);
  }

  /** @param {import("./types.js").Columns} columns  of id, task and options */
  static ofColumns({ of }) {
    return new Nodes(of.id.values, /** @type {Coded} */ (of.task), /** @type {Coded} */ (of.options));
  }

  /** One more than the largest index. */
  get size() {
    return this.ids.length;
  }

  /** "" where there is none. @param {number} index */
  id(index) {
    return this.ids[index] ?? "";
  }

  /** @param {number} index @returns {string | null} */
  task(index) {
    return this.names[this.nameCodes[index]] ?? null;
  }

  /** @param {number} index */
  isTask(index) {
    return this.task(index) !== null;
  }

  /** @param {number} index @returns {Options | null} */
  options(index) {
    return this.settings[this.settingCodes[index]] ?? null;
  }

  /** @param {string | null | undefined} id @returns {number}  -1 where there is none */
  indexOf(id) {
    if (!id) return -1;
    this.indexes ??= new Map(this.ids.map((each, index) => [each, index]));
    return this.indexes.get(id) ?? -1;
  }

  /** @param {number} index @returns {Node | null} */
  at(index) {
    const id = this.id(index);
    if (!id) return null;
    const task = this.task(index);
    return { index, id, task, kind: task === null ? "join" : "task" };
  }

  /** The indexes of the tasks, ascending. */
  get tasks() {
    if (this.listed) return this.listed;
    this.listed = [];
    for (let index = 0; index < this.size; index += 1) if (this.isTask(index)) this.listed.push(index);
    return this.listed;
  }

  /** Those of these that are tasks, in order. @param {Iterable<number>} indexes */
  tasksOf(indexes) {
    const sorted = [...indexes].sort((a, b) => a - b);
    return sorted.flatMap((index) => this.at(index) ?? []).filter(({ kind }) => kind === "task");
  }

  *[Symbol.iterator]() {
    for (let index = 0; index < this.size; index += 1) {
      const node = this.at(index);
      if (node) yield node;
    }
  }
}
