/** The keyboard: which key does what, said once, here and in the dialog. */

/**
 * @typedef {object} Shortcut
 * @property {string[]} keys  as KeyboardEvent.key spells them
 * @property {string} does  for the dialog
 * @property {string[]} [shown]  how the dialog spells them
 * @property {(event: KeyboardEvent) => void} run
 */

export class Keys {
  constructor() {
    /** @type {Shortcut[]} */
    this.shortcuts = [];
    this.pressed = this.pressed.bind(this);
  }

  start() {
    document.addEventListener("keydown", this.pressed);
  }

  stop() {
    document.removeEventListener("keydown", this.pressed);
  }

  /**
   * @param {Shortcut[]} shortcuts
   * @returns {() => void}
   */
  add(...shortcuts) {
    this.shortcuts.push(...shortcuts);
    return () => {
      this.shortcuts = this.shortcuts.filter((each) => !shortcuts.includes(each));
    };
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element | null} */ (event.target);
    const typing = target?.closest("input:not([type=range]), textarea, select, [contenteditable]");
    if ((typing || document.querySelector("dialog[open]")) && event.key !== "Escape") return;
    const shortcut = this.shortcuts.find(({ keys }) => keys.includes(event.key));
    if (!shortcut || (document.querySelector("dialog[open]") && event.key === "Escape")) return;
    shortcut.run(event);
  }
}

/**
 * How many rows a key goes on in a list; undefined where it is none of those that do.
 * @param {string} key
 * @param {number} page  rows in sight
 */
export function rowsOn(key, page) {
  /** @type {Record<string, number>} */
  const steps = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -Infinity,
    End: Infinity,
  };
  return steps[key];
}

/** The dialog that lists them. */
export class ShortcutsDialog {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {Keys} keys
   */
  constructor(dialog, keys) {
    this.dialog = dialog;
    this.keys = keys;
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  open() {
    const list = document.createElement("dl");
    for (const { does, shown, keys } of this.keys.shortcuts) {
      const term = document.createElement("dt");
      term.textContent = does;
      const value = document.createElement("dd");
      for (const key of shown ?? keys) {
        const cap = document.createElement("kbd");
        cap.textContent = key;
        value.append(cap);
      }
      list.append(term, value);
    }
    const title = document.createElement("h2");
    title.id = "shortcuts-title";
    title.textContent = "Keyboard";
    const close = document.createElement("button");
    close.className = "quiet";
    close.textContent = "Close";
    close.addEventListener("click", () => this.dialog.close());
    const head = document.createElement("header");
    head.append(title, close);
    this.dialog.replaceChildren(head, list);
    this.dialog.showModal();
  }
}
