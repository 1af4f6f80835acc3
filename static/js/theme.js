/** Light, dark, or as the system says; remembered in this browser. */

const KEY = "umbel.theme";
const CHOICES = /** @type {const} */ (["auto", "light", "dark"]);
const ICONS = {
  auto: "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
  light:
    "M10 6.500a3.500 3.500 0 1 0 0 7a3.500 3.500 0 1 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M15.700 4.300l-1.100 1.100M5.400 14.600l-1.100 1.100",
  dark: "M16.500 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.500 8.500z",
};
const NAMES = { auto: "as the system", light: "light", dark: "dark" };

/**
 * Make `button` go through the three themes.
 * @param {HTMLElement} button
 * @returns {() => void}  the unbinder
 */
export function bindTheme(button) {
  const root = document.documentElement;
  const show = () => {
    const theme = current();
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[theme]);
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    icon.setAttribute("class", theme === "auto" ? "icon half" : "icon");
    icon.setAttribute("viewBox", "0 0 20 20");
    icon.setAttribute("aria-hidden", "true");
    icon.append(path);
    button.replaceChildren(icon);
    button.title = `Theme: ${NAMES[theme]}`;
    button.setAttribute("aria-label", `Theme: ${NAMES[theme]}. Change it.`);
  };
  const next = () => {
    const theme = CHOICES[(CHOICES.indexOf(current()) + 1) % CHOICES.length];
    root.dataset.theme = theme;
    remember(KEY, theme);
    show();
  };
  button.addEventListener("click", next);
  show();
  return () => button.removeEventListener("click", next);
}

/**
 * What is painted by hand is painted again when the colours change.
 * @param {() => void} listener
 * @returns {() => void}  the unbinder
 */
export function onTheme(listener) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(listener);
  dark.addEventListener("change", listener);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    dark.removeEventListener("change", listener);
    chosen.disconnect();
  };
}

/** @returns {"auto" | "light" | "dark"} */
function current() {
  return CHOICES.find((theme) => theme === document.documentElement.dataset.theme) ?? "auto";
}

/**
 * Keep a choice of this person in this browser, where it lets us.
 * @param {string} key
 * @param {string} value
 */
export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is switched off: the choice holds for this page.
  }
}

/** @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
