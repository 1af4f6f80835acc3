/** Sorted whole numbers as short text, for addresses. Pure. */

/** "0,3-5" of 0, 3, 4, 5. @param {number[]} numbers */
export function ranged(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  /** @type {string[]} */
  const parts = [];
  for (let at = 0; at < sorted.length; at += 1) {
    const from = sorted[at];
    while (sorted[at + 1] === sorted[at] + 1) at += 1;
    parts.push(from === sorted[at] ? `${from}` : `${from}-${sorted[at]}`);
  }
  return parts.join();
}

/** @param {string} ranges  what `ranged` gave, or what somebody typed */
export function spread(ranges) {
  /** @type {number[]} */
  const numbers = [];
  for (const part of ranges.split(",")) {
    const [from, to = from] = part.split("-").map(Number);
    if (part === "" || !Number.isInteger(from) || !Number.isInteger(to) || to - from > 100_000) continue;
    for (let index = from; index <= to; index += 1) numbers.push(index);
  }
  return numbers;
}
