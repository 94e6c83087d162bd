import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "./helpers.mjs";
import {
  clockOf, hourMarks, linear, niceStep, rateDomain, ticks,
} from "../../custom_components/smart_battery_scheduler/frontend/js/scales.js";
import { levelsByDay, rateLevels } from "../../custom_components/smart_battery_scheduler/frontend/js/levels.js";

test("a linear scale and its way back agree", () => {
  const scale = linear(-10, 30, 100, 0);
  assert.equal(scale(-10), 100);
  assert.equal(scale(30), 0);
  for (const value of [-10, 0, 12.5, 30]) assert.ok(Math.abs(scale.back(scale(value)) - value) < 1e-9);
  assert.ok(Number.isFinite(linear(5, 5, 0, 10)(5)));
});

test("rates below zero get room, and zero is always a tick", () => {
  for (const rates of [[-7.4, 3, 31], [0.2], [], [undefined, 12], [-20, -3], [99.9]]) {
    const domain = rateDomain(rates);
    assert.ok(ticks(domain).includes(0), `${rates}`);
    for (const rate of rates.filter(Number.isFinite)) assert.ok(domain.from <= rate && rate <= domain.to);
    assert.ok(ticks(domain).length <= 6, `${rates}: ${ticks(domain)}`);
  }
});

test("steps are round", () => {
  assert.deepEqual([30, 43, 7, 1].map((span) => niceStep(span, 3)), [10, 20, 5, 0.5]);
});

for (const [name, from, to, hours] of [
  ["spring forward", "2026-03-29T00:00Z", "2026-03-29T23:00Z", 23],
  ["fall back", "2026-10-24T23:00Z", "2026-10-26T00:00Z", 25],
  ["plain", "2026-11-21T00:00Z", "2026-11-22T00:00Z", 24],
]) {
  test(`local hours on a day of ${hours} (${name})`, () => {
    const clock = clockOf("Europe/London");
    const marks = hourMarks(at(from), at(to), 1, clock);
    assert.equal(marks.length, hours);
    assert.equal(marks.filter((mark) => mark.midnight).length, 1);
    for (const mark of hourMarks(at(from), at(to), 4, clock)) assert.equal(clock(mark.at).hour % 4, 0);
  });
}

test("marks follow a zone off by a half-hour", () => {
  const marks = hourMarks(at("2026-11-21T00:00Z"), at("2026-11-22T00:00Z"), 6, clockOf("Asia/Kolkata"));
  assert.deepEqual(marks.map((mark) => new Date(mark.at).toISOString().slice(11, 16)), ["00:30", "06:30", "12:30", "18:30"]);
});

test("levels rank the rates in view; unknown is a level of its own", () => {
  const level = rateLevels([-2, 5, 10, 15, 20, 25, 30, 40, undefined]);
  assert.equal(level(-2), "negative");
  assert.equal(level(5), "cheap");
  assert.equal(level(15), "usual");
  assert.equal(level(40), "expensive");
  assert.equal(level(undefined), "unknown");
  assert.equal(rateLevels([24.5, 24.5])(24.5), "usual");
  assert.equal(rateLevels([])(undefined), "unknown");
});

test("a half-hour has the colour of its day, whatever else is in view", () => {
  const day = (start) => (start < 4 ? "today" : "tomorrow");
  const rates = [10, 20, 30, 40, 110, 120, 130, 140];
  const slots = rates.map((rate, start) => ({ start, rate }));
  const all = levelsByDay(slots, day);
  const today = levelsByDay(slots.slice(0, 4), day);
  assert.deepEqual(slots.map(all), ["cheap", "cheap", "usual", "expensive", "cheap", "cheap", "usual", "expensive"]);
  assert.deepEqual(slots.slice(0, 4).map(today), slots.slice(0, 4).map(all));
  assert.equal(all({ start: 0 }), "unknown");
});
