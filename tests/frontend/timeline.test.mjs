import assert from "node:assert/strict";
import { test } from "node:test";
import { at, iso, plannedSlot, SLOT, stateOf } from "./helpers.mjs";
import {
  bands, measuredAction, nextChange, slotAt, timeline, windowOf,
} from "../../custom_components/smart_battery_scheduler/frontend/js/timeline.js";
import { applyPatch } from "../../custom_components/smart_battery_scheduler/frontend/js/patch.js";

const NOW = at("2026-11-21T10:12Z");
const START = at("2026-11-21T10:00Z");
const measured = (more = {}) => ({
  load_kwh: 0.3, pv_kwh: 0, import_kwh: 0.3, export_kwh: 0, battery_in_kwh: 0, battery_out_kwh: 0,
  level_percent: 40, whole: true, ...more,
});

test("past and plan join at now without a hole or a double", () => {
  const first = plannedSlot(START, { start: iso(NOW) });
  const state = stateOf([first, plannedSlot(START + SLOT)], {
    past: { [iso(START - 2 * SLOT)]: measured(), [iso(START)]: measured() },
    rates: { [iso(START - 2 * SLOT)]: { end: iso(START), p_per_kwh: 9.5 } },
  });
  const slots = timeline(state, NOW);
  assert.deepEqual(slots.map((slot) => slot.start), [-2, -1, 0, 1].map((n) => START + n * SLOT));
  assert.deepEqual(slots.map((slot) => slot.past), [true, true, false, false]);
  assert.equal(slots[1].action, undefined);
  assert.deepEqual(slots.map((slot) => slot.rate), [9.5, 9.5, 20, 20]);
  assert.equal(slotAt(slots, NOW).start, START);
});

test("powers of the half-hour that has begun are powers, not shares of energy", () => {
  const rest = { start: iso(START + SLOT / 2), load_kwh: 0.1, pv_kwh: 0.25 };
  const [slot] = timeline(stateOf([plannedSlot(START, rest)]), START + SLOT / 2);
  assert.equal(slot.loadKw, 0.4);
  assert.equal(slot.pvKw, 1);
});

for (const [day, start, count] of [
  ["spring", "2026-03-29T00:00Z", 46], ["plain", "2026-11-21T00:00Z", 48], ["autumn", "2026-10-24T23:00Z", 50],
]) {
  test(`a ${day} day has ${count} half-hours, each once`, () => {
    const begin = at(start);
    const slots = timeline(
      stateOf(Array.from({ length: count }, (_, n) => plannedSlot(begin + n * SLOT))), begin,
    );
    assert.equal(slots.length, count);
    assert.equal(new Set(slots.map((slot) => slot.start)).size, count);
  });
}

test("what is unknown stays unknown", () => {
  const bare = plannedSlot(START, { import_p_per_kwh: undefined });
  const [slot] = timeline(stateOf([bare]), NOW);
  assert.equal(slot.rate, undefined);
  assert.deepEqual(timeline(stateOf([]), NOW), []);
  assert.deepEqual(timeline({ now: {}, home: {} }, NOW), []);
});

test("manual slots, sessions and misses mark the half-hours they touch", () => {
  const state = stateOf([0, 1, 2].map((n) => plannedSlot(START + n * SLOT)), {
    manual: [{ id: "a", action: "charge", repeat: "daily", times: [{ start: iso(START + SLOT), end: iso(START + 2 * SLOT) }] }],
    sessions: [{ kind: "free", start: iso(START), end: iso(START + SLOT + 1000) }],
    decisions: [{ kind: "failed", reason: "not_seen", slot_start: iso(START + 2 * SLOT) }],
  });
  const slots = timeline(state, NOW);
  assert.deepEqual(slots.map((slot) => slot.manual.length), [0, 1, 0]);
  assert.deepEqual(slots.map((slot) => slot.session?.kind), ["free", "free", undefined]);
  assert.deepEqual(slots.map((slot) => Boolean(slot.missed)), [false, false, true]);
});

test("meters show what was done", () => {
  assert.equal(measuredAction(measured({ battery_in_kwh: 1.5, import_kwh: 1.8 })), "charge");
  assert.equal(measuredAction(measured({ battery_in_kwh: 1.1, pv_kwh: 1.4, import_kwh: 0 })), "use");
  assert.equal(measuredAction(measured({ battery_out_kwh: 0.3 })), "use");
  assert.equal(measuredAction(measured()), "hold");
});

test("bands join neighbours of one action and show what the last reaches", () => {
  const acts = ["use", "charge", "charge", "use"];
  const slots = timeline(
    stateOf(acts.map((action, n) => plannedSlot(START + n * SLOT, { action, end_percent: 50 + n }))), NOW,
  );
  assert.deepEqual(bands(slots).map((band) => [band.action, band.to]), [["use", 50], ["charge", 52], ["use", 53]]);
  assert.equal(nextChange(slots, NOW).start, START + SLOT);
});

test("a window stays within what there is", () => {
  const slots = Array.from({ length: 10 }, (_, n) => ({ start: n, end: n + 1 }));
  assert.deepEqual(windowOf(slots, 4, 3).map((slot) => slot.start), [4, 5, 6]);
  assert.deepEqual(windowOf(slots, 99, 3).map((slot) => slot.start), [7, 8, 9]);
  assert.deepEqual(windowOf(slots, -5, 3).map((slot) => slot.start), [0, 1, 2]);
  assert.equal(windowOf(slots, 4, 20).length, 10);
});

test("a patch replaces, adds and takes away, and leaves the rest as it is", () => {
  const before = { a: { b: 1, c: 2 }, d: [1], e: { f: 1 } };
  const after = applyPatch(before, { a: { b: null, g: 3 }, d: [2] });
  assert.deepEqual(after, { a: { c: 2, g: 3 }, d: [2], e: { f: 1 } });
  assert.equal(after.e, before.e);
  assert.deepEqual(before.a, { b: 1, c: 2 });
});
