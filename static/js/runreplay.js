/** What a replay has to do with the page of its run. */

import { Replay } from "./replay.js";
import { element } from "./shell.js";

/** @param {import("./run.js").RunPage} page */
export function replayOf(page) {
  return new Replay(element("replay", HTMLElement), page.spells, {
    ended: () => page.feed.state,
    begun: () => page.resubmission.planning.stop(),
    draw: (change) => page.draw(change),
    moved: (at) => page.readdress({ moment: at }),
    point: (at) => page.stage.timeline.at(at),
  });
}

/** The space bar, where nothing else takes it. @param {import("./run.js").RunPage} page @param {KeyboardEvent} event */
export function pressedSpace({ replay }, event) {
  const isTaken = event.target instanceof Element && event.target.closest("button, a, summary");
  if (!isTaken && replay.key(event)) event.preventDefault();
}
