/**
 * The tray beside the graph while a resubmission is planned: what would become of how many tasks, what was chosen, what is in the
 * way, and the button that does it. Tasks are dropped on it, or put there by its buttons.
 */

import { html, render } from "htm/preact";
import { isEmpty } from "./choice.js";
import { Chosen } from "./chosen.js";
import { Glyph, Icon, Moment } from "./parts.js";
import { called, ofWhat } from "./planwords.js";
import { word } from "./states.js";
import { queueOf, targetsOf } from "./targets.js";
import { Troubles } from "./troubles.js";

const UNDO = "M7.500 4.500l-4 4 4 4M3.500 8.500h8a4.500 4.500 0 0 1 0 9H8";
const REDO = "M12.500 4.500l4 4-4 4M16.500 8.500h-8a4.500 4.500 0 0 0 0 9H12";

/** @typedef {import("./targets.js").Target} Target */

export class Tray {
  /**
   * @param {HTMLElement} host
   * @param {import("./resubmission.js").Resubmission} own
   */
  constructor(host, own) {
    this.host = host;
    this.own = own;
    /** What is being dragged. @type {number[] | null} */
    this.dragged = null;
    this.frame = 0;
  }

  /** These are being dragged: their targets come into sight. @param {number[] | null} nodes */
  carry(nodes) {
    this.dragged = nodes;
    this.draw();
    if (nodes) this.host.querySelector(".tray-targets")?.scrollIntoView({ block: "nearest" });
  }

  /** Draw it in the next frame. */
  soon() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** The targets by their keys. */
  get targets() {
    const queues = this.own.queues.map((queue) => queueOf(this.own, queue));
    return [...targetsOf(this.own), ...queues, this.own.otherQueue];
  }

  draw() {
    const { planning } = this.own;
    const { isOn } = planning;
    const stage = this.host.parentElement;
    if (this.host.hidden === isOn) {
      this.host.hidden = !isOn;
      stage?.classList.toggle("planning", isOn);
    }
    render(
      isOn ? html`<${Body} own=${this.own} targets=${this.targets} dragged=${this.dragged} />` : html``,
      this.host,
    );
  }
}

/** @param {{own: import("./resubmission.js").Resubmission, targets: Target[], dragged: number[] | null}} props */
function Body({ own, targets, dragged }) {
  const { planning } = own;
  const { plan, past, future, asking, news } = planning;
  return html`<header class="panel-head">
      <h2 id="tray-title">${planning.deed.title}</h2>
      <button type="button" class="quiet small square" disabled=${!past.length} title="Undo (Ctrl+Z)" aria-label="Undo" onClick=${() => planning.undo()}><${Icon} d=${UNDO} /></button>
      <button type="button" class="quiet small square" disabled=${!future.length} title="Redo (Ctrl+Shift+Z)" aria-label="Redo" onClick=${() => planning.redo()}><${Icon} d=${REDO} /></button>
      <button type="button" class="quiet small" title="Leave it: nothing is done" onClick=${() => planning.stop()}>Discard</button>
    </header>
    <div class="tray-body" aria-busy=${asking}>
      ${news && html`<p class="panel-note" role="status">The run changed meanwhile: <bdi>${news}</bdi>. What you see is the plan as it is now.</p>`}
      <${Before} plan=${plan} />
      <${Counts} plan=${plan} counted=${planning.deed.counted} isEmpty=${isEmpty(planning.choice)} />
      ${plan && html`<${Troubles} own=${own} plan=${plan} />`}
      <${Chosen} own=${own} />
      <${Targets} own=${own} targets=${targets} dragged=${dragged} />
    </div>
    <${Foot} own=${own} />`;
}

/** Who has resubmitted it before. @param {{plan: import("./types.js").Plan | null}} props */
function Before({ plan }) {
  const last = plan?.resubmissions.at(-1);
  if (!plan || !last) return null;
  const more = plan.resubmissions.length - 1;
  return html`<p class="panel-note">Resubmitted <${Moment} at=${last.at} />${last.by && html` by <bdi>${last.by}</bdi>`} as <a href=${`/runs/${encodeURIComponent(last.run)}`} class="mono">${last.run.slice(0, 8)}</a>${last.state && `, which ${word(last.state)}`}${more > 0 && `, and ${more} times before`}.</p>`;
}

/** @param {{plan: import("./types.js").Plan | null, counted: import("./deeds.js").Deed["counted"], isEmpty: boolean}} props */
function Counts({ plan, counted, isEmpty: isNothing }) {
  if (isNothing && !plan) return html`<p class="muted tray-wait">Nothing is chosen yet.</p>`;
  if (!plan) return html`<p class="muted tray-wait" role="status">The plan is being made…</p>`;
  const shown = counted.filter(([name]) => plan.counts[name]);
  return html`<p class="unseen" role="status">${plan.label}</p><ul class="tray-counts" aria-label="What becomes of the tasks">${shown.map(
    ([name, look, said]) => html`<li key=${name}>
      <${Glyph} state=${look} /><b>${plan.counts[name].toLocaleString("en")}</b><span>${said}${name === "run" && html` <span class="muted">${ofWhat(plan)}</span>`}</span></li>`,
  )}${!shown.length && html`<li class="muted">No task is in the plan.</li>`}</ul>`;
}

/** @param {{own: import("./resubmission.js").Resubmission, targets: Target[], dragged: number[] | null}} props */
function Targets({ own, targets, dragged }) {
  const picked = own.picked;
  const nodes = dragged ?? picked;
  const what = nodes.length ? called(own.page.state.nodes, nodes) : "";
  const queues = targets.filter(({ key }) => key.startsWith("queue"));
  const ways = targets.filter(({ key }) => !key.startsWith("queue"));
  return html`<section class="tray-targets" aria-labelledby="targets-title" data-dragging=${dragged ? "" : null}>
    <h3 id="targets-title">${what ? html`With <bdi>${what}</bdi>` : "Drag tasks here"}</h3>
    <p class="muted">${dragged ? "Let go over what is to become of them; Esc leaves all as it was." : what ? "Press what is to become of them, or drag them onto it." : "Or select some (Space; Shift draws around several) and press. A task's menu (m) has the same."}</p>
    <div class="tray-ways">${ways.map((target) => html`<${Drop} key=${target.key} target=${target} nodes=${nodes} dragging=${dragged !== null} />`)}</div>
    <h4>On the queue</h4>
    <div class="tray-queues">${queues.map((target) => html`<${Drop} key=${target.key} target=${target} nodes=${nodes} dragging=${dragged !== null} />`)}</div>
  </section>`;
}

/** @param {{target: Target, nodes: number[], dragging: boolean}} props */
function Drop({ target, nodes, dragging }) {
  const { key, label, short = label, about, look } = target;
  const why = nodes.length ? target.refuses(nodes) : "select tasks first";
  return html`<button type="button" class="drop" data-target=${key} data-valid=${dragging ? (why ? "no" : "yes") : null} disabled=${!dragging && why !== ""}
    title=${why ? `${about}. Not now: ${why}.` : about} onClick=${() => target.take(nodes)}>
    ${!key.startsWith("queue") && html`<${Glyph} state=${look} />`}<bdi class="cut">${short}</bdi></button>`;
}

/** @param {{own: import("./resubmission.js").Resubmission}} props */
function Foot({ own }) {
  const { planning } = own;
  const { plan, obstacle, why, sending, problem } = planning;
  const label = plan?.label ?? planning.deed.title;
  return html`<footer class="tray-foot">
    <label class="tray-why"><span>Why</span><input class="field" id="plan-why" maxlength="1000" autocomplete="off" placeholder="For the record; may be left empty" value=${why} onInput=${(/** @type {InputEvent} */ event) => planning.say(/** @type {HTMLInputElement} */ (event.target).value)} /></label>
    ${problem && html`<p class="panel-problem" role="alert" dir="auto">${problem.message} ${problem.status === 0 || problem.status >= 500 ? "What you chose and typed is kept." : ""} <button type="button" class="more" onClick=${() => planning.retry()}>Try again</button></p>`}
    <button type="button" class="button tray-confirm" disabled=${obstacle !== ""} aria-describedby="tray-obstacle" onClick=${() => planning.confirm()}>${sending ? "Sending…" : label}</button>
    <p class="cap" id="tray-obstacle" role="status">${problem ? "" : obstacle}</p>
  </footer>`;
}
