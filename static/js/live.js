/**
 * The socket: one connection a page, rooms that are joined again after every reconnect, and how fresh it all is.
 *
 * The server beats once a second. Without a beat for four seconds, or without a link, what is shown is stale, and the
 * page says since when; nothing is thrown away, and the rooms are joined again by themselves.
 */

import { io } from "socket.io-client";
import { logInAgain, lookAtSession } from "./session.js";
import { now, sync } from "./time.js";

const SILENCE = 4; // seconds without a beat until we call it stale
const QUIET = 8; // seconds without a word from the conductor until we say so

/**
 * @typedef {{is: "connecting" | "live" | "stale" | "quiet", since: number | null, lag: number | null}} Freshness
 *
 * @typedef {object} Room
 * @property {string | null} run  null is the list of runs
 * @property {() => {since: number, structure: number}} have
 * @property {(ack: any) => void} joined
 * @property {(error: {code: string, message: string}) => void} refused
 */

export class Live {
  constructor() {
    /** @type {Set<Room>} */
    this.rooms = new Set();
    /** @type {Set<(fresh: Freshness) => void>} */
    this.watchers = new Set();
    /** @type {Freshness} */
    this.fresh = { is: "connecting", since: null, lag: null };
    /** @type {number | null} */
    this.heard = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.watch = undefined;
    this.opened = now();
    this.socket = io({
      transports: ["websocket"],
      autoConnect: false,
      reconnectionDelay: 400,
      reconnectionDelayMax: 2000,
      timeout: 5000,
    });
    this.socket.on("connect", () => this.#connected());
    this.socket.on("disconnect", (/** @type {string} */ why) => this.#lost(why === "io server disconnect"));
    this.socket.on("connect_error", () => {
      this.#lost(!this.socket.active);
      lookAtSession();
    });
    this.socket.on("beat", (/** @type {import("./types.js").Beat} */ beat) => this.#beat(beat));
  }

  start() {
    this.socket.connect();
    this.watch = setInterval(() => this.#check(), 1000);
  }

  stop() {
    clearInterval(this.watch);
    this.socket.disconnect();
  }

  /**
   * @param {(fresh: Freshness) => void} watcher
   * @returns {() => void}
   */
  onfresh(watcher) {
    this.watchers.add(watcher);
    watcher(this.fresh);
    return () => this.watchers.delete(watcher);
  }

  /**
   * @param {string} event
   * @param {(message: any) => void} listener
   * @returns {() => void}
   */
  on(event, listener) {
    this.socket.on(event, listener);
    return () => this.socket.off(event, listener);
  }

  /**
   * Join a room now and after each reconnect.
   * @param {Room} room
   * @returns {{again: () => void, leave: () => void}}
   */
  join(room) {
    this.rooms.add(room);
    if (this.socket.connected) this.#enter(room);
    return {
      again: () => this.#enter(room),
      leave: () => {
        this.rooms.delete(room);
        this.socket.emit("leave", { run: room.run });
      },
    };
  }

  /** @param {Room} room */
  #enter(room) {
    if (!this.socket.connected) return; // `connect` will enter it
    this.socket
      .timeout(10000)
      .emit(
        "join",
        { run: room.run, ...room.have() },
        (/** @type {Error | null} */ late, /** @type {any} */ ack) => {
          if (!this.rooms.has(room)) return;
          if (late) this.#enter(room);
          else if (ack?.ok) room.joined(ack);
          else if (ack?.error?.code === "login_required") logInAgain();
          else
            room.refused(
              ack?.error ?? { code: "unknown", message: "The server refused to follow this run." },
            );
        },
      );
  }

  #connected() {
    this.heard = now();
    this.#say({ is: "live", since: null, lag: null });
    for (const room of this.rooms) this.#enter(room);
  }

  /** @param {boolean} final  socket.io will not try again by itself */
  #lost(final) {
    if (final) setTimeout(() => this.socket.connect(), 2000);
    const since = this.heard ?? this.opened;
    if (this.heard !== null || now() - this.opened > SILENCE) this.#say({ is: "stale", since, lag: null });
  }

  /** @param {import("./types.js").Beat} beat */
  #beat(beat) {
    sync(beat.at);
    this.heard = now();
    const silent = beat.conductor === null || beat.conductor > QUIET;
    const since = beat.conductor === null ? null : beat.at - beat.conductor;
    this.#say(silent ? { is: "quiet", since, lag: null } : { is: "live", since: null, lag: beat.lag });
  }

  #check() {
    const since = this.heard ?? this.opened;
    if (now() - since > SILENCE) this.#say({ is: "stale", since, lag: null });
  }

  /** @param {Freshness} fresh */
  #say(fresh) {
    const old = this.fresh;
    // Once stale, the moment stays the one at which it became so.
    if (old.is === "stale" && fresh.is === "stale") return;
    this.fresh = fresh;
    for (const watcher of this.watchers) watcher(fresh);
  }
}
