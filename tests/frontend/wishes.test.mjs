// Wishes that give way, and come back.
import assert from "node:assert/strict";
import test from "node:test";

import { again, bringBack, rest, swap, wishesOf } from "../../custom_components/smart_battery_scheduler/frontend/js/wishes.js";
import { at, iso, SLOT } from "./helpers.mjs";

const NOW = at("2026-11-21T10:12Z");
const BEGUN = at("2026-11-21T10:00Z");
const DAY = 48 * SLOT;
const time = (from, slots = 1) => ({ start: iso(from), end: iso(from + slots * SLOT) });
const wish = (repeat, ...times) => ({ id: "w", action: "hold", repeat, times });

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

test("a wish ahead comes back as it was", () => {
  assert.deepEqual(again(wish("never", time(BEGUN + SLOT, 3)), NOW), [[BEGUN + SLOT, BEGUN + 4 * SLOT, "never"]]);
});

test("a repeating wish comes back from its next time on", () => {
  const daily = wish("daily", time(BEGUN - DAY - SLOT), time(BEGUN - SLOT), time(BEGUN + DAY - SLOT));
  assert.deepEqual(again(daily, NOW), [[BEGUN + DAY - SLOT, BEGUN + DAY, "daily"]]);
});

test("one that is under way keeps the rest of today", () => {
  const daily = wish("daily", time(BEGUN - 2 * SLOT, 4), time(BEGUN + DAY - 2 * SLOT, 4));
  assert.deepEqual(again(daily, NOW), [
    [BEGUN, BEGUN + 2 * SLOT, "never"],
    [BEGUN + DAY - 2 * SLOT, BEGUN + DAY + 2 * SLOT, "daily"],
  ]);
});

test("what is over is not asked for again", () => {
  assert.deepEqual(again(wish("never", time(BEGUN - 2 * SLOT, 2)), NOW), []);
});

test("each wish of the chosen time counts once, those of the past not at all", () => {
  const one = { id: "a" };
  const slots = [{ past: true, wishes: [{ id: "old" }] }, { wishes: [one] }, { wishes: [one, { id: "b" }] }];
  assert.deepEqual(wishesOf(slots).map((each) => each.id), ["a", "b"]);
});

test("what is chosen is taken out of a longer wish; one that repeats goes as a whole", () => {
  const long = [time(BEGUN + SLOT, 4)];
  assert.deepEqual(rest(wish("never", ...long), BEGUN + 2 * SLOT, BEGUN + 3 * SLOT, NOW), [
    [BEGUN + SLOT, BEGUN + 2 * SLOT],
    [BEGUN + 3 * SLOT, BEGUN + 5 * SLOT],
  ]);
  assert.deepEqual(rest(wish("never", ...long), BEGUN, BEGUN + 9 * SLOT, NOW), []);
  assert.deepEqual(rest(wish("daily", ...long), BEGUN + 2 * SLOT, BEGUN + 3 * SLOT, NOW), []);
});

test("a new wish takes the place of those present, and undo brings them back", async () => {
  const all = home();
  const present = [wish("never", time(BEGUN, 2))];
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

test("automatic leaves no wish for what is chosen", async () => {
  const all = home();
  assert.deepEqual(await swap(all, [wish("daily", time(BEGUN))], BEGUN, BEGUN + SLOT, null, NOW), []);
  assert.deepEqual(all.asked, [["remove", "w"]]);
});

test("a refused wish leaves the old ones in force", async () => {
  const all = home({ refuses: (action) => action === "charge" });
  await assert.rejects(swap(all, [wish("never", time(BEGUN))], BEGUN, BEGUN + SLOT, "charge", NOW), /contradicts/);
  assert.deepEqual(all.asked, [["remove", "w"], ["add", BEGUN, BEGUN + SLOT, "hold", "never"]]);
});
