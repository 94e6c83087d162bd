// The chosen half-hours: their figures, why, why not, and what can be asked of them.
import { h } from "./dom.js";
import { planFollows } from "./orders.js";
import { floorSlot } from "./timeline.js";
import { bringBack, swap, manualSlotsOf } from "./manual_slots.js";
import { markWords, rateWords, reasonWords, slotWords } from "./words.js";

const OTHERS = ["charge", "hold", "use"];

// View: {slots (chosen), now, t, f, mayControl, home, orders, answers, close}.
export function drawPanel(view) {
  const { slots, t } = view;
  const [first, last] = [slots[0], slots.at(-1)];
  return h(
    "div",
    { class: "panel", role: "group", "aria-label": headline(view) },
    h(
      "div",
      { class: "panel-head" },
      h("strong", {}, headline(view)),
      h("button", { class: "icon", "aria-label": t("close"), onclick: view.close }, "✕"),
    ),
    slots.length === 1 ? details(view, first) : summary(view),
    !last.past && view.mayControl && view.home.can("add_slot") ? manualButtons(view) : null,
  );
}

function headline({ slots, now, t, f }) {
  if (slots.length === 1) return slotWords(slots[0], now, t, f);
  return `${f.span(slots[0].start, slots.at(-1).end, now)}, ${t("slots", { count: slots.length })}`;
}

function details(view, slot) {
  const { now, t, f } = view;
  const plan = slot.planned;
  const lines = [reasonWords(plan?.reason, now, t, f), ...markWords(slot, t)];
  const figures = [];
  if (plan) {
    figures.push(`${f.percent(plan.start_percent)} → ${f.percent(plan.end_percent)}`);
    const likely = { low: f.percent(plan.end_percent_p10), high: f.percent(plan.end_percent_p90) };
    if (likely.low !== likely.high) figures.push(t("spread", likely));
    figures.push(`${t("house")} ${f.kwh(plan.load_kwh)}`, `${t("solar")} ${f.kwh(plan.pv_kwh)}`);
    figures.push(`${t("grid")} ${f.kwh(plan.grid_import_kwh - plan.grid_export_kwh)}`);
    if (plan.cost_p !== undefined) figures.push(`${t("costs")} ${f.money(plan.cost_p)}`);
    figures.push(t("worth", { rate: f.rate(plan.stored_worth_p_per_kwh) }));
  } else if (slot.measured) {
    const seen = slot.measured;
    figures.push(`${t("house")} ${f.kwh(seen.load_kwh)}`, `${t("solar")} ${f.kwh(seen.pv_kwh)}`);
    figures.push(`${t("grid")} ${f.kwh(seen.import_kwh - seen.export_kwh)}`);
  }
  return [
    ...lines.filter(Boolean).map((line) => h("p", { class: "reason" }, line)),
    h("p", { class: "figures" }, figures.join(" · ")),
    plan ? whyNots(view, slot) : null,
  ];
}

function whyNots({ t, f, answers }, slot) {
  const answered = OTHERS.filter((action) => action !== slot.action)
    .map((action) => [action, answers.get(`${slot.start} ${action}`)?.why_not])
    .filter(([, answer]) => answer);
  if (!answered.length) return null;
  return h(
    "ul",
    { class: "why-not" },
    answered.map(([action, answer]) => {
      const question = t("why_not", { what: t(action).toLowerCase() });
      return h("li", {}, `${question} ${whyNotWords(answer, t, f)}`);
    }),
  );
}

export function whyNotWords(answer, t, f) {
  if (answer.forbidden_by) return t("forbidden", { by: t(answer.forbidden_by).replaceAll("_", " ") });
  if (!Number.isFinite(answer.extra_p)) return t("unknown_rate");
  return answer.extra_p < 0.5 ? t("saves_nothing") : t("extra", { money: f.money(answer.extra_p) });
}

function summary({ slots, t, f }) {
  const rates = slots.map((slot) => slot.rate).filter(Number.isFinite);
  if (!rates.length) return h("p", { class: "figures" }, t("unknown_rate"));
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  return h("p", { class: "figures" }, `${f.rate(low)} – ${f.rate(high)}`);
}

function manualButtons(view) {
  const { slots, t } = view;
  const present = manualSlotsOf(slots);
  const chosen = present.length ? present[0].action : null;
  const button = (action, label) =>
    h(
      "button",
      {
        "aria-pressed": String(chosen === action),
        "data-manual": action ?? "automatic",
        onclick: () => setManual(view, action, label, present),
      },
      label,
    );
  return h(
    "div",
    { class: "buttons" },
    button("charge", t("charge_here")),
    button("hold", t("hold_here")),
    button("use", t("use_here")),
    button("do_not_charge", t("not_here")),
    button(null, t("automatic")),
  );
}

function setManual({ slots, home, orders, now, t }, action, label, present) {
  const from = Math.max(slots[0].start, floorSlot(now));
  const to = slots.at(-1).end;
  const undo = (added) =>
    orders.give(t("undo"), () => bringBack(home, added, present, Date.now()));
  const call = () => swap(home, present, from, to, action, Date.now());
  return orders.give(label, call, { proven: planFollows(Date.now()), undo });
}

export async function askWhyNots(home, slot, answers) {
  for (const action of OTHERS.filter((each) => each !== slot.action)) {
    const key = `${slot.start} ${action}`;
    if (answers.has(key)) continue;
    const at = Math.max(slot.start, Date.now());
    answers.set(key, await home.whyNot(at, action));
  }
}
