// Manual slots that are replaced, and restored.
import assert from "node:assert/strict";
import test from "node:test";

import { again, bringBack, rest, swap, manualSlotsOf } from "../../custom_components/smart_battery_scheduler/frontend/js/manual_slots.js";
import { at, iso, SLOT } from "./helpers.mjs";

const NOW = at("2026-11-21T10:12Z");
const BEGUN = at("2026-11-21T10:00Z");
const DAY = 48 * SLOT;
const time = (from, slots = 1) => ({ start: iso(from), end: iso(from + slots * SLOT) });
const manual = (repeat, ...times) => ({ id: "w", action: "hold", repeat, times });

// A home that remembers what it was asked; adding may be refused.
function home({ refuses = () => false } = {}) {
  const asked = [];
  return {
    asked,
    async removeSlot(id) {
      asked.push(["remove", id]);
    },
    async addSlot(from, to, action, repeat = "never") {
      if (refuses(action)) throw new Error("contradicts");
      asked.push(["add", from, to, action, repeat]);
      return "new";
    },
  };
}

test("a manual slot ahead is restored as it was", () => {
  assert.deepEqual(again(manual("never", time(BEGUN + SLOT, 3)), NOW), [[BEGUN + SLOT, BEGUN + 4 * SLOT, "never"]]);
});

test("a repeating manual slot is restored from its next time on", () => {
  const daily = manual("daily", time(BEGUN - DAY - SLOT), time(BEGUN - SLOT), time(BEGUN + DAY - SLOT));
  assert.deepEqual(again(daily, NOW), [[BEGUN + DAY - SLOT, BEGUN + DAY, "daily"]]);
});

test("one that is under way keeps the rest of today", () => {
  const daily = manual("daily", time(BEGUN - 2 * SLOT, 4), time(BEGUN + DAY - 2 * SLOT, 4));
  assert.deepEqual(again(daily, NOW), [
    [BEGUN, BEGUN + 2 * SLOT, "never"],
    [BEGUN + DAY - 2 * SLOT, BEGUN + DAY + 2 * SLOT, "daily"],
  ]);
});

test("what is over is not asked for again", () => {
  assert.deepEqual(again(manual("never", time(BEGUN - 2 * SLOT, 2)), NOW), []);
});

test("each manual slot of the chosen time counts once, those of the past not at all", () => {
  const one = { id: "a" };
  const slots = [{ past: true, manual: [{ id: "old" }] }, { manual: [one] }, { manual: [one, { id: "b" }] }];
  assert.deepEqual(manualSlotsOf(slots).map((each) => each.id), ["a", "b"]);
});

test("what is chosen is taken out of a longer manual slot; one that repeats is removed as a whole", () => {
  const long = [time(BEGUN + SLOT, 4)];
  assert.deepEqual(rest(manual("never", ...long), BEGUN + 2 * SLOT, BEGUN + 3 * SLOT, NOW), [
    [BEGUN + SLOT, BEGUN + 2 * SLOT],
    [BEGUN + 3 * SLOT, BEGUN + 5 * SLOT],
  ]);
  assert.deepEqual(rest(manual("never", ...long), BEGUN, BEGUN + 9 * SLOT, NOW), []);
  assert.deepEqual(rest(manual("daily", ...long), BEGUN + 2 * SLOT, BEGUN + 3 * SLOT, NOW), []);
});

test("a new manual slot replaces those present, and undo restores them", async () => {
  const all = home();
  const present = [manual("never", time(BEGUN, 2))];
  assert.deepEqual(await swap(all, present, BEGUN, BEGUN + SLOT, "charge", NOW), ["new", "new"]);
  await bringBack(all, ["new", "new"], present, NOW);
  assert.deepEqual(all.asked, [
    ["remove", "w"],
    ["add", BEGUN, BEGUN + SLOT, "charge", "never"],
    ["add", BEGUN + SLOT, BEGUN + 2 * SLOT, "hold", "never"],
    ["remove", "new"],
    ["remove", "new"],
    ["add", BEGUN, BEGUN + 2 * SLOT, "hold", "never"],
  ]);
});

test("automatic leaves no manual slot for what is chosen", async () => {
  const all = home();
  assert.deepEqual(await swap(all, [manual("daily", time(BEGUN))], BEGUN, BEGUN + SLOT, null, NOW), []);
  assert.deepEqual(all.asked, [["remove", "w"]]);
});

test("a refused manual slot leaves the old ones in force", async () => {
  const all = home({ refuses: (action) => action === "charge" });
  await assert.rejects(swap(all, [manual("never", time(BEGUN))], BEGUN, BEGUN + SLOT, "charge", NOW), /contradicts/);
  assert.deepEqual(all.asked, [["remove", "w"], ["add", BEGUN, BEGUN + SLOT, "hold", "never"]]);
});
