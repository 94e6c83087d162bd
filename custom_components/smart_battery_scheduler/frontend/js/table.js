// The same half-hours as a table: for screen readers, old browsers and people who like tables.
import { h } from "./dom.js";
import { markWords, rateWords, reasonWords } from "./words.js";

const FIGURES = new Set(["rate", "level", "costs"]);

export function drawTable({ slots, now, t, f, choose }) {
  const head = ["time", "action", "rate", "level", "costs"].map((key) =>
    h("th", { scope: "col", class: FIGURES.has(key) ? "number" : null }, t(key)),
  );
  const rows = slots
    .filter((slot) => slot.end > now)
    .map((slot) => {
      const why = [reasonWords(slot.planned?.reason, now, t, f), ...markWords(slot, t)];
      return h(
        "tr",
        { class: slot.action ?? "none", title: why.filter(Boolean).join(". ") },
        h(
          "th", { scope: "row" },
          h("button", { class: "row", "data-start": slot.start, onclick: () => choose(slot) }, f.moment(slot.start, now)),
        ),
        h("td", {}, slot.action ? t(slot.action) : t("none")),
        h("td", { class: slot.estimate ? "number estimate" : "number" }, rateWords(slot, t, f)),
        h("td", { class: "number" }, f.percent(slot.to)),
        h("td", { class: "number" }, f.money(slot.planned?.cost_p)),
      );
    });
  return h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows));
}
