// The parts of the card that stand above and below the timeline.
import { h, say } from "./dom.js";
import { outageWords } from "./outage.js";
import { slotAt } from "./timeline.js";
import { glance, isUpToDate, nextWords, powerWords, reasonWords } from "./words.js";

// The answer at a glance: built once, then only its words change.
export class Top {
  constructor(t) {
    const part = (name) => h("div", { class: name });
    [this.headline, this.detail, this.why, this.next] = ["headline", "detail", "why", "next"].map(part);
    this.name = h("span", { class: "name" });
    this.badges = h("span", {});
    this.fill = part("fill");
    this.value = h("span", { class: "value" });
    this.cell = h("div", { class: "cell", role: "img", "aria-label": t("battery_level") }, this.fill, this.value);
    const answer = h("div", { class: "answer" }, this.headline, this.detail, this.why, this.next);
    this.glance = h("div", { class: "glance" }, answer, this.cell);
    this.flows = ["solar", "house", "battery", "grid"].map((which) => {
      const value = h("b", {});
      const word = h("span", {});
      return { which, value, word, element: h("div", { class: "flow" }, t(which), value, word) };
    });
    this.element = h(
      "div", {},
      h("div", { class: "title" }, this.name, this.badges),
      this.glance,
      h("div", { class: "flows" }, this.flows.map((flow) => flow.element)),
    );
  }

  refresh(state, slots, now, title, t, f) {
    const summary = glance(state, slots, now, t, f);
    this.glance.className = `glance ${summary.tone}`;
    say(this.headline, summary.headline);
    say(this.detail, summary.detail);
    const current = slotAt(slots, now);
    const follows = summary.tone === "well" && !state.now.override;
    say(this.why, follows ? reasonWords(current?.planned?.reason, now, t, f) : "");
    const goesOn = state.home.scheduler_enabled && summary.tone !== "problem";
    say(this.next, goesOn ? nextWords(slots, now, t, f, state.now.override) : "");
    say(this.name, title ?? state.home.title);
    const badges = [
      state.home.demo && "demo", state.home.dry_run && "dry_run", !state.may_control && "read_only",
    ].filter(Boolean);
    this.badges.replaceChildren(...badges.map((key) => h("span", { class: "badge" }, t(key))));
    this.battery(state, t, f);
  }

  battery(state, t, f) {
    const reading = state.now.reading ?? {};
    const level = reading.charge_level_percent;
    // A charge level of some minutes ago is still shown; an old power is not.
    const powers = isUpToDate(state, Date.now()) ? reading : {};
    this.fill.style.setProperty("--level", Number.isFinite(level) ? level / 100 : 0);
    this.cell.classList.toggle("charging", powers.battery_w < -50);
    say(this.value, f.percent(level));
    this.cell.setAttribute("aria-label", `${t("battery_level")} ${f.percent(level)}`);
    for (const { which, value, word } of this.flows) {
      const watts = powers[`${which}_w`];
      say(value, f.kw(watts));
      say(word, powerWords(which, watts, t));
    }
  }
}

// What the rows of the table add up to; unknown while one of them is.
export function costAhead(slots) {
  const costs = slots.filter((slot) => slot.planned).map((slot) => slot.planned.cost_p);
  return costs.length && costs.every(Number.isFinite) ? costs.reduce((sum, cost) => sum + cost, 0) : undefined;
}

export function drawMoney(state, slots, now, t, f) {
  const { plan } = state;
  const parts = [];
  const ahead = costAhead(slots);
  if (ahead !== undefined) parts.push(h("span", {}, `${t("cost")} `, h("b", {}, f.money(ahead))));
  if (plan?.saving_p !== undefined && plan.saving_p !== null) {
    const saving = h("b", {}, f.money(plan.saving_p));
    parts.push(h("span", {}, `${t("saving")} `, saving, ` ${t("against")}`));
  }
  const outage = outageWords(state, slots, now, t, f);
  if (outage) parts.push(h("span", { class: "outage" }, outage));
  const notes = (plan?.notes ?? []).map((note) => t(`note_${note.code}`));
  if (!state.now.rates_reachable) notes.push(t("rates_unreachable"));
  return [
    h("div", { class: "money" }, parts),
    notes.length ? h("ul", { class: "notes" }, notes.map((note) => h("li", {}, `⚠ ${note}`))) : null,
  ].filter(Boolean);
}
