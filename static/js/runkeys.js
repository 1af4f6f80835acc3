/** The keyboard of a run's page. */

import { pressedSpace } from "./runreplay.js";
import { keys } from "./shell.js";

/**
 * @param {import("./run.js").RunPage} page
 * @returns {() => void}  the unbinder
 */
export function bindRunKeys(page) {
  return keys.add(
    {
      keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"],
      shown: ["←", "→", "↑", "↓", "Home", "End"],
      does: "Walk along the edges",
      run: (event) => page.enter(event),
    },
    { keys: ["Enter"], does: "Open the detail of a task, the members of a card", run: () => undefined },
    { keys: ["o"], does: "Open a card in its place", run: () => page.folding.openCard() },
    {
      keys: [" "],
      shown: ["Space"],
      does: "Select a task; play or pause a replay",
      run: (event) => pressedSpace(page, event),
    },
    { keys: [], shown: ["Shift", "↓"], does: "Select while walking", run: () => undefined },
    { keys: ["Escape"], shown: ["Esc"], does: "Close the detail, select none", run: () => page.escape() },
    { keys: ["r"], does: "Revoke what is selected, or open", run: () => page.picked.revoke() },
    {
      keys: ["p"],
      does: "Pause or resume a conducted run",
      run: () => page.control.toggle(page.state.run),
    },
    {
      keys: ["s"],
      does: "Plan what is run again, or leave the plan",
      run: () => page.resubmission.planning.toggle(),
    },
    {
      keys: ["m", "ContextMenu"],
      shown: ["m"],
      does: "Menu of a task: from here on, only this, skip, result, arguments, queue",
      run: (event) => {
        event.preventDefault();
        page.resubmission.openMenu();
      },
    },
    {
      keys: ["a"],
      does: "Change the arguments of what is selected, or open",
      run: () => page.resubmission.openEditor(),
    },
    { keys: [], shown: ["Ctrl", "Z"], does: "Undo in a plan; with Shift, redo", run: () => undefined },
    {
      keys: [],
      shown: ["Shift", "drag"],
      does: "Select cards with a rectangle, in a plan",
      run: () => undefined,
    },
    { keys: ["e"], does: "Next task that failed", run: () => page.detail.next("FAILURE") },
    { keys: ["w"], does: "Why tasks failed", run: () => page.clusters.toggle() },
    {
      keys: ["n", "N"],
      shown: ["n", "Shift", "N"],
      does: "Next of what was found, or the one before",
      run: (event) => page.hits.step(event.key === "N" ? -1 : 1),
    },
    { keys: ["+", "="], shown: ["+"], does: "Zoom in", run: () => page.stage.chart.zoomBy(1.4) },
    { keys: ["-"], does: "Zoom out", run: () => page.stage.chart.zoomBy(1 / 1.4) },
    { keys: ["0"], does: "Actual size", run: () => page.stage.graph.actualSize() },
    { keys: ["f"], does: "Fit the whole graph, all of the time", run: () => page.stage.fit() },
    { keys: ["y"], does: "Replay a run that is over", run: () => page.replay.toggleOn() },
    { keys: ["g"], does: "Graph", run: () => page.stage.choose("graph") },
    { keys: ["l"], does: "Timeline", run: () => page.stage.choose("timeline") },
    { keys: ["t"], does: "Table", run: () => page.stage.choose("table") },
  );
}
