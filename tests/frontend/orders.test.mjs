// The status of an order, as the card shows it.
import assert from "node:assert/strict";
import test from "node:test";

import { Orders, orderWords, overrideSeen, overrideStands, planGoesOn, planIsSeen } from "../../custom_components/smart_battery_scheduler/frontend/js/orders.js";
import { Format } from "../../custom_components/smart_battery_scheduler/frontend/js/format.js";
import { translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";
import { HASS } from "./helpers.mjs";

const home = { dry_run: false };
const overridden = { home, now: { override: { action: "charge" } } };
const free = { home, now: { override: null } };
const proven = (state) => !state.now.override;

function orders() {
  const drawn = [];
  const all = new Orders(() => drawn.push(all.current?.stage));
  return { all, drawn };
}

test("an order waits for the state that proves it", async () => {
  const { all, drawn } = orders();
  all.look(overridden);
  assert.equal(await all.give("Back to plan", async () => {}, { proven }), true);
  assert.equal(all.current.stage, "accepted");
  all.look(free);
  assert.equal(all.current.stage, "seen");
  assert.deepEqual(drawn, ["pending", "accepted"]);
  all.close();
});

test("a state that came before the answer proves it too", async () => {
  const { all, drawn } = orders();
  all.look(overridden);
  await all.give("Back to plan", async () => all.look(free), { proven });
  assert.deepEqual(drawn, ["pending", "seen"]);
  all.close();
});

test("a refusal is kept in its own words", async () => {
  const { all, drawn } = orders();
  const refuse = async () => {
    throw new Error("Not below 10 %");
  };
  assert.equal(await all.give("Charge now", refuse), false);
  assert.equal(all.current.why, "Not below 10 %");
  assert.deepEqual(drawn, ["pending", "failed"]);
  all.close();
});

const charge = { proven: overrideSeen("charge"), stands: overrideStands("charge") };

test("in a dry run an order is done when it is known, and says that nothing is sent", async () => {
  const { all } = orders();
  const dry = { ...overridden, home: { dry_run: true } };
  await all.give("Charge now", async () => all.look(dry), { ...charge, now: true });
  assert.equal(all.current.stage, "seen");
  assert.equal(orderWords(all.current, dry, translator("en")), "Charge now: dry run, nothing is sent");
  all.close();
});

test("an order that ended before it was proven is not waited for", async () => {
  const { all } = orders();
  all.look(free);
  await all.give("Charge now", async () => {}, charge);
  assert.equal(all.current.stage, "accepted");
  all.look(overridden);
  assert.equal(all.current.stage, "accepted");
  all.look(free);
  assert.equal(all.current, null);
  all.close();
});

test("what the home does by itself needs no command, and is not waited for", () => {
  const at = { override: { action: "use" }, phase: "idle", reachable: true, reading: { charge_level_percent: 50 } };
  const seen = overrideSeen("use");
  assert.equal(seen({ home, now: at }), true);
  for (const not of [
    { phase: "restoring" }, { phase: "yielding" }, { reachable: false }, { reading: {} }, { override: undefined },
    { command: { source: "override", action: "use", evidence: {} } },
  ]) {
    assert.equal(seen({ home, now: { ...at, ...not } }), false, JSON.stringify(not));
  }
  assert.equal(overrideSeen("charge")({ home, now: { ...at, override: { action: "charge" } } }), false);
});

test("the plan goes on when nothing is asked for and nothing is in the way", () => {
  assert.equal(planGoesOn({ now: {} }), true);
  for (const now of [{ override: {} }, { suspension: {} }, { fault_until: "x" }]) assert.equal(planGoesOn({ now }), false);
});

test("a failure is news for a while only", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { all } = orders();
  await all.give("Charge now", async () => { throw new Error("no"); });
  context.mock.timers.tick(60_000);
  assert.equal(all.current.stage, "failed");
  context.mock.timers.tick(61_000);
  assert.equal(all.current, null);
});

test("back to the plan is done when the owner's settings stand again or the plan's own command is seen", () => {
  const home = { dry_run: false };
  const seen = (now, more = home) => planIsSeen({ home: more, now: { reachable: true, ...now } });
  assert.equal(seen({ phase: "restoring" }), false);
  assert.equal(seen({ phase: "idle", override: {} }), false);
  assert.equal(seen({ phase: "idle", reachable: false }), false);
  assert.equal(seen({ phase: "idle" }), true);
  assert.equal(seen({ phase: "verifying", command: { evidence: { accepted_at: "x" } } }), false);
  assert.equal(seen({ phase: "running", command: { evidence: { seen_at: "x" } } }), true);
  assert.equal(seen({ phase: "idle" }, { dry_run: true }), true);
});

test("while the settings are restored, that is what it says", () => {
  const order = { what: "Back to plan", stage: "accepted", back: true, now: true };
  const state = { home: { dry_run: false }, now: {} };
  assert.match(orderWords(order, state, translator("en"), new Format(HASS)), /your own settings are being restored/);
});
