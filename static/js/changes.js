/** Reads what `webui/changes.py` spells, where the form is written out. */

import { NONE } from "./states.js";

const LAST = 62;
const OPEN = 31;

/** The value of each digit by its character code; open ones from LAST on. */
const VALUES = new Uint8Array(128);
for (let code = 0x20, value = 0; code < 0x7f; code += 1) {
  if (code === 0x22 || code === 0x5c) continue; // what JSON escapes
  VALUES[code] = value;
  value += 1;
}

/**
 * @typedef {object} Change  one object for all of them: whoever wants to keep it copies it
 * @property {number} index
 * @property {number} code
 * @property {number} started  NaN where it has not
 * @property {number} finished
 * @property {number} retries  by Celery
 * @property {number} repeated
 * @property {number} attempt
 * @property {number} due  NaN where it is not
 */

/**
 * @param {string} text
 * @param {(change: Change) => void} take  called with each, in the order of their indices
 */
export function readChanges(text, take) {
  let place = 0;
  let clock = 0;
  const number = () => {
    let value = 0;
    let scale = 1;
    let digit = VALUES[text.charCodeAt(place++)];
    while (digit >= LAST && place < text.length) {
      value += scale * digit; // LAST is what it stands above, and is in the digit
      scale *= OPEN;
      digit = VALUES[text.charCodeAt(place++)];
    }
    return value + scale * digit;
  };
  const moment = () => {
    const folded = number();
    clock += folded % 2 ? -(folded + 1) / 2 : folded / 2;
    return clock / 100;
  };
  const change = {
    index: -1,
    code: NONE,
    started: NaN,
    finished: NaN,
    retries: 0,
    repeated: 0,
    attempt: 0,
    due: NaN,
  };
  while (place < text.length) {
    change.index += number() + 1;
    const head = number();
    change.code = head % 10;
    const times = Math.floor(head / 10) % 5;
    change.started = times === 1 ? moment() : NaN;
    change.finished = times > 1 ? moment() : NaN;
    if (times > 2) change.started = change.finished + (times === 3 ? -number() : number()) / 1000;
    const more = head >= 50;
    change.retries = more ? number() : 0;
    change.repeated = more ? number() : 0;
    change.attempt = more ? number() : 0;
    change.due = more && number() ? moment() : NaN;
    take(change);
  }
}
