// What stands in for the card where it cannot run.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { definePlain, plainRows } from "../../custom_components/smart_battery_scheduler/frontend/js/plain.js";
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

// As much of a browser as the two old-fashioned modules use.
class Element {
  constructor() {
    this.children = [];
    this.style = {};
    this.isConnected = true;
  }

  appendChild(child) {
    this.children.push(child);
  }

  removeChild(child) {
    this.children = this.children.filter((each) => each !== child);
  }

  get firstChild() {
    return this.children[0];
  }

  get words() {
    return [this.textContent ?? "", ...this.children.map((child) => child.words)].join(" ").trim();
  }
}

function browser() {
  const defined = new Map();
  Object.assign(globalThis, {
    HTMLElement: Element,
    document: { createElement: () => new Element() },
    customElements: {
      get: (name) => defined.get(name),
      define: (name, type) => defined.set(name, type),
      whenDefined: () => new Promise(() => {}),
    },
  });
  return defined;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("taken off the page it leaves, and put back it asks anew; a gone home is asked for again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const defined = browser();
  definePlain("x-card", new Error("card.js is missing"));
  const asked = [];
  let left = 0;
  const connection = {
    subscribeMessage: async (listener, message) => {
      asked.push({ listener, message });
      return () => (left += 1);
    },
  };
  const card = new (defined.get("x-card"))();
  card.setConfig({ config_entry: "home" });
  card.hass = { connection };
  card.hass = { connection };
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(asked[0].message.config_entry_id, "home");
  asked[0].listener({ state: stateOf([plannedSlot(Date.now())]) });
  assert.match(card.words, /card\.js is missing/);
  card.disconnectedCallback();
  assert.equal(left, 1);
  card.connectedCallback();
  await settled();
  assert.equal(asked.length, 2);
  asked[0].listener({ gone: true });
  asked[1].listener({ gone: true });
  assert.match(card.words, /not running/);
  context.mock.timers.tick(5000);
  await settled();
  assert.equal(asked.length, 3);
});

test("an entity of ours suggests the card of its home, one of others nothing", async () => {
  browser();
  globalThis.window = {};
  await import("../../custom_components/smart_battery_scheduler/frontend/js/loader.js");
  const [{ getEntitySuggestion: suggest }] = globalThis.window.customCards;
  const entities = {
    "sensor.ours": { platform: "smart_battery_scheduler", device_id: "d" },
    "sensor.other": { platform: "demo", device_id: "d" },
  };
  for (const device of [{ config_entries: ["01A"] }, { config_entry_id: "01A" }]) {
    assert.deepEqual(suggest({ entities, devices: { d: device } }, "sensor.ours"), {
      config: { type: "custom:smart-battery-scheduler-card", config_entry: "01A" },
    });
  }
  assert.equal(suggest({ entities, devices: {} }, "sensor.other"), null);
  assert.equal(suggest({ entities }, "sensor.unknown"), null);
});
