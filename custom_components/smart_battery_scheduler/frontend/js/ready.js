// To be charged to a level by a time, once: what is asked for, and asking for it.
import { h, renew } from "./dom.js";
import { planFollows } from "./orders.js";

const HOUR_MS = 3_600_000;
const HOURS_AHEAD = 36;
const TARGETS = [50, 60, 70, 80, 90, 100];

// The full hours ahead that one may ask for. Pure.
export function readyTimes(now) {
  const first = Math.ceil(now / HOUR_MS) * HOUR_MS;
  return Array.from({ length: HOURS_AHEAD }, (_, index) => first + (index + 1) * HOUR_MS);
}

// The hour that is suggested: the next 07:00 of the home's clock. Pure.
export const usualTime = (times, clock) => times.find((at) => clock(at).hour === 7) ?? times[0];

// Built once; the choice is made anew only when an hour has gone by, so that nothing moves under a finger.
export class Ready {
  constructor(card) {
    this.card = card;
    const { t, f } = card;
    this.at = h("select", { "aria-label": t("ready_at") });
    this.target = h(
      "select", { "aria-label": t("ready_target") },
      TARGETS.map((each) => h("option", { value: each, selected: each === 100 }, f.percent(each))),
    );
    this.set = h("button", { "data-order": "ready_once", onclick: () => this.order() }, t("ready_set"));
    this.request = h(
      "div", { class: "choices" },
      h("label", {}, `${t("ready_by_time")} `, this.at), h("label", {}, `${t("target")} `, this.target), this.set,
    );
    this.asked = h("div", { class: "asked" });
    this.element = h("div", { class: "ready" }, this.asked, this.request);
  }

  refresh(state, now) {
    const { home, t, f, clock, shadow } = this.card;
    const asked = state.now.ready_once;
    this.element.hidden = !home.can("ready_once");
    this.request.hidden = Boolean(asked);
    const words = asked && t("ready_asked", { time: f.moment(Date.parse(asked.at), now), target: f.percent(asked.percent) });
    const cancel = asked && h("button", { "data-order": "cancel_ready_once", onclick: () => this.cancel() }, t("ready_cancel"));
    renew(this.asked, shadow, words ? [h("span", {}, words), cancel] : "");
    const times = readyTimes(now);
    if (this.first === times[0]) return;
    this.first = times[0];
    const chosen = times.includes(Number(this.at.value)) ? Number(this.at.value) : usualTime(times, clock);
    const options = times.map((at) => h("option", { value: at, selected: at === chosen }, f.moment(at, now)));
    this.at.replaceChildren(...options);
  }

  order() {
    const { home, orders, t } = this.card;
    const since = Date.now();
    const data = { at: new Date(Number(this.at.value)).toISOString(), target_percent: Number(this.target.value) };
    return orders.give(t("ready_order"), () => home.ask("ready_once", data), {
      proven: (state) => Boolean(state.now.ready_once) && planFollows(since)(state),
      undo: () => this.cancel(),
    });
  }

  cancel() {
    const { home, orders, t } = this.card;
    return orders.give(t("ready_cancelled"), () => home.ask("cancel_ready_once"), {
      proven: (state) => !state.now.ready_once,
    });
  }
}
