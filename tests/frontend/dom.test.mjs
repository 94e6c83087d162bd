// Whatever a home, a cloud or a fault calls itself, it stays text.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { h, renew, say, svg } from "../../custom_components/smart_battery_scheduler/frontend/js/dom.js";

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "</style><script>alert(1)</script>",
  '"><svg onload=alert(1)>',
  "javascript:alert(1)",
  "${alert(1)} {{ states }} &lt;b&gt;",
];

// As much of a document as the module uses; it keeps what it is given.
class FakeElement {
  constructor(name) {
    this.name = name;
    this.attributes = new Map();
    this.listeners = new Map();
    this.children = [];
    this.text = "";
  }

  setAttribute(name, value) {
    this.attributes.set(name, value);
  }

  addEventListener(name, listener) {
    assert.equal(typeof listener, "function");
    this.listeners.set(name, listener);
  }

  append(...children) {
    this.children.push(...children);
  }

  get textContent() {
    return this.text;
  }

  set textContent(text) {
    this.text = text;
  }

  set innerHTML(markup) {
    assert.fail(`markup was set: ${markup}`);
  }
}

beforeEach(() => {
  globalThis.document = {
    createElement: (name) => new FakeElement(name),
    createElementNS: (_, name) => new FakeElement(name),
  };
});

afterEach(() => {
  delete globalThis.document;
});

for (const text of HOSTILE) {
  test(`${text} is a text and an attribute's value`, () => {
    for (const make of [h, svg]) {
      const element = make("text", { title: text, "aria-label": text }, text, [text]);
      assert.deepEqual(element.children, [text, text]);
      assert.equal(element.attributes.get("title"), text);
      assert.equal(element.attributes.get("aria-label"), text);
      assert.equal(element.listeners.size, 0);
    }
    const element = h("span");
    say(element, text);
    assert.equal(element.textContent, text);
  });

  test(`${text} is no handler`, () => {
    assert.throws(() => h("button", { onclick: text }));
  });
}

test("children are put in place only where something differs, and the focus stays on the same button", () => {
  const made = (textContent, dataset = {}) => ({
    textContent, dataset,
    isEqualNode: (other) => other.textContent === textContent,
    focus() { root.activeElement = this; },
  });
  let replaced = 0;
  const element = {
    childNodes: [],
    replaceChildren(...children) { replaced += 1; this.childNodes = children; },
    contains(node) { return this.childNodes.includes(node); },
    querySelectorAll() { return this.childNodes; },
  };
  const root = {};
  const old = made("Hold", { manual: "hold" });
  renew(element, root, made("Charge 20 p"), [old, null, ""]);
  root.activeElement = old;
  renew(element, root, made("Charge 20 p"), made("Hold", { manual: "hold" }));
  assert.equal(replaced, 1);
  assert.equal(root.activeElement, old);
  const next = made("Hold", { manual: "hold" });
  renew(element, root, made("Charge 21 p"), next);
  assert.equal(replaced, 2);
  assert.equal(root.activeElement, next);
});
