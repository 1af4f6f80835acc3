/** The detail of one task, beside the graph: fetched when it opens and again whenever its node changes. */

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";
import { getNode, getValue } from "./api.js";
import { Attempts, History } from "./attempts.js";
import { split } from "./names.js";
import { Chip, Copy, Elapsed, Glyph, ICONS, Icon, Moment } from "./parts.js";
import { ruleRows } from "./rules.js";
import { isOver, word } from "./states.js";
import { recall, remember } from "./theme.js";
import { clock, exact, span } from "./time.js";
import { Cap, Text, ValueSection } from "./value.js";
import { Waits } from "./waits.js";
import { lookOf, reasonWord, Whence } from "./whence.js";

const PINNED = "umbel.panel.pinned";

/** @typedef {import("./types.js").NodeDetail} NodeDetail */

export class Panel {
  /**
   * @param {HTMLElement} host
   * @param {string} run
   * @param {object} to
   * @param {() => void} to.close
   * @param {(id: string) => void} to.go  to another task of the run
   * @param {(id: string) => void} to.revoke
   * @param {(id: string, at: {x: number, y: number}) => void} to.plan  open the menu of what a plan can do with it
   */
  constructor(host, run, { close, go, revoke, plan }) {
    this.host = host;
    this.run = run;
    this.close = close;
    this.go = go;
    this.revoke = revoke;
    this.plan = plan;
    /** @type {string | null} */
    this.id = null;
    /** @type {NodeDetail | null} */
    this.detail = null;
    /** @type {string | null} */
    this.problem = null;
    this.loading = false;
    this.stale = false; // it changed while a fetch was under way
    this.abort = new AbortController();
    this.pinned = recall(PINNED) === "yes";
  }

  get isOpen() {
    return this.id !== null;
  }

  stop() {
    this.abort.abort();
  }

  /** @param {string} id */
  open(id) {
    if (this.id === id) return;
    this.abort.abort();
    this.abort = new AbortController();
    this.id = id;
    this.detail = null;
    this.problem = null;
    this.loading = false;
    this.host.hidden = false;
    this.host.scrollTop = 0;
    this.#arrange();
    this.#draw();
    this.refresh();
  }

  shut() {
    this.abort.abort();
    this.id = null;
    this.detail = null;
    this.host.hidden = true;
    this.#arrange();
    render(html``, this.host);
  }

  /** Its node has changed, or the link is back. */
  async refresh() {
    if (this.id === null) return;
    if (this.loading) {
      this.stale = true;
      return;
    }
    const { id, abort } = this;
    this.loading = true;
    try {
      const detail = await getNode(this.run, id, abort.signal);
      if (abort.signal.aborted) return;
      this.detail = detail;
      this.problem = null;
    } catch (problem) {
      if (abort.signal.aborted) return;
      this.problem = /** @type {Error} */ (problem).message;
    }
    this.loading = false;
    this.#draw();
    if (this.stale) {
      this.stale = false;
      this.refresh();
    }
  }

  #pin() {
    this.pinned = !this.pinned;
    remember(PINNED, this.pinned ? "yes" : "no");
    this.#arrange();
    this.#draw();
  }

  #arrange() {
    this.host.parentElement?.classList.toggle("pinned", this.isOpen && this.pinned);
  }

  #draw() {
    if (this.id === null) return;
    const { id, detail, problem, pinned } = this;
    render(
      html`<${Detail} key=${id} id=${id} detail=${detail} problem=${problem} pinned=${pinned} pin=${() => this.#pin()} close=${this.close} go=${this.go} revoke=${this.revoke} plan=${this.plan} />`,
      this.host,
    );
  }
}

/**
 * @param {{id: string, detail: NodeDetail | null, problem: string | null, pinned: boolean, pin: () => void, close: () => void, go: (id: string) => void, revoke: (id: string) => void, plan: (id: string, at: {x: number, y: number}) => void}} props
 */
function Detail({ id, detail, problem, pinned, pin, close, go, revoke, plan }) {
  const menu = (/** @type {MouseEvent} */ { currentTarget }) => {
    const { left, bottom } = /** @type {Element} */ (currentTarget).getBoundingClientRect();
    plan(id, { x: left, y: bottom + 4 });
  };
  const { name, module } = split(detail?.task ?? null);
  return html`
    <header class="panel-head">
      ${detail ? html`<${Glyph} state=${lookOf(detail)} />` : html`<span class="glyph" data-state="PENDING"></span>`}
      <h2 class="cut" title=${detail?.task ?? ""}><bdi class="name">${detail ? name : "…"}</bdi>${module && html` <bdi class="module">${module}</bdi>`}</h2>
      <button type="button" class="quiet small square pin" aria-pressed=${pinned} title=${pinned ? "Unpin: float over the graph" : "Pin beside the graph"} aria-label="Pin" onClick=${pin}><${Icon} d=${ICONS.pin} /></button>
      <button type="button" class="quiet small square" title="Close (Esc)" aria-label="Close" onClick=${close}><${Icon} d=${ICONS.close} /></button>
    </header>
    <p class="panel-id"><span class="mono cut" title=${id}>${id}</span><${Copy} text=${id} label="Copy the task id" /></p>
    ${detail?.state && html`<p class="panel-actions"><button type="button" class="button plain" aria-haspopup="menu" title="Run it again, skip it, change it: nothing runs yet (m)" onClick=${menu}><${Icon} d=${ICONS.again} />Plan…</button>${!isOver(detail.state) && html`<button type="button" class="button plain" onClick=${() => revoke(id)}><${Icon} d=${ICONS.stop} />Revoke</button>`}</p>`}
    ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem}</p>`}
    ${
      detail &&
      html`<${Notes} detail=${detail} /><${Whence} detail=${detail} /><${Waits} detail=${detail} go=${go} /><${Facts} detail=${detail} /><${Failure} key=${`failure ${detail.finished}`} detail=${detail} />
      ${(detail.result ?? null) !== null && html`<${ValueSection} key=${`result ${detail.finished}`} title="Result" value=${detail.result} ...${sized(detail, "result")} />`}
      <${Arguments} detail=${detail} />
      <${Attempts} detail=${detail} />
      <${History} detail=${detail} />
      <${Neighbours} title="Waits for" nodes=${detail.parents} total=${detail.parents_total} go=${go} />
      <${Neighbours} title="Leads to" nodes=${detail.children} total=${detail.children_total} go=${go} />
      <${ValueSection} title="Options" value=${detail.options} ...${sized(detail, "options")} />`
    }
    ${!detail && !problem && html`<p class="muted panel-wait">Loading…</p>`}`;
}

/** What is out of the ordinary, in words. @param {{detail: NodeDetail}} props */
function Notes({ detail: { note, repeated, conducted } }) {
  const times = repeated ?? 0;
  const seen = conducted
    ? `It was told of ${times === 1 ? "once" : `${times} times`} more after it had ended: it ran twice, or Celery told of it twice. The first end counts; what came later was ignored.`
    : `This id was run ${times + 1} times: Celery delivered it again, as it does when a worker is lost before it has acknowledged the task. What you see is the last time.`;
  return html`${note && html`<p class="panel-note" dir="auto">${note}</p>`}
    ${times > 0 && html`<p class="panel-note">${seen}</p>`}`;
}

/** @param {{detail: NodeDetail}} props */
function Facts({ detail }) {
  const { state, reason, sent, received, started, finished, runtime, worker, queue, retries, immutable } =
    detail;
  const asked = received ?? sent;
  const where = queue ?? (typeof detail.options?.queue === "string" ? detail.options.queue : null);
  const waited = asked !== null && started !== null ? Math.max(0, started - asked) : null;
  const ran = runtime ?? (started !== null && finished !== null ? finished - started : null);
  const running = state === "STARTED" && started !== null ? html`<${Elapsed} since=${started} />` : null;
  /** @type {Array<[string, unknown]>} */
  const rows = [
    [
      "State",
      html`<${Chip} state=${state} />${reason && html`<span class="tag" dir="auto">${reasonWord(reason)}</span>`}`,
    ],
    ["Ran for", running ?? (ran === null ? null : span(ran))],
    ["Waited in queue", waited === null ? null : span(waited)],
    ["Worker", worker && html`<span class="mono cut" dir="auto" title=${worker}>${worker}</span>`],
    ["Queue", where && html`<span class="mono cut" dir="auto" title=${where}>${where}</span>`],
    ["Attempt", retries ? String(retries + 1) : null],
    ["Sent", sent && html`<${When} at=${sent} />`],
    ["Started", started && html`<${When} at=${started} />`],
    ["Finished", finished && html`<${When} at=${finished} />`],
    ["Worker lost", detail.lost_at && html`<${When} at=${detail.lost_at} />`],
    ["Takes", immutable ? "its own arguments only" : null],
    ...ruleRows(detail.rules),
  ];
  return html`<dl class="facts">${rows.filter(([, value]) => value).map(([title, value]) => html`<dt key=${title}>${title}</dt><dd>${value}</dd>`)}</dl>`;
}

/** @param {{at: number}} props */
function When({ at }) {
  return html`<span title=${exact(at)}>${clock(at)}</span><span class="muted"><${Moment} at=${at} /></span>`;
}

/** What the task is called with: results of parents first, then its own. @param {{detail: NodeDetail}} props */
function Arguments({ detail }) {
  const { inputs, args, kwargs } = detail;
  const given = (/** @type {unknown} */ value) =>
    value !== null && (typeof value !== "object" || Object.keys(value).length > 0);
  const isList = Array.isArray(inputs) || (detail.parents_total ?? detail.parents.length) > 1;
  const what = isList ? "A list of the results of what it waits for" : "The result of what it waits for";
  const first = inputs !== null && `${what} comes first.`;
  return html`
    ${given(args) && html`<${ValueSection} title="Arguments" value=${args} ...${sized(detail, "args")} />`}
    ${given(kwargs) && html`<${ValueSection} title="Keyword arguments" value=${kwargs} ...${sized(detail, "kwargs")} />`}
    ${!given(args) && !given(kwargs) && html`<section><h3>Arguments</h3><p class="muted">None of its own.</p></section>`}
    ${first && html`<p class="cap">${first}</p>`}`;
}

/**
 * How large a value is, and how to get it whole.
 * @param {NodeDetail} detail
 * @param {string} field
 */
function sized({ run, id, values }, field) {
  return { size: values?.[field], fetch: () => getValue(run, id, field) };
}

/** @param {{detail: NodeDetail}} props */
function Failure({ detail }) {
  const [whole, setWhole] = useState(/** @type {Record<string, any>} */ ({}));
  const exception = whole.exception?.value ?? detail.exception;
  const traceback = whole.traceback?.value ?? detail.traceback;
  if (!exception && !traceback)
    return detail.state === "FAILURE" ? html`<${Unknown} detail=${detail} />` : null;
  const cap = (/** @type {string} */ field) => {
    const { size, fetch } = sized(detail, field);
    const got = whole[field];
    return html`<${Cap} size=${got ?? size} fetch=${got ? undefined : fetch} got=${(/** @type {unknown} */ value) => setWhole({ ...whole, [field]: value })} />`;
  };
  return html`<section class="value failure">
    <h3>Exception<${Copy} text=${[exception, traceback].filter(Boolean).join("\n\n")} label="Copy exception and traceback" /></h3>
    ${exception && html`<p class="exception" dir="auto"><${Text} text=${exception} /></p>${cap("exception")}`}
    ${traceback && html`<pre class="traceback" tabindex="0">${traceback}</pre>${cap("traceback")}`}
  </section>`;
}

/** A failure of which nobody has told the exception. @param {{detail: NodeDetail}} props */
function Unknown({ detail: { note, reason } }) {
  const told = note !== null && note !== undefined;
  const raised = reason === null || reason === "error";
  if (!raised && told) return null;
  return html`<section class="value failure"><h3>Exception</h3><p class="exception">Failed, details unavailable</p>
    <p class="cap">${
      raised
        ? "The worker told that it failed, but not why: no result backend kept it, and no event came. Start workers with -E, or put watch(app) into their module."
        : "It raised nothing that is known."
    }</p></section>`;
}

/** @param {{title: string, nodes: import("./types.js").Neighbour[], total?: number, go: (id: string) => void}} props */
function Neighbours({ title, nodes, total, go }) {
  const tasks = nodes.filter((node) => node.task !== null);
  if (!tasks.length) return null;
  const all = total ?? nodes.length;
  return html`<section><h3>${title} <span class="muted">${all.toLocaleString("en")}</span></h3>
    <ul class="neighbours">${tasks.map(
      (node) => html`<li key=${node.id}>
      <a href=${`#node=${encodeURIComponent(node.id)}`} title=${`${node.task}, ${word(node.state ?? "PENDING")}`} onClick=${(
        /** @type {MouseEvent} */ event,
      ) => {
        event.preventDefault();
        go(node.id);
      }}><${Glyph} state=${node.state ?? "PENDING"} /><bdi class="cut">${split(node.task).name}</bdi></a>
    </li>`,
    )}</ul>
    ${all > nodes.length && html`<p class="cap">${nodes.length} of ${all.toLocaleString("en")} shown.</p>`}
  </section>`;
}
