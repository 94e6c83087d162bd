// What stands in for the card where it cannot run.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { plainRows } from "../../custom_components/smart_battery_scheduler/frontend/js/plain.js";
import { at, plannedSlot, SLOT, stateOf } from "./helpers.mjs";

const START = at("2026-11-21T10:00Z");

test("half-hours that are not over, in order, with unknowns marked", () => {
  const late = plannedSlot(START + 2 * SLOT, { action: "charge", import_p_per_kwh: undefined });
  const state = stateOf([late, plannedSlot(START + SLOT, { rate_is_estimate: true }), plannedSlot(START)]);
  const rows = plainRows(state, START + SLOT);
  assert.deepEqual(rows.map((row) => row.slice(1)), [
    ["Use", "20.0 p/kWh (estimate)", "48 %"],
    ["Charge", "?", "48 %"],
  ]);
  assert.deepEqual(plainRows(undefined, START), []);
  assert.deepEqual(plainRows({}, START), []);
});

test("it and the loader keep to what old browsers understand", async () => {
  for (const name of ["plain.js", "loader.js"]) {
    const path = `../../custom_components/smart_battery_scheduler/frontend/js/${name}`;
    const text = await readFile(new URL(path, import.meta.url), "utf-8");
    assert.doesNotMatch(text, /\?\.|\?\?|\|\|=|&&=|\.at\(|\.findLast|\.replaceAll|^\s*#|static |replaceChildren/m, name);
  }
});
