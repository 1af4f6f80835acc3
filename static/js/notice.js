/** A line over the page's content: what keeps it from being shown or followed. */

/**
 * @param {HTMLElement} host
 * @param {{title: string, text: string} | null} said
 */
export function notice(host, said) {
  host.hidden = !said;
  if (!said) return;
  const title = document.createElement("strong");
  title.textContent = said.title;
  const text = document.createElement("span");
  text.textContent = said.text;
  text.dir = "auto";
  host.replaceChildren(title, text);
}

/** @param {import("./types.js").LayoutError | null | undefined} error */
export function layoutProblem(error) {
  if (!error) return null;
  return { title: "The graph could not be laid out: here is the table.", text: error.message };
}
