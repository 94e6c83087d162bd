// The same half-hours as a table: for screen readers, old browsers and people who like tables.
import { h } from "./dom.js";
import { markWords, rateWords, reasonWords } from "./words.js";

// [key of its words, whether a figure, whether left out where there is little room]
const COLUMNS = [
  ["time", false, false], ["action", false, false], ["rate", true, false], ["export_rate", true, true],
  ["solar", true, true], ["house", true, true], ["level", true, false], ["costs", true, false], ["total", true, true],
];

// View: {slots, now, t, f, level, choose, byRate, sort}; `sort` turns between the order of time and of rates.
export function drawTable(view) {
  const rows = rowsOf(view.slots, view.now, view.byRate);
  return h(
    "table", {},
    h("thead", {}, h("tr", {}, COLUMNS.filter(([key]) => !(view.byRate && key === "total")).map((column) => head(column, view)))),
    h("tbody", {}, groupsOf(rows, view).flatMap((group) => drawGroup(group, view))),
  );
}

function head([key, figure, extra], { t, byRate, sort }) {
  const classes = [figure && "number", extra && "extra"].filter(Boolean).join(" ") || null;
  if (key !== "rate") return h("th", { scope: "col", class: classes }, t(key));
  const label = t(byRate ? "sort_time" : "sort_rate");
  const button = h("button", { class: "row", title: label, "aria-label": `${t("rate")}: ${label}`, onclick: sort }, `${t("rate")} ${byRate ? "▲" : "⇅"}`);
  return h("th", { scope: "col", class: classes, "aria-sort": byRate ? "ascending" : null }, button);
}

// What is not over, with what it has cost by the end of each row; by rate the unknown ones come last. Pure.
export function rowsOf(slots, now, byRate = false) {
  let total = 0;
  const rows = slots
    .filter((slot) => slot.end > now)
    .map((slot) => ({ slot, total: (total += slot.planned?.cost_p ?? NaN) }));
  if (!byRate) return rows;
  const rate = ({ slot }) => (Number.isFinite(slot.rate) ? slot.rate : Infinity);
  return [...rows].sort((one, two) => rate(one) - rate(two) || one.slot.start - two.slot.start);
}

// Days, and within them charges as blocks: [{day?, rows}, {charge?, rows}]. In the order of rates there are none.
export function groupsOf(rows, { byRate, f, now }) {
  if (byRate) return [{ rows }];
  const groups = [];
  for (const row of rows) {
    const day = f.dayName(row.slot.start, now);
    const charging = row.slot.action === "charge";
    const last = groups.at(-1);
    if (last?.charging === charging && (charging || last.day === day)) last.rows.push(row);
    else groups.push({ day, isNewDay: last?.day !== day, charging, rows: [row] });
  }
  return groups;
}

// What a charge takes from the grid and to what level, over its whole run. Pure.
export function blockOf(rows) {
  const sum = (key) => rows.reduce((all, { slot }) => all + (slot.planned?.[key] ?? 0), 0);
  return {
    from: rows[0].slot.start, until: rows.at(-1).slot.end, to: rows.at(-1).slot.to,
    kwh: sum("grid_import_kwh"), p: sum("cost_p"),
  };
}

function drawGroup(group, view) {
  const { t, f, now } = view;
  const heading = (kind, text) => h("tr", { class: kind }, h("th", { scope: "colgroup", colspan: COLUMNS.length }, text));
  const lines = [];
  if (group.isNewDay) lines.push(heading("day-name", `${group.day} · ${f.day(group.rows[0].slot.start)}`));
  if (group.charging) {
    const { from, until, to, kwh, p } = blockOf(group.rows);
    const values = { span: f.span(from, until, now), target: f.percent(to), energy: f.kwh(kwh), money: f.money(p) };
    lines.push(heading("block", t("charge_block", values)));
  }
  return [...lines, ...group.rows.map((row) => drawRow(row, view))];
}

function drawRow({ slot, total }, { now, t, f, level, choose, byRate }) {
  const why = [reasonWords(slot.planned?.reason, now, t, f), ...markWords(slot, t)];
  const figure = (text, more = "") => h("td", { class: `number ${more}`.trim() }, text);
  const kwh = (value) => (Number.isFinite(value) ? f.number(value, 1) : "");
  return h(
    "tr",
    { class: `slot ${slot.action ?? "none"}`, title: why.filter(Boolean).join(". ") },
    h(
      "th", { scope: "row" },
      h(
        "button", { class: "row", "data-start": slot.start, onclick: () => choose(slot) },
        byRate ? f.moment(slot.start, now) : f.time(slot.start),
      ),
    ),
    h("td", {}, h("span", { class: `does ${slot.action ?? "none"}` }, slot.action ? t(slot.action) : t("none"))),
    h(
      "td", { class: slot.estimate ? "number estimate" : "number" },
      h("span", { class: `price ${level(slot)}` }, rateWords(slot, t, f)),
    ),
    figure(Number.isFinite(slot.exportRate) ? f.number(slot.exportRate, 1) : "", "extra"),
    figure(kwh(slot.planned?.pv_kwh), "extra"),
    figure(kwh(slot.planned?.load_kwh), "extra"),
    figure(f.percent(slot.to)),
    figure(f.money(slot.planned?.cost_p)),
    byRate ? null : figure(f.money(total), "extra"),
  );
}
