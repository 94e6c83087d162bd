// The timeline as SVG: rates above, what is done in the middle, the battery below.
import { consecutive, exportRates, marks, morningPlan, sessions } from "./chart_marks.js";
import { svg } from "./dom.js";
import { hourMarks, linear, rateDomain, ticks } from "./scales.js";
import { bands } from "./timeline.js";

export const LAYOUT = {
  left: 38, right: 34,
  rates: { top: 28, bottom: 110 },
  band: { top: 118, bottom: 140 },
  level: { top: 150, bottom: 240 },
  axis: 256, days: 272, height: 278,
};
const WIDEST_LABEL = 44;

export function places(slots, width) {
  const x = linear(slots[0].start, slots.at(-1).end, LAYOUT.left, width - LAYOUT.right);
  const rate = rateDomain(slots.flatMap((slot) => [slot.rate, slot.exportRate]));
  const kw = Math.max(1, ...slots.flatMap((slot) => [slot.loadKw ?? 0, slot.pvKw ?? 0]));
  const { rates, level } = LAYOUT;
  return {
    x, width, rate, topKw: Math.ceil(kw),
    y: linear(rate.from, rate.to, rates.bottom, rates.top),
    percent: linear(0, 100, level.bottom, level.top),
    kw: linear(0, Math.ceil(kw), level.bottom, level.top),
  };
}

// View: {slots, width, now, chosen: [from, to] | null, t, f, clock}.
export function drawChart(view) {
  const at = places(view.slots, view.width);
  return svg(
    "svg",
    { width: view.width, height: LAYOUT.height, "aria-hidden": "true", focusable: "false" },
    patterns(),
    chosen(view, at),
    sessions(view, at, { ...LAYOUT, right: view.width - LAYOUT.right }),
    axes(view, at),
    energies(view, at),
    rateBars(view, at),
    exportRates(view, at),
    actionBands(view, at),
    morningPlan(view, at),
    chargeLevel(view, at),
    marks(view, at, LAYOUT),
    nowLine(view, at),
  );
}

function patterns() {
  const hatch = (id, angle) =>
    svg(
      "pattern",
      {
        id, width: 4, height: 4, patternUnits: "userSpaceOnUse",
        patternTransform: `rotate(${angle})`,
      },
      svg("rect", { width: 4, height: 4, class: "hatch-ground" }),
      svg("rect", { width: 1.6, height: 4, class: "hatch-line" }),
    );
  return svg("defs", {}, hatch("hatch-hold", 45));
}

function chosen({ chosen: span }, at) {
  if (!span) return null;
  const [from, to] = span.map(at.x);
  return svg("rect", {
    class: "chosen", x: from, width: Math.max(0, to - from), y: 2, height: LAYOUT.level.bottom, rx: 3,
  });
}

function axes({ slots, width, f, clock }, at) {
  const right = width - LAYOUT.right;
  const lines = [];
  const label = (x, y, text, anchor) =>
    svg("text", { class: "axis", x, y, "text-anchor": anchor }, text);
  for (const value of ticks(at.rate)) {
    const y = at.y(value);
    const kind = value === 0 ? "zero" : "grid";
    lines.push(svg("line", { class: kind, x1: LAYOUT.left, x2: right, y1: y, y2: y }));
    lines.push(label(LAYOUT.left - 4, y + 3.5, f.number(value), "end"));
  }
  lines.push(label(0, 9, "p/kWh", "start"));
  for (const value of [0, 50, 100]) {
    const y = at.percent(value);
    lines.push(svg("line", { class: "grid", x1: LAYOUT.left, x2: right, y1: y, y2: y }));
    lines.push(label(LAYOUT.left - 4, y + 3.5, f.percent(value), "end"));
  }
  for (const value of [0, at.topKw]) {
    lines.push(label(right + 4, at.kw(value) + 3.5, `${f.number(value)} kW`, "start"));
  }
  return [...lines, ...hours(slots, at, right, f, clock)];
}

function hours(slots, at, right, f, clock) {
  const [from, to] = [slots[0].start, slots.at(-1).end];
  const perHour = (right - LAYOUT.left) / ((to - from) / 3_600_000);
  const every = [1, 2, 3, 4, 6, 12, 24].find((each) => each * perHour >= WIDEST_LABEL) ?? 24;
  const drawn = hourMarks(from, to, every, clock).map(({ at: when, midnight }) => {
    const x = at.x(when);
    return [
      svg("line", {
        class: midnight ? "midnight" : "tick", x1: x, x2: x,
        y1: midnight ? LAYOUT.rates.top - 6 : LAYOUT.level.bottom, y2: LAYOUT.level.bottom + 4,
      }),
      svg("text", { class: "axis", x, y: LAYOUT.axis, "text-anchor": "middle" }, f.hour(when)),
    ];
  });
  return [...drawn, ...dayNames(slots, at, f)];
}

function dayNames(slots, at, f) {
  const days = new Map();
  for (const slot of slots) {
    const date = f.date(slot.start);
    days.set(date, [...(days.get(date) ?? []), slot]);
  }
  return [...days.values()].map((day) => {
    const [from, to] = [at.x(day[0].start), at.x(day.at(-1).end)];
    if (to - from < 52) return null;
    const attributes = { class: "day", x: (from + to) / 2, y: LAYOUT.days, "text-anchor": "middle" };
    return svg("text", attributes, f.day(day[0].start));
  });
}

function rateBars({ slots, level }, at) {
  const zero = at.y(0);
  return slots.map((slot) => {
    const x = at.x(slot.start) + 0.5;
    const width = Math.max(1, at.x(slot.end) - x - 0.5);
    if (!Number.isFinite(slot.rate)) {
      const y = LAYOUT.rates.bottom - 3;
      return svg("line", { class: "no-rate", x1: x, x2: x + width, y1: y, y2: y });
    }
    const y = at.y(slot.rate);
    const kind = ["rate", level(slot), slot.estimate && "estimate", slot.past && "past"];
    return svg("rect", {
      class: kind.filter(Boolean).join(" "), x, width,
      y: Math.min(y, zero), height: Math.max(1.5, Math.abs(y - zero)), rx: Math.min(2, width / 3),
    });
  });
}

const SHORT = { charge: "▲", hold: "‖", use: "▼", export: "⇈" };

function actionBands({ slots, t, f }, at) {
  const { top, bottom } = LAYOUT.band;
  return bands(slots).map((band) => {
    const x = at.x(band.start) + 0.5;
    const width = Math.max(1, at.x(band.end) - x - 0.5);
    const words = t(band.action);
    const full = band.action === "charge" && !band.past && Number.isFinite(band.to) ? `${words} ${f.percent(band.to)}` : words;
    const label = [full, words, SHORT[band.action]].find((text) => text.length * 6.4 + 6 <= width);
    return svg(
      "g",
      { class: `band ${band.action}${band.past ? " past" : ""}` },
      svg("rect", { x, y: top, width, height: bottom - top, rx: 3 }),
      label &&
        svg("text", { x: x + width / 2, y: (top + bottom) / 2 + 4, "text-anchor": "middle" }, label),
    );
  });
}

function energies({ slots }, at) {
  const runs = (key) => consecutive(slots.filter((slot) => Number.isFinite(slot[key])));
  const steps = (run, key) =>
    run.map((slot) => `L${at.x(slot.start)},${at.kw(slot[key])}L${at.x(slot.end)},${at.kw(slot[key])}`);
  const floor = LAYOUT.level.bottom;
  const areas = runs("pvKw").map((run) =>
    svg("path", {
      class: "pv",
      d: `M${at.x(run[0].start)},${floor}${steps(run, "pvKw").join("")}L${at.x(run.at(-1).end)},${floor}Z`,
    }),
  );
  const lines = runs("loadKw").map((run) =>
    svg("path", { class: "load", d: `M${steps(run, "loadKw").join("").slice(1)}` }),
  );
  return [...areas, ...lines];
}

// The measured line ends, and the planned one begins, at what the battery shows now.
function chargeLevel({ slots, now, charge }, at) {
  const past = consecutive(slots.filter((slot) => slot.past && Number.isFinite(slot.to)));
  const planned = slots.filter((slot) => !slot.past && Number.isFinite(slot.to));
  const point = (when, value) => `${at.x(when)},${at.percent(value)}`;
  const current = planned[0]?.start <= now && Number.isFinite(charge) ? point(now, charge) : undefined;
  const drawn = past.map((run) => {
    const points = run.map((slot) => point(slot.end, slot.to));
    if (current && run.at(-1).end === planned[0].start) points.push(current);
    return svg("polyline", { class: "level past", points: points.join(" ") });
  });
  if (!planned.length) return drawn;
  const first = Math.max(planned[0].start, Math.min(now, planned[0].end));
  const begin = current ?? point(first, planned[0].from);
  const ends = (key) => planned.map((slot) => point(slot.end, slot[key]));
  return [
    ...drawn,
    svg("polygon", { class: "spread", points: [begin, ...ends("high"), ...ends("low").reverse()].join(" ") }),
    svg("polyline", { class: "level", points: [begin, ...ends("to")].join(" ") }),
  ];
}

function nowLine({ slots, now, t }, at) {
  if (now < slots[0].start || now > slots.at(-1).end) return null;
  const x = at.x(now);
  return svg(
    "g", { class: "now" },
    svg("line", { x1: x, x2: x, y1: 10, y2: LAYOUT.level.bottom }),
    svg("text", { x, y: 8, "text-anchor": "middle" }, t("now")),
  );
}
