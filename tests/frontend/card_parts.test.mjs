// What the card makes of half-hours: legend, crosshair, table, power cut, request to be full.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, HASS, iso, plannedSlot, SLOT, stateOf } from "./helpers.mjs";
import { Format } from "../../custom_components/smart_battery_scheduler/frontend/js/format.js";
import { hoverRows } from "../../custom_components/smart_battery_scheduler/frontend/js/hover.js";
import { legendOf } from "../../custom_components/smart_battery_scheduler/frontend/js/legend.js";
import { outage, outageWords } from "../../custom_components/smart_battery_scheduler/frontend/js/outage.js";
import { readyTimes, usualTime } from "../../custom_components/smart_battery_scheduler/frontend/js/ready.js";
import { clockOf } from "../../custom_components/smart_battery_scheduler/frontend/js/scales.js";
import { translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";
import { blockOf, groupsOf, rowsOf } from "../../custom_components/smart_battery_scheduler/frontend/js/table.js";
import { timeline } from "../../custom_components/smart_battery_scheduler/frontend/js/timeline.js";

const t = translator("en");
const f = new Format(HASS);
const START = at("2026-11-21T22:00Z");
const plan = (count, more = () => ({})) =>
  Array.from({ length: count }, (_, index) => plannedSlot(START + index * SLOT, more(index)));
const slotsOf = (planned, more) => timeline(stateOf(planned, more), START);

test("times name today's day not at all, its neighbours by a word, others by their name", () => {
  const day = 48 * SLOT;
  assert.equal(f.moment(START + SLOT, START), "22:30");
  assert.equal(f.moment(START + 10 * SLOT, START), "03:00 tomorrow");
  assert.equal(f.moment(START - day, START), "22:00 yesterday");
  assert.equal(f.moment(START + 2 * day, START), "Mon 23 22:00");
  assert.equal(f.span(START + 10 * SLOT, START + 11 * SLOT, START), "03:00–03:30 tomorrow");
  assert.equal(f.span(START + 3 * SLOT, START + 5 * SLOT, START), "23:30 – 00:30 tomorrow");
});

test("tomorrow is tomorrow on the days of 23 and of 25 hours", () => {
  for (const [now, then] of [["2026-03-28T12:00Z", "2026-03-29T22:30Z"], ["2026-10-24T12:00Z", "2026-10-25T23:30Z"]]) {
    assert.match(f.moment(at(then), at(now)), /^23:30 tomorrow$/);
  }
});

test("the legend names every colour and mark that is shown, and none that is not", () => {
  const level = (slot) => (slot.rate < 10 ? "cheap" : "usual");
  const bare = slotsOf(plan(2));
  assert.deepEqual(
    legendOf(bare, level).map(([key]) => key),
    ["legend_usual", "use", "legend_level", "legend_spread", "legend_solar", "legend_load"],
  );
  const rich = slotsOf(plan(3, (n) => ({ action: ["charge", "hold", "export"][n], import_p_per_kwh: 5, export_p_per_kwh: 4 })), {
    sessions: [{ kind: "free", start: iso(START), end: iso(START + SLOT) }],
    manual: [
      { id: "a", action: "charge", repeat: "never", times: [{ start: iso(START), end: iso(START + SLOT) }] },
      { id: "b", action: "do_not_charge", repeat: "never", times: [{ start: iso(START + SLOT), end: iso(START + 2 * SLOT) }] },
    ],
    decisions: [{ kind: "failed", reason: "x", slot_start: iso(START) }],
    planned_levels: { [iso(START)]: 44 },
  });
  const keys = legendOf(rich, level).map(([key]) => key);
  for (const key of ["legend_cheap", "legend_export", "charge", "hold", "export", "legend_morning", "legend_session", "legend_asked", "legend_blocked", "legend_missed"]) {
    assert.ok(keys.includes(key), key);
  }
});

test("every word of the legend is in the table of words", () => {
  const all = slotsOf(plan(1, () => ({ rate_is_estimate: true, export_p_per_kwh: 3 })));
  for (const [key] of legendOf(all, () => "negative")) assert.ok(!t(key).includes("_"), key);
});

test("under the crosshair stands what is known of the half-hour, and no more", () => {
  const [slot] = slotsOf(plan(1, () => ({ action: "charge", end_percent: 61.6, export_p_per_kwh: 8, grid_import_kwh: 1.5 })));
  assert.deepEqual(hoverRows(slot, t, f), [
    ["Action", "Charge 62 %"], ["Rate", "20.0 p/kWh"], ["Export", "8.0 p/kWh"], ["Level", "62 %"],
    ["Solar", "0.0 kWh"], ["House", "0.2 kWh"], ["Grid", "1.5 kWh"], ["Cost", "1 p"],
  ]);
  assert.deepEqual(hoverRows({ past: true }, t, f), [["Rate", "rate not published"]]);
});

test("past half-hours show their export rate and what their morning planned", () => {
  const past = { load_kwh: 1, pv_kwh: 0, import_kwh: 1, export_kwh: 0, battery_in_kwh: 0, battery_out_kwh: 0, level_percent: 40, whole: true };
  const state = stateOf(plan(1), {
    past: { [iso(START - SLOT)]: past },
    export_rates: { [iso(START - SLOT)]: { end: iso(START), p_per_kwh: 6 } },
    planned_levels: { [iso(START - SLOT)]: 55 },
  });
  const [slot] = timeline(state, START);
  assert.deepEqual([slot.exportRate, slot.morning, slot.to], [6, 55, 40]);
});

test("the table adds up row by row, and sorts by rate with the unknown last", () => {
  const slots = slotsOf(plan(3, (n) => ({ cost_p: [2, 3, -1][n], import_p_per_kwh: [20, undefined, 5][n] })));
  assert.deepEqual(rowsOf(slots, START).map((row) => row.total), [2, 5, 4]);
  assert.deepEqual(rowsOf(slots, START, true).map(({ slot }) => slot.rate), [5, 20, undefined]);
});

test("days have headings, and a charge is one block even over midnight", () => {
  const slots = slotsOf(plan(8, (n) => ({ action: n >= 2 && n < 6 ? "charge" : "use", grid_import_kwh: 2, cost_p: 30, end_percent: 50 + n })));
  const groups = groupsOf(rowsOf(slots, START), { f, now: START });
  assert.deepEqual(
    groups.map(({ day, isNewDay, charging, rows }) => [day, isNewDay, charging, rows.length]),
    [["today", true, false, 2], ["today", false, true, 4], ["tomorrow", true, false, 2]],
  );
  assert.deepEqual(blockOf(groups[1].rows), {
    from: START + 2 * SLOT, until: START + 6 * SLOT, to: 55, kwh: 8, p: 120,
  });
  assert.equal(groupsOf(rowsOf(slots, START, true), { byRate: true }).length, 1);
});

test("a power cut lasts until the battery has given all to the house", () => {
  const home = { capacity_kwh: 2, scheduler_enabled: true };
  const state = stateOf(plan(20, () => ({ load_kwh: 0.25 })), { home });
  // 50 % of 2 kWh at 0.5 kW.
  assert.deepEqual(outage(state, timeline(state, START), START), { until: START + 4 * SLOT });
  const words = outageWords(state, timeline(state, START), START, t, f);
  assert.equal(words, "In a power cut now the battery would last 2.0 h, until 00:00 tomorrow");
});

test("the sun prolongs a power cut, but fills no more than the battery", () => {
  const home = { capacity_kwh: 2 };
  const slots = plan(20, (n) => (n < 10 ? { load_kwh: 0, pv_kwh: 3 } : { load_kwh: 0.5, pv_kwh: 0 }));
  const state = stateOf(slots, { home });
  assert.deepEqual(outage(state, timeline(state, START), START), { until: START + 14 * SLOT });
});

test("a power cut beyond all that is forecast says so; without capacity or level nothing is claimed", () => {
  const state = stateOf(plan(4), { home: { capacity_kwh: 13.5 } });
  assert.deepEqual(outage(state, timeline(state, START), START), { longerThan: START + 4 * SLOT });
  assert.match(outageWords(state, timeline(state, START), START, t, f), /last beyond 00:00 tomorrow/);
  assert.equal(outage(stateOf(plan(4)), timeline(state, START), START), undefined);
  assert.equal(outageWords(stateOf(plan(4)), timeline(state, START), START, t, f), "");
});

test("full hours are offered, and the next seven o'clock of the home suggested", () => {
  const times = readyTimes(START + 1);
  assert.equal(times[0], START + 2 * 3_600_000);
  assert.equal(usualTime(times, clockOf("Europe/London")), at("2026-11-22T07:00Z"));
  assert.equal(usualTime([1, 2], () => ({ hour: 3 })), 1);
});
