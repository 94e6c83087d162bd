// The line to a home: what a restart and an old server do to it.
import assert from "node:assert/strict";
import test from "node:test";

import { Line } from "../../custom_components/smart_battery_scheduler/frontend/js/line.js";

// A connection whose subscriptions the test answers.
class Connection extends EventTarget {
  asked = [];
  left = 0;

  subscribeMessage(listener, message, options) {
    return new Promise((resolve, reject) => {
      const yes = () => resolve(async () => void (this.left += 1));
      const no = (code) => reject(Object.assign(new Error(code), { code }));
      this.asked.push({ listener, message, options, yes, no });
    });
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function begin() {
  const connection = new Connection();
  const changes = [];
  const line = new Line(connection, "home", (state, problem) => changes.push([state, problem]), 0);
  return { connection, changes, line };
}

async function until(condition) {
  while (!condition()) await settled();
}

test("the whole state first, then what changed", async () => {
  const { connection, changes, line } = begin();
  const [{ listener, message, yes }] = connection.asked;
  assert.deepEqual(message, { type: "smart_battery_scheduler/subscribe", config_entry_id: "home" });
  yes();
  listener({ state: { a: 1, b: { c: 2 } } });
  listener({ patch: { b: { c: 3 } } });
  assert.deepEqual(changes, [[{ a: 1, b: { c: 2 } }, null], [{ a: 1, b: { c: 3 } }, null]]);
  await settled();
  line.close();
  assert.equal(connection.left, 1);
});

test("after a lost connection it asks anew, and hears nothing twice", async () => {
  const { connection, changes, line } = begin();
  connection.asked[0].yes();
  await settled();
  connection.dispatchEvent(new Event("ready"));
  assert.equal(connection.asked.length, 2);
  assert.equal(connection.asked[1].options.resubscribe, false);
  connection.asked[1].yes();
  connection.asked[1].listener({ state: { a: 2 } });
  connection.asked[0].listener({ state: { a: 1 } });
  assert.deepEqual(changes, [[{ a: 2 }, null]]);
  line.close();
});

test("who may not see it is not asked for again, until the connection is a new one", async () => {
  const { connection, changes, line } = begin();
  connection.asked[0].no("unauthorized");
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(changes, [[null, "not_allowed"]]);
  assert.equal(connection.asked.length, 1);
  connection.dispatchEvent(new Event("ready"));
  assert.equal(connection.asked.length, 2);
  line.close();
});

for (const [code, problem] of [["not_found", "not_running"], ["unknown_command", "not_running"]]) {
  test(`refused with ${code} it says ${problem} and tries until it works`, async () => {
    const { connection, changes, line } = begin();
    connection.asked[0].no(code);
    await until(() => connection.asked.length === 2);
    assert.deepEqual(changes, [[null, problem]]);
    connection.asked[1].yes();
    connection.asked[1].listener({ state: { a: 1 } });
    assert.deepEqual(changes.at(-1), [{ a: 1 }, null]);
    line.close();
  });
}

test("a home that stops keeps its last state on show, and is asked for again", async () => {
  const { connection, changes, line } = begin();
  connection.asked[0].yes();
  connection.asked[0].listener({ state: { a: 1 } });
  await settled();
  connection.asked[0].listener({ gone: true });
  assert.deepEqual(changes.at(-1), [{ a: 1 }, "not_running"]);
  await until(() => connection.asked.length === 2);
  line.close();
});

test("closed, it lets go of everything", async () => {
  const { connection, changes, line } = begin();
  line.close();
  connection.asked[0].yes();
  await settled();
  assert.equal(connection.left, 1);
  connection.dispatchEvent(new Event("ready"));
  connection.asked[0].listener({ state: {} });
  assert.equal(connection.asked.length, 1);
  assert.deepEqual(changes, []);
});
