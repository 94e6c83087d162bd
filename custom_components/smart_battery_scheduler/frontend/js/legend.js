// The legend: every colour and mark that the chart shows at the moment, and no other.
import { h } from "./dom.js";

const has = (slots, test) => slots.some(test);
const withAction = (action) => (slots) => has(slots, (slot) => slot.action === action);
const rated = (level) => (slots, levelOf) => has(slots, (slot) => !slot.estimate && levelOf(slot) === level);
const known = (key) => (slots) => has(slots, (slot) => Number.isFinite(slot[key]));

// [key of its words, how it is drawn, when it is shown]
const ITEMS = [
  ["legend_negative", "rate negative", rated("negative")],
  ["legend_cheap", "rate cheap", rated("cheap")],
  ["legend_usual", "rate usual", rated("usual")],
  ["legend_expensive", "rate expensive", rated("expensive")],
  ["estimate", "rate estimate", (slots) => has(slots, (slot) => slot.estimate)],
  ["legend_export", "line export-rate", known("exportRate")],
  ["charge", "band charge", withAction("charge")],
  ["hold", "band hold", withAction("hold")],
  ["use", "band use", withAction("use")],
  ["export", "band export", withAction("export")],
  ["legend_level", "line level", known("to")],
  ["legend_spread", "spread", known("low")],
  ["legend_morning", "line morning", known("morning")],
  ["legend_solar", "pv", known("pvKw")],
  ["legend_load", "line load", known("loadKw")],
  ["legend_session", "session", (slots) => has(slots, (slot) => slot.session)],
  ["legend_asked", "sign ●", (slots) => has(slots, (slot) => slot.manual?.some((each) => each.action !== "do_not_charge"))],
  ["legend_blocked", "sign ⊘", (slots) => has(slots, (slot) => slot.manual?.some((each) => each.action === "do_not_charge"))],
  ["legend_missed", "sign ✕", (slots) => has(slots, (slot) => slot.missed)],
];

// [[key, kind]] of what is shown. Pure.
export function legendOf(slots, levelOf) {
  return ITEMS.filter(([, , shown]) => shown(slots, levelOf)).map(([key, kind]) => [key, kind]);
}

export function drawLegend(slots, levelOf, t) {
  return h(
    "ul", { class: "legend" },
    legendOf(slots, levelOf).map(([key, kind]) => {
      const [shape, sign] = kind.split(" ");
      const drawn = shape === "sign" ? h("i", { class: "sign" }, sign) : h("i", { class: kind });
      return h("li", {}, drawn, t(key));
    }),
  );
}
