/** What somebody typed about the arguments and options of tasks, and the edit that it makes. Pure. */

import { differences, readJson, rounded, writeJson } from "./jsontext.js";

export const MASK = "***"; // what the server shows in place of a secret

/** Options with a field of their own, in seconds. */
export const SECONDS = /** @type {const} */ ([
  ["countdown", "Countdown", "before it may start"],
  ["time_limit", "Time limit", "then its process is ended"],
  ["soft_time_limit", "Soft time limit", "then it is told to end"],
]);

/** The retry rule of a task that Umbel sends. */
export const RETRY = /** @type {const} */ ([
  ["max", "Retries", "times more, at most"],
  ["backoff", "Backoff", "s before the first, doubled each time"],
  ["jitter", "Jitter", "0 to 1: sooner by up to this share"],
]);

/**
 * @typedef {import("./choice.js").Parts} Parts
 * @typedef {Record<string, string>} Texts  by field
 * @typedef {Record<string, string>} Whys  what is wrong, by field; where it has no field here it is ""
 *
 * @typedef {object} Spec  what a task was called with
 * @property {any} args
 * @property {any} kwargs
 * @property {Record<string, any>} options
 * @property {Record<string, string>} inexact  by field: why it is not known exactly; "" where it is
 * @property {boolean} isKnown  the conductor knows what is masked here
 */

const BLANK = { args: "", kwargs: "", queue: "", expires: "", rest: "" };

/** The fields as they are before anybody types, of one task. @param {Spec} spec @returns {Texts} */
export function textsOf({ args, kwargs, options, inexact }) {
  const { queue, expires, umbel, ...others } = options;
  const { retry: rule, ...rules } = umbel ?? {};
  const retry = typeof rule === "number" ? { max: rule } : rule;
  /** @type {Texts} */
  const texts = { ...blank(), queue: plain(queue), expires: plain(expires) };
  for (const [name] of SECONDS) {
    texts[name] = plain(others[name]);
    delete others[name];
  }
  for (const [name] of RETRY) texts[`retry ${name}`] = plain(retry?.[name]);
  const rest = Object.keys(rules).length ? { ...others, umbel: rules } : others;
  texts.rest = Object.keys(rest).length ? writeJson(rest) : "";
  texts.args = inexact.args ? "" : writeJson(args);
  texts.kwargs = inexact.kwargs ? "" : writeJson(kwargs);
  return texts;
}

/** The fields of several tasks: what is left empty stays as each has it. @returns {Texts} */
export function blank() {
  /** @type {Texts} */
  const texts = { ...BLANK };
  for (const [name] of SECONDS) texts[name] = "";
  for (const [name] of RETRY) texts[`retry ${name}`] = "";
  return texts;
}

/** @param {unknown} value */
const plain = (value) => (value === undefined || value === null ? "" : String(value));

/**
 * The parts that differ from what one task was called with, and what is wrong with the fields.
 * @param {Texts} texts
 * @param {Spec} spec
 * @returns {{parts: Parts, whys: Whys, after: {args: unknown, kwargs: unknown, options: unknown}}}
 */
export function partsOfOne(texts, spec) {
  const { read, whys } = fields(texts);
  /** @type {Parts} */
  const parts = {};
  const mustAll = Object.values(spec.inexact).some(Boolean);
  const typed = (/** @type {string} */ name) => (texts[name].trim() ? read[name] : undefined);
  const args = typed("args");
  const kwargs = typed("kwargs");
  for (const name of ["args", "kwargs"])
    if (!texts[name].trim()) whys[name] = mustAll ? "It is not known exactly: type it." : "It is empty.";
  if (args !== undefined && (mustAll || differences(spec.args, args).length)) parts.args = args;
  if (kwargs !== undefined) assign(parts, "kwargs", spec.kwargs, kwargs, mustAll);
  const options = optionsOf(texts, read, whys);
  const moved = texts.queue.trim() !== plain(spec.options.queue);
  if (moved && texts.queue.trim()) parts.queue = texts.queue.trim();
  const [old, now] =
    moved && texts.queue.trim() ? [without(spec.options), without(options)] : [spec.options, options];
  assign(parts, "options", old, now, false);
  masked(parts, spec, whys);
  exact(parts, whys);
  return { parts, whys, after: { args: args ?? null, kwargs: kwargs ?? null, options } };
}

/** @param {Record<string, any>} options */
function without({ queue: _, ...rest }) {
  return rest;
}

/**
 * Single members where that is enough: others may be masked here, and are known to the server alone.
 * @param {Parts} parts
 * @param {"kwargs" | "options"} field
 * @param {any} before
 * @param {any} after
 * @param {boolean} whole
 */
function assign(parts, field, before, after, whole) {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
  const other = [...names].filter((name) => differences(before?.[name], after[name]).length > 0);
  if (whole || other.some((name) => !(name in after))) parts[field] = after;
  else if (other.length) {
    const members = Object.fromEntries(other.map((name) => [name, after[name]]));
    parts.set = { ...parts.set, [field]: members };
  }
}

/**
 * What is masked was never shown: it cannot be sent as it stands here.
 * @param {Parts} parts
 * @param {Spec} spec
 * @param {Whys} whys
 */
function masked(parts, { isKnown }, whys) {
  const has = (/** @type {unknown} */ value) => JSON.stringify(value ?? null).includes(MASK);
  const said = "*** stands for what is masked: type the value itself.";
  if (has(parts.args)) whys.args ||= said;
  if (has(parts.kwargs) || has(parts.set?.kwargs))
    whys.kwargs ||=
      isKnown && !has(parts.set?.kwargs)
        ? `${said} Or leave all members as they are, but for those you change.`
        : said;
  if (has(parts.options) || has(parts.set?.options)) whys.rest ||= said;
}

/**
 * @param {Parts} parts
 * @param {Whys} whys
 */
function exact({ args, kwargs, options, set }, whys) {
  whys.args ||= rounded(args);
  whys.kwargs ||= rounded([kwargs, set?.kwargs]);
  whys.rest ||= rounded([options, set?.options]);
}

/**
 * What several tasks are given, each beside what it has.
 * @param {Texts} texts
 * @param {Record<string, any> | null} rules  that all of them have; null where they are different ones
 * @returns {{parts: Parts, whys: Whys}}
 */
export function partsOfMany(texts, rules) {
  const { read, whys } = fields(texts);
  /** @type {Parts} */
  const parts = {};
  if (texts.args.trim() && read.args !== undefined) parts.args = read.args;
  /** @type {NonNullable<Parts["set"]>} */
  const set = {};
  if (texts.kwargs.trim() && read.kwargs !== undefined) set.kwargs = read.kwargs;
  const { queue, ...options } = optionsOf(texts, read, whys);
  if (options.umbel) {
    // The rules are one option: those that are not named here must stay.
    if (rules === null)
      whys[texts["retry max"].trim() ? "retry max" : "rest"] ||=
        "They have different rules: change those one by one.";
    else options.umbel = { ...rules, ...options.umbel };
  }
  if (Object.keys(options).length) set.options = options;
  if (queue) parts.queue = queue;
  if (Object.keys(set).length) parts.set = set;
  masked(parts, { args: null, kwargs: null, options: {}, inexact: {}, isKnown: false }, whys);
  exact(parts, whys);
  return { parts, whys };
}

/**
 * @param {Texts} texts
 * @returns {{read: Record<string, any>, whys: Whys}}
 */
function fields(texts) {
  /** @type {Whys} */
  const whys = {};
  /** @type {Record<string, any>} */
  const read = {};
  for (const name of ["args", "kwargs", "rest"]) {
    if (!texts[name].trim()) continue;
    const { value, why } = readJson(texts[name]);
    whys[name] = why || shapely(name, value);
    if (!whys[name]) read[name] = value;
  }
  for (const [name] of SECONDS) whys[name] = atLeast(texts[name], 0, "seconds");
  for (const [name] of RETRY) whys[`retry ${name}`] = atLeast(texts[`retry ${name}`], 0, "number");
  if (!texts["retry max"].trim() && (texts["retry backoff"].trim() || texts["retry jitter"].trim()))
    whys["retry max"] = "How often?";
  whys.expires = moment(texts.expires);
  return { read, whys };
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function shapely(name, value) {
  if (name === "args") return Array.isArray(value) ? "" : "Arguments are a list: [1, 2].";
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject
    ? ""
    : `${name === "kwargs" ? "Keyword arguments are" : "Options are"} an object: {"size": 2}.`;
}

/**
 * @param {string} text
 * @param {number} least
 * @param {string} noun
 */
function atLeast(text, least, noun) {
  if (!text.trim()) return "";
  return Number(text) >= least ? "" : `This is no ${noun === "seconds" ? "number of seconds" : "number"}.`;
}

/** @param {string} text */
function moment(text) {
  if (!text.trim() || Number(text) > 0 || !Number.isNaN(Date.parse(text))) return "";
  return "Neither a number of seconds nor a time such as 2030-01-31T12:00:00Z.";
}

/**
 * @param {Texts} texts
 * @param {Record<string, any>} read
 * @param {Whys} whys
 * @returns {Record<string, any>}
 */
function optionsOf(texts, read, whys) {
  const { umbel, ...options } = read.rest ?? {};
  if (texts.queue.trim()) options.queue = texts.queue.trim();
  for (const [name] of SECONDS) if (texts[name].trim() && !whys[name]) options[name] = Number(texts[name]);
  if (texts.expires.trim()) options.expires = Number(texts.expires) || texts.expires.trim();
  const retry = RETRY.filter(([name]) => texts[`retry ${name}`].trim() && !whys[`retry ${name}`]);
  const rules = { ...umbel };
  if (retry.length)
    rules.retry = Object.fromEntries(retry.map(([name]) => [name, Number(texts[`retry ${name}`])]));
  return Object.keys(rules).length ? { ...options, umbel: rules } : options;
}
