// What lies over and under the bars of the chart: sessions as chips, the export rate, the morning's plan, signs.
import { svg } from "./dom.js";

const CHIP = { top: 11, bottom: 25 };
const CHARACTER_PX = 6.2;

// Runs of neighbours for which `key` gives the same thing (undefined is none).
function runsOf(slots, key) {
  const runs = [];
  for (const slot of slots) {
    const value = key(slot);
    const last = runs.at(-1);
    if (last && last.value === value && last.end === slot.start) last.end = slot.end;
    else runs.push({ value, start: slot.start, end: slot.end });
  }
  return runs.filter((run) => run.value !== undefined);
}

// The time of a session is tinted down the chart; its name stands in a chip above, whole or shortened.
export function sessions({ slots, t }, at, layout) {
  return runsOf(slots, (slot) => slot.session?.kind).map(({ value: kind, start, end }) => {
    const [from, to] = [at.x(start), at.x(end)];
    const text = [t(kind), t(`${kind}_short`)].find((each) => each.length * CHARACTER_PX + 8 <= Math.max(to - from, 60));
    const label = text ?? t(`${kind}_short`);
    const width = Math.max(to - from, label.length * CHARACTER_PX + 8);
    const x = Math.min(from, layout.right - width);
    return svg(
      "g", { class: `session ${kind}` },
      svg("rect", { class: "shade", x: from, width: to - from, y: CHIP.bottom, height: layout.level.bottom - CHIP.bottom }),
      svg("rect", { class: "chip", x, width, y: CHIP.top, height: CHIP.bottom - CHIP.top, rx: 7 }),
      svg("text", { x: x + width / 2, y: CHIP.bottom - 3.5, "text-anchor": "middle" }, label),
    );
  });
}

// What the grid pays, as steps over the bars of what it costs.
export function exportRates({ slots }, at) {
  return consecutive(slots.filter((slot) => Number.isFinite(slot.exportRate))).map((run) => {
    const points = run.flatMap((slot) => [slot.start, slot.end].map((when) => `${at.x(when)},${at.y(slot.exportRate)}`));
    return svg("polyline", { class: "export-rate", points: points.join(" ") });
  });
}

// What was planned for hours that are over, when their day began.
export function morningPlan({ slots }, at) {
  return consecutive(slots.filter((slot) => Number.isFinite(slot.morning))).map((run) =>
    svg("polyline", {
      class: "level morning",
      points: run.map((slot) => `${at.x(slot.end)},${at.percent(slot.morning)}`).join(" "),
    }),
  );
}

export const SIGNS = { charge: "●", hold: "●", use: "●", do_not_charge: "⊘" };

export function marks({ slots }, at, layout) {
  return slots.flatMap((slot) => {
    const middle = (at.x(slot.start) + at.x(slot.end)) / 2;
    const sign = (kind, text, y) => svg("text", { class: kind, x: middle, y, "text-anchor": "middle" }, text);
    return [
      ...slot.manual.map(({ action }) => sign(`manual ${action}`, SIGNS[action], CHIP.bottom - 3)),
      slot.missed && sign("missed", "✕", layout.band.bottom + 9),
    ].filter(Boolean);
  });
}

export function consecutive(slots) {
  const runs = [];
  for (const slot of slots) {
    if (runs.at(-1)?.at(-1).end === slot.start) runs.at(-1).push(slot);
    else runs.push([slot]);
  }
  return runs;
}
