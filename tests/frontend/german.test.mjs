// The card in German: whole sentences, from the same states as in English.
import assert from "node:assert/strict";
import { test } from "node:test";
import { plainRows } from "../../custom_components/smart_battery_scheduler/frontend/js/plain.js";
import { at, HASS, plannedSlot, SLOT, stateOf } from "./helpers.mjs";
import { Format } from "../../custom_components/smart_battery_scheduler/frontend/js/format.js";
import { tables } from "../../custom_components/smart_battery_scheduler/frontend/js/sentences.js";
import { spoken, translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";
import { timeline } from "../../custom_components/smart_battery_scheduler/frontend/js/timeline.js";
import { glance, nextWords, proof, reasonWords, slotWords } from "../../custom_components/smart_battery_scheduler/frontend/js/words.js";

const t = translator("de-AT");
const f = new Format({ ...HASS, locale: { ...HASS.locale, language: "de" } });
const NOW = at("2026-11-21T02:10Z");
const START = at("2026-11-21T02:00Z");
const ENGLISH = /\b(the|of|until|charge|charging|rate|not|and|is|you|your|at|to|from|for|battery|settings)\b/i;

const command = { action: "charge", target_percent: 80, ends_at: "2026-11-21T05:30:00+00:00", tries: 2, evidence: { sent_at: "x" } };

function home(now = {}, home = {}) {
  const charge = { action: "charge", target_percent: 80, import_p_per_kwh: 7.2, end_percent: 60 };
  const state = stateOf([plannedSlot(START, charge), plannedSlot(START + SLOT), plannedSlot(START + 2 * SLOT, charge)]);
  Object.assign(state.now, now);
  Object.assign(state.home, home);
  return state;
}

const summary = (state) => glance(state, timeline(state, NOW), NOW, t, f);

test("German is spoken in all of its countries, with a comma in its numbers", () => {
  assert.deepEqual(spoken("de-CH"), { language: "de", direction: "ltr" });
  assert.equal(f.rate(7.25), "7,3 p/kWh");
});

test("both tables have the same sentences with the same parts", () => {
  const parts = (text) => (JSON.stringify(text).match(/\{\w+\}/g) ?? []).sort();
  assert.deepEqual(Object.keys(tables.de), Object.keys(tables.en));
  for (const [key, text] of Object.entries(tables.en)) assert.deepEqual(parts(tables.de[key]), parts(text), key);
});

test("one glance", () => {
  const { headline, detail } = summary(home({ command }));
  assert.equal(headline, "Lädt auf 80 % bis 05:30");
  assert.equal(detail, "7,2 p/kWh · gesendet, noch nicht akzeptiert (Versuch 2)");
});

test("forms by number", () => {
  assert.equal(t("slots", { count: 1 }), "1 halbe Stunde");
  assert.equal(t("slots", { count: 3 }), "3 halbe Stunden");
  assert.equal(translator("en")("slots", { count: 1 }), "1 half-hour");
});

test("no state leaves English behind", () => {
  const until = "2026-11-21T05:00:00+00:00";
  const states = [
    home(), home({ command }), home({ reachable: false }), home({ reachable: false, token_refused: true }),
    home({ fault_until: until }), home({ phase: "restoring" }), home({ held_back: "peak" }), home({ held_back: "price" }),
    home({ override: { action: "hold", until } }), home({}, { dry_run: true }), home({}, { scheduler_enabled: false }),
    ...["off_grid", "storm_watch", "grid_services", "calibration", "somebody_else", "user"].map((cause) =>
      home({ suspension: { cause, until } })),
  ];
  const said = states.flatMap((state) => {
    const slots = timeline(state, NOW);
    const { headline, detail } = glance(state, slots, NOW, t, f);
    return [headline, detail, nextWords(slots, NOW, t, f), ...slots.map((slot) => slotWords(slot, NOW, t, f))];
  });
  const codes = [
    "cheaper_than_later", "paid_to_charge", "pinned", "ready_by", "session_ahead", "power_up", "keep_for_later",
    "car_charging", "below_floor", "use_now", "solar_surplus", "empty", "nothing_to_gain", "sell_now", "rate_unknown",
  ];
  for (const code of codes) {
    said.push(reasonWords({ code }, NOW, t, f));
    said.push(reasonWords({ code, rate_p_per_kwh: 9.8, saves_p_per_kwh: 24.1, at: until }, NOW, t, f));
  }
  for (const key of ["sent_at", "accepted_at", "read_back_at", "seen_at", "doubted_at"]) {
    said.push(proof({ evidence: { [key]: "x", seen_w: -3300 } }, t, f));
  }
  assert.ok(said.length > 60);
  assert.deepEqual(said.filter((text) => ENGLISH.test(text.replaceAll("Storm Watch", "").replaceAll("NetZero", ""))), []);
});

test("the plain table that stands in for the card speaks it as well", () => {
  const slots = [plannedSlot(START + SLOT, { action: "charge", rate_is_estimate: true })];
  const [[, action, rate]] = plainRows(stateOf(slots), NOW, "de-CH");
  assert.deepEqual([action, rate], ["Laden", "20.0 p/kWh (Schätzung)"]);
});
