/** Saving a run as a file: a menu of formats. What the server cannot make, it says why. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { getExport } from "./api.js";
import { save } from "./csv.js";
import { ICONS, Icon } from "./parts.js";
import { toast } from "./shell.js";

/** @type {Array<[format: string, name: string, about: string]>} */
const FORMATS = [
  ["svg", "SVG", "the graph with its states"],
  ["png", "PNG", "the same, in pixels"],
  ["pdf", "PDF", "the same, to print"],
  ["dot", "DOT", "for Graphviz"],
  ["py", "Python", "the canvas as Celery code"],
  ["json", "JSON", "everything that is recorded"],
];

/** @param {{run: string}} props */
export function Export({ run }) {
  const [busy, setBusy] = useState("");
  const download = async (/** @type {string} */ format) => {
    document.getElementById("export")?.hidePopover();
    setBusy(format);
    try {
      save(`umbel-${run.slice(0, 8)}.${format}`, await getExport(run, format));
    } catch (problem) {
      toast(/** @type {Error} */ (problem).message);
    }
    setBusy("");
  };
  return html`<button type="button" class="button plain run-export" popovertarget="export" aria-label="Export" title="Save as a file" disabled=${busy !== ""}><${Icon} d=${ICONS.save} /><span>${busy ? "Exporting" : "Export"}</span></button>
    <div class="bubble menu" id="export" popover aria-label="Export as">
      ${FORMATS.map(
        ([format, name, about]) =>
          html`<button type="button" key=${format} class="quiet" onClick=${() => download(format)}><b>${name}</b><span>${about}</span></button>`,
      )}
    </div>`;
}
