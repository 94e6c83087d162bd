import assert from "node:assert/strict";
import { test } from "node:test";
import { at, HASS, iso, plannedSlot, SLOT, stateOf } from "./helpers.mjs";
import { Format } from "../../custom_components/smart_battery_scheduler/frontend/js/format.js";
import { translator } from "../../custom_components/smart_battery_scheduler/frontend/js/strings.js";
import { costAhead } from "../../custom_components/smart_battery_scheduler/frontend/js/view.js";
import { timeline } from "../../custom_components/smart_battery_scheduler/frontend/js/timeline.js";
import { orderWords } from "../../custom_components/smart_battery_scheduler/frontend/js/orders.js";
import { whyNotWords } from "../../custom_components/smart_battery_scheduler/frontend/js/panel.js";
import {
  glance, nextWords, powerWords, proof, reasonWords, slotWords,
} from "../../custom_components/smart_battery_scheduler/frontend/js/words.js";

const t = translator("en-GB");
const f = new Format(HASS);
const NOW = at("2026-11-21T02:10Z");
const START = at("2026-11-21T02:00Z");

function charging(now = {}, home = {}) {
  const charge = { action: "charge", target_percent: 80, import_p_per_kwh: 7.2 };
  const state = stateOf([
    plannedSlot(START, charge), plannedSlot(START + SLOT, charge), plannedSlot(START + 2 * SLOT),
  ]);
  state.now = { ...state.now, ...now };
  state.home = { ...state.home, ...home };
  return state;
}

const command = (evidence = {}, more = {}) => ({
  action: "charge", source: "plan", target_percent: 80, ends_at: "2026-11-21T05:30:00+00:00", tries: 1, evidence, ...more,
});
const summary = (state) => glance(state, timeline(state, NOW), NOW, t, f);

test("one glance says what, how far, until when, at which rate, and the proof", () => {
  const { headline, detail, tone } = summary(charging({ command: command({ sent_at: "x", seen_at: "x", seen_w: -3300 }) }));
  assert.equal(headline, "Charging to 80 % until 05:30");
  assert.equal(detail, "7.2 p/kWh · confirmed at 3.3 kW");
  assert.equal(tone, "well");
});

for (const [evidence, words] of [
  [{}, "not confirmed yet"],
  [{ sent_at: "x" }, "sent, not yet accepted"],
  [{ sent_at: "x", accepted_at: "x" }, "accepted, not yet read back"],
  [{ sent_at: "x", accepted_at: "x", read_back_at: "x" }, "settings read back, not yet confirmed by the battery's power"],
  [{ seen_at: "x", seen_w: -10 }, "confirmed by the battery's power"],
  [{ seen_at: "x", seen_w: -3000, doubted_at: "x" }, "no longer confirmed by the battery's power"],
]) {
  test(`evidence: ${words}`, () => assert.equal(proof(command(evidence), t, f), words));
}

const asked = { action: "charge", until: "2026-11-21T03:00:00+00:00", target_percent: 80 };

test("a charge that a rule holds back is not shown as running", () => {
  for (const [rule, why] of [
    ["peak", "this is in your peak window"],
    ["session", "this is in a Power Down session"],
    ["price", "the rate is not known, or above your limit"],
  ]) {
    const planned = summary(charging({ held_back: rule }));
    assert.deepEqual(planned, { headline: `Not charging now: ${why}`, detail: "7.2 p/kWh", tone: "wait" });
    const overridden = summary(charging({ held_back: rule, override: asked }));
    assert.equal(overridden.detail, "7.2 p/kWh · you asked for it until 03:00");
  }
});

test("a charge at its target holds", () => {
  const state = charging({ command: command({ seen_at: "x" }, { reached: true }) });
  assert.equal(summary(state).headline, "Holding the charge until 05:30");
});

test("an order that cannot be done now says why", () => {
  const order = { what: "Charge now", stage: "accepted", now: true };
  const words = (now) => orderWords(order, charging({ override: asked, ...now }), t, f);
  assert.equal(words({ held_back: "peak" }), "Charge now: not now, this is in your peak window");
  assert.equal(words({ suspension: { cause: "off_grid" } }), "Charge now: not now, the home is off the grid");
  assert.equal(words({ fault_until: iso(START) }), "Charge now: not now, the Powerwall does not follow commands");
  assert.equal(words({}), "Charge now: accepted, waiting for confirmation");
});

test("what rounds to zero has no minus", () => {
  assert.equal(f.money(-0.3), "0 p");
  assert.equal(f.rate(-0.04), "0.0 p/kWh");
  assert.equal(f.rate(-0.06), "-0.1 p/kWh");
  assert.equal(f.money(-120), "−£1.20");
});

test("figures as each of Home Assistant's formats writes them", () => {
  const figure = (number_format) =>
    new Format({ locale: { language: "en", number_format } }).number(1234.5, 1);
  assert.equal(figure("decimal_comma"), "1.234,5");
  assert.match(figure("quote_decimal"), /^1[’']234\.5$/);
  assert.equal(figure("system"), new Intl.NumberFormat(undefined, { minimumFractionDigits: 1 }).format(1234.5));
});

for (const [name, state, headline, tone] of [
  ["unreachable", charging({ reachable: false }), "No contact with the Powerwall", "problem"],
  ["stale", charging({ reading: { read_at: "2026-11-21T01:30:00Z" } }), "No contact with the Powerwall", "problem"],
  ["storm", charging({ suspension: { cause: "storm_watch", until: iso(START + SLOT) } }), "Suspended: Storm Watch is active", "problem"],
  ["fault", charging({ fault_until: iso(START + SLOT) }), "The Powerwall does not follow commands", "problem"],
  ["off", charging({}, { scheduler_enabled: false }), "Scheduler is off", "wait"],
  ["dry run", charging({}, { dry_run: true }), "Dry run, would be: Charging to 80 % until 03:00", "well"],
  ["override", charging({ override: { action: "hold", until: iso(START + 2 * SLOT) } }), "Holding the charge until 03:00, as you asked", "well"],
  ["no plan", stateOf([]), "No plan yet", "wait"],
]) {
  test(`glance: ${name}`, () => {
    if (name === "no plan") state.now.reading = undefined;
    const said = summary(state);
    assert.equal(said.headline, headline);
    assert.equal(said.tone, tone);
  });
}

test("reasons carry their figures, and stay whole without them", () => {
  const full = { code: "cheaper_than_later", at: "2026-11-21T17:30:00Z", rate_p_per_kwh: 9.8, saves_p_per_kwh: 24.1 };
  assert.equal(reasonWords(full, NOW, t, f), "9.8 p/kWh here saves 24.1 p/kWh at 17:30");
  assert.equal(reasonWords({ code: "cheaper_than_later" }, NOW, t, f), "Cheaper than later");
});

test("every reason, note, cause and session of the planner has its words", () => {
  const codes = [
    "cheaper_than_later", "paid_to_charge", "pinned", "ready_by", "session_ahead", "power_up", "keep_for_later",
    "car_charging", "below_floor", "use_now", "solar_surplus", "empty", "nothing_to_gain", "sell_now", "rate_unknown",
  ];
  for (const code of codes) {
    const words = reasonWords({ code }, NOW, t, f);
    assert.ok(/^[A-Z]/.test(words) && !words.includes("?") && !words.includes("_"), `${code}: ${words}`);
  }
  const keys = ["off_grid", "storm_watch", "calibration", "somebody_else", "user", "power_down", "power_up", "free",
    "note_ready_by_missed", "note_session_not_full", "note_pin_not_kept", "note_rates_missing", "note_below_floor"];
  for (const key of keys) assert.notEqual(t(key), key);
});

test("estimates say so, unknown rates too, in British and in German figures", () => {
  const slots = timeline(stateOf([plannedSlot(START, { rate_is_estimate: true }), plannedSlot(START + SLOT, { import_p_per_kwh: undefined })]), NOW);
  assert.match(slotWords(slots[0], NOW, t, f), /20\.0 p\/kWh \(estimate\)/);
  assert.match(slotWords(slots[1], NOW, t, f), /rate not published/);
  const german = new Format({ ...HASS, locale: { ...HASS.locale, language: "de" } });
  assert.equal(german.rate(7.25), "7,3 p/kWh");
  assert.equal(new Format({ ...HASS, locale: { ...HASS.locale, time_format: "12" } }).time(at("2026-07-01T16:30Z")).toLowerCase(), "5:30 pm");
});

test("money is given in pence or pounds, signed, and ? when unknown", () => {
  assert.deepEqual([12.4, 380, -106, undefined].map((p) => f.money(p)), ["12 p", "£3.80", "−£1.06", "?"]);
});

test("signs of the powers become words", () => {
  assert.equal(powerWords("battery", -900, t), "charging");
  assert.equal(powerWords("battery", 900, t), "discharging");
  assert.equal(powerWords("grid", -900, t), "exporting");
  assert.equal(powerWords("grid", 10, t), "idle");
  assert.equal(powerWords("house", undefined, t), "");
});

test("the next change names the rate of a charge", () => {
  const state = stateOf([plannedSlot(START), plannedSlot(START + SLOT, { action: "charge", import_p_per_kwh: 8 })]);
  assert.equal(nextWords(timeline(state, NOW), NOW, t, f), "Next: charge at 02:30, 8.0 p/kWh");
});

test("an order shows how far it is", () => {
  const state = charging({ command: command({ sent_at: "x" }, { source: "override" }) });
  const order = { what: "Charge now", stage: "pending", now: true };
  assert.equal(orderWords(order, state, t, f), "Charge now: sending…");
  assert.equal(orderWords({ ...order, stage: "accepted" }, state, t, f), "Charge now: sent, not yet accepted");
  assert.equal(orderWords({ ...order, stage: "failed", why: "no" }, state, t, f), "Charge now failed: no");
});

test("why not, in pence or by the rule", () => {
  assert.equal(whyNotWords({ extra_p: 3.2 }, t, f), "would cost 3 p more");
  assert.equal(whyNotWords({ extra_p: 0.1 }, t, f), "would cost about the same");
  assert.equal(whyNotWords({ forbidden_by: "peak_window" }, t, f), "not possible: inside your peak window");
});

test("a language without a table falls back to English; unknown keys show themselves", () => {
  assert.equal(translator("cy")("hold"), "Hold");
  assert.equal(t("nonsense"), "nonsense");
});

test("what comes next comes after the override, not within it", () => {
  const slots = timeline(stateOf([0, 1, 2, 3].map((i) => plannedSlot(NOW + i * SLOT, { action: i < 1 ? "charge" : "use" }))), NOW);
  const until = new Date(NOW + SLOT + 13 * 60_000).toISOString();
  assert.match(nextWords(slots, NOW, t, f), /^Next: use at/);
  assert.equal(nextWords(slots, NOW, t, f, { until }), `Next: use at ${f.moment(Date.parse(until), NOW)}`);
});

test("a refused token is not called a lost contact", () => {
  const state = stateOf([plannedSlot(NOW)]);
  state.now.reachable = false;
  assert.match(glance(state, timeline(state, NOW), NOW, t, f).headline, /No contact/);
  state.now.token_refused = true;
  assert.match(glance(state, timeline(state, NOW), NOW, t, f).headline, /token is refused/);
});

test("the cost ahead is what the rows of the table add up to", () => {
  const slots = timeline(stateOf([plannedSlot(NOW, { cost_p: 12.4 }), plannedSlot(NOW + SLOT, { cost_p: 7.7 })]), NOW);
  assert.equal(Math.round(costAhead(slots) * 10), 201);
  const unknown = timeline(stateOf([plannedSlot(NOW, { cost_p: undefined })]), NOW);
  assert.equal(costAhead(unknown), undefined);
});
