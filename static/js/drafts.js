/** What somebody types about a run, kept in this tab: neither a refusal nor a reload loses it. */

export class Drafts {
  /** @param {string} run */
  constructor(run) {
    this.key = `umbel.plan.${run}`;
    /** @type {Record<string, string>} */
    this.texts = read(this.key);
  }

  /** "" where nothing was typed. @param {string} name */
  get(name) {
    return this.texts[name] ?? "";
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  set(name, text) {
    if (text) this.texts[name] = text;
    else delete this.texts[name];
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.texts));
    } catch {
      // storage is off, or full: it is kept as long as the page is
    }
  }

  clear() {
    this.texts = {};
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // as above
    }
  }
}

/** @param {string} key @returns {Record<string, string>} */
function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "{}");
  } catch {
    return {};
  }
}
