// The ready dashboard's tabs, made from what a home has.
import assert from "node:assert/strict";
import test from "node:test";

import { entitiesOf, isCounted, viewsOf } from "../../custom_components/smart_battery_scheduler/frontend/js/dashboard.js";
import { translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";

const HOME = { entry_id: "01ABC", title: "Cottage" };
const t = translator("en");
const entity = (entity_id, translation_key, more = {}) => ({
  entity_id, translation_key, platform: "smart_battery_scheduler", device_id: "ours", ...more,
});
const ALL = [
  entity("sensor.rate", "current_rate"), entity("sensor.saved", "saving_total"),
  entity("sensor.battery", "battery_power"), entity("sensor.level", "charge_level"),
  entity("sensor.bought", "grid_import_energy"), entity("sensor.reason", "reason"),
  entity("switch.scheduler", "scheduler"), entity("number.floor", "reserve_floor"),
];
const headings = (view) => view.sections.map(({ cards: [first] }) => first.heading).filter(Boolean);
const cardsOf = (view) => view.sections.flatMap((section) => section.cards);

test("four tabs, the plan first in the first", () => {
  const views = viewsOf(HOME, ALL, t);
  assert.deepEqual(views.map((view) => view.title), ["Today", "History", "Savings", "Settings"]);
  assert.equal(views[0].sections[0].cards[0].config_entry, "01ABC");
  assert.deepEqual(views.map(headings), [
    ["Now", "Energy flow"],
    ["Charge level", "House and grid, kWh a day", "What was done"],
    ["Saved", "Saved each day", "Saved each week", "Saved each month"],
    ["Control", "Limits", "More"],
  ]);
});

test("two homes are named in their tabs, and no two tabs share an address", () => {
  const views = [HOME, { entry_id: "02DEF", title: "Barn" }].flatMap((home) => viewsOf(home, [], t, { several: true }));
  assert.deepEqual(views.slice(3, 5).map((view) => view.title), ["Cottage: Settings", "Barn: Today"]);
  assert.equal(new Set(views.map((view) => view.path)).size, views.length);
});

test("no tab is a wall of tiles", () => {
  const every = ["sensor", "number"].flatMap((domain) =>
    ["status", "next_charge", "current_rate", "cost_today", "saving_today", "solar_power", "wear", "reserve_floor"].map(
      (key) => entity(`${domain}.${key}`, key),
    ),
  );
  for (const view of viewsOf(HOME, every, t)) {
    assert.ok(cardsOf(view).filter((card) => card.type === "tile").length <= 8, view.title);
  }
});

test("a home without entities still shows its plan, and no empty section", () => {
  const views = viewsOf(HOME, [], t);
  for (const view of views) for (const { cards } of view.sections) assert.ok(cards.length > 0);
  assert.deepEqual(views.map(headings), [["Energy flow"], [], [], ["More"]]);
});

test("the flow of energy where the Energy dashboard counts the home, else how to set it up", () => {
  const types = (energy) => cardsOf(viewsOf(HOME, ALL, t, { energy })[0]).map((card) => card.type);
  assert.ok(types(true).includes("energy-distribution"));
  assert.ok(!types(false).includes("energy-distribution"));
  assert.ok(types(false).includes("markdown"));
});

test("a home is counted when a source of the Energy dashboard is one of its sensors", () => {
  const grid = { type: "grid", flow_from: [{ stat_energy_from: "sensor.bought" }] };
  assert.ok(isCounted({ energy_sources: [grid] }, ALL));
  assert.ok(isCounted({ energy_sources: [{ type: "battery", stat_energy_from: "sensor.bought" }] }, ALL));
  assert.ok(!isCounted({ energy_sources: [{ type: "grid", stat_energy_from: "sensor.other" }] }, ALL));
  assert.ok(!isCounted(undefined, ALL));
});

test("only what is ours and not hidden", () => {
  const entities = Object.fromEntries(
    [...ALL.slice(0, 1), entity("sensor.b", "x", { hidden: true }), entity("sensor.c", "x", { platform: "demo" }),
      entity("sensor.d", "x", { device_id: "other" })].map((each) => [each.entity_id, each]),
  );
  assert.deepEqual(entitiesOf({ entities }, new Set(["ours"])).map((each) => each.entity_id), ["sensor.rate"]);
});

test("sums by day, week and month are Home Assistant's own statistics of what changed", () => {
  const graphs = cardsOf(viewsOf(HOME, ALL, t)[2]).filter((card) => card.type === "statistics-graph");
  assert.deepEqual(graphs.map((card) => card.period), ["day", "week", "month"]);
  for (const card of graphs) assert.deepEqual(card.stat_types, ["change"]);
});

test("what was done is read from the scheduler's own lines, not from every entity's changes", () => {
  const [logbook] = cardsOf(viewsOf(HOME, ALL, t)[1]).filter((card) => card.type === "logbook");
  assert.deepEqual(logbook.target, { entity_id: ["switch.scheduler"] });
});

test("every key that a tab asks for is the name of an entity", async () => {
  const { readFile } = await import("node:fs/promises");
  const at = (path) => new URL(`../../custom_components/smart_battery_scheduler/${path}`, import.meta.url);
  const { entity: named } = JSON.parse(await readFile(at("translations/en.json"), "utf8"));
  const keys = new Set(Object.values(named).flatMap(Object.keys));
  const text = await readFile(at("frontend/js/dashboard.js"), "utf8");
  const asked = [...text.slice(0, text.indexOf("export")).matchAll(/"([a-z_]+)"/g)].map(([, key]) => key);
  const others = new Set(["smart_battery_scheduler", "planned_level", "columns", "full"]);
  const strange = asked.filter((key) => !keys.has(key) && !key.startsWith("group_") && !others.has(key));
  assert.deepEqual(strange, []);
});
