// The ready dashboard's views, made from what a home has.
import assert from "node:assert/strict";
import test from "node:test";

import { entitiesOf, viewOf } from "../../custom_components/smart_battery_scheduler/frontend/js/dashboard.js";
import { translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";

const HOME = { entry_id: "01ABC", title: "Cottage" };
const t = translator("en");
const entity = (entity_id, translation_key, more = {}) => ({
  entity_id, translation_key, platform: "smart_battery_scheduler", device_id: "ours", ...more,
});
const ALL = [
  entity("sensor.rate", "current_rate"), entity("sensor.saving", "saving_today"),
  entity("sensor.battery", "battery_power"), entity("sensor.reason", "reason"),
  entity("switch.scheduler", "scheduler"), entity("number.floor", "reserve_floor"),
];

test("the plan on top, then a section for each that has something, settings last", () => {
  const view = viewOf(HOME, ALL, t);
  assert.equal(view.title, "Cottage");
  const [plan, ...rest] = view.sections;
  assert.equal(plan.cards[0].config_entry, "01ABC");
  assert.deepEqual(
    rest.map(({ cards: [heading] }) => heading.heading),
    ["Plan", "Rates", "Savings", "Power", "What was done", "Settings"],
  );
});

test("every entity has exactly one place besides the list of what was done", () => {
  const cards = viewOf(HOME, ALL, t).sections.slice(1).flatMap((section) => section.cards);
  const placed = cards.flatMap((card) => (card.entities ?? [card]).map((each) => each.entity)).filter(Boolean);
  assert.deepEqual(placed.sort(), ALL.map((each) => each.entity_id).sort());
});

test("a home without entities still shows its plan, and no empty section", () => {
  assert.equal(viewOf(HOME, [], t).sections.length, 1);
});

test("only what is ours and not hidden", () => {
  const entities = Object.fromEntries(
    [...ALL.slice(0, 1), entity("sensor.b", "x", { hidden: true }), entity("sensor.c", "x", { platform: "demo" }),
      entity("sensor.d", "x", { device_id: "other" })].map((each) => [each.entity_id, each]),
  );
  assert.deepEqual(entitiesOf({ entities }, new Set(["ours"])).map((each) => each.entity_id), ["sensor.rate"]);
});

test("among the settings the switches come first and the buttons last", () => {
  const settable = ["button.replan", "time.peak_end", "number.floor", "switch.dry_run", "time.peak_start"];
  const view = viewOf(HOME, settable.map((entity_id) => entity(entity_id, "x")), t);
  assert.deepEqual(
    view.sections.at(-1).cards.at(-1).entities.map((each) => each.entity),
    ["switch.dry_run", "number.floor", "time.peak_end", "time.peak_start", "button.replan"],
  );
});

test("what was done is read from the scheduler's own lines, not from every entity's changes", () => {
  const cards = viewOf(HOME, ALL, t).sections.flatMap((section) => section.cards);
  const [logbook] = cards.filter((card) => card.type === "logbook");
  assert.deepEqual(logbook.target, { entity_id: ["switch.scheduler"] });
});
