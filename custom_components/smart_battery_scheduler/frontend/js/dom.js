// Elements without markup in strings: nothing that a home is named can become code.
const SVG = "http://www.w3.org/2000/svg";

export function h(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== undefined && child !== null));
  return element;
}

// Puts new children in place of old ones, unless nothing differs: what is read aloud is not read again, and
// whoever stands on a button stays on it. `root` knows what has the focus.
export function renew(element, root, ...children) {
  const now = children.flat(2).filter((child) => child !== undefined && child !== null && child !== "");
  const before = [...element.childNodes];
  if (before.length === now.length && now.every((child, index) => same(before[index], child))) return;
  const focused = root.activeElement;
  const name = focused && element.contains(focused) ? nameOf(focused) : undefined;
  element.replaceChildren(...now);
  if (name === undefined) return;
  [...element.querySelectorAll("button, select, input, [tabindex]")].find((each) => nameOf(each) === name)?.focus();
}

const same = (node, child) => (typeof child === "string" ? node.textContent === child : node.isEqualNode(child));
const nameOf = ({ dataset, textContent }) => dataset.manual ?? dataset.start ?? textContent;

// Replaces the content only if its text differs: what is read aloud is not read again.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
