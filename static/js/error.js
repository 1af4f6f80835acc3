/** The page of an error has the frame of every page, and says as they do how fresh Umbel is. */

import { Live } from "./live.js";
import { showFreshness } from "./shell.js";

const live = new Live();
showFreshness(live);
live.start();
