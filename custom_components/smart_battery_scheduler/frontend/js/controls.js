// Charge now, hold, use, back to the plan: each with an end.
import { h, say } from "./dom.js";
import { Ready } from "./ready.js";
import { overrideSeen, overrideStands, planGoesOn, planIsSeen } from "./orders.js";

const MINUTES = [30, 60, 120, 180, 360];
const TARGETS = [50, 60, 70, 80, 100];

// Built once; `refresh` brings it up to date without touching what a person has chosen.
export class Controls {
  constructor(card) {
    this.card = card;
    const { t, f } = card;
    const option = (value, text, chosen) => h("option", { value, selected: chosen }, text);
    const duration = (minutes) =>
      minutes === 30 ? t("half_hour") : minutes === 60 ? t("hour") : t("hours", { count: minutes / 60 });
    this.end = h("select", { "aria-label": t("end_label") }, MINUTES.map((each) => option(each, duration(each), each === 60)));
    this.usual = option("", t("as_far"), true);
    this.target = h(
      "select", { "aria-label": t("target_label") },
      this.usual,
      TARGETS.map((each) => option(each, f.percent(each))),
    );
    this.buttons = {
      charge: this.button("charge", t("charge_now")),
      hold: this.button("hold", t("hold_now")),
      use: this.button("use", t("use_now")),
      resume: this.button("resume", t("resume")),
    };
    this.ready = new Ready(card);
    this.element = h(
      "div",
      { class: "controls" },
      h("div", { class: "buttons" }, Object.values(this.buttons)),
      h(
        "div",
        { class: "choices" },
        h("label", {}, `${t("end")} `, this.end),
        h("label", {}, `${t("target")} `, this.target),
      ),
      this.ready.element,
    );
  }

  button(action, label) {
    return h("button", { "data-order": action, class: action === "charge" ? "primary" : null, onclick: () => this.order(action, label) }, label);
  }

  refresh(state, now) {
    this.ready.refresh(state, now);
    const { override } = state.now;
    for (const [action, button] of Object.entries(this.buttons)) {
      button.hidden = !this.card.home.can(action);
      button.setAttribute("aria-pressed", String(override?.action === action));
    }
    this.buttons.resume.disabled = planGoesOn(state);
    const { t, f } = this.card;
    const usual = state.home.charge_now_percent ?? 100;
    say(this.usual, usual < 100 ? t("as_usual", { target: f.percent(usual) }) : t("as_far"));
  }

  order(action, label) {
    const { home, orders } = this.card;
    if (action === "resume") {
      return orders.give(label, () => home.ask("resume"), { proven: planIsSeen, now: true, back: true });
    }
    const data = { duration: { minutes: Number(this.end.value) } };
    if (action === "charge" && this.target.value) data.target_percent = Number(this.target.value);
    return orders.give(label, () => home.ask(action, data), {
      proven: overrideSeen(action),
      stands: overrideStands(action),
      undo: () => orders.give(this.card.t("resume"), () => home.ask("resume"), { proven: planIsSeen, now: true, back: true }),
      now: true,
    });
  }
}
