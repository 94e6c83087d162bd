// Choosing half-hours in the chart: by pointer, by dragging, by keys.
import { places } from "./chart.js";

// A finger that moves less has tapped.
const TAP_PX = 8;

// The chart is a slider to a screen reader: it stands on one half-hour and says which.
export class Choosing {
  constructor(element, card) {
    this.element = element;
    this.card = card;
    this.anchor = null;
    this.span = null;
    element.addEventListener("pointerdown", (event) => this.down(event));
    element.addEventListener("pointermove", (event) => this.moved(event));
    element.addEventListener("pointerup", () => this.up());
    element.addEventListener("pointercancel", () => this.released());
    element.addEventListener("keydown", (event) => this.key(event));
  }

  slots() {
    const { span } = this;
    return span ? this.card.slots.filter((slot) => slot.start >= span[0] && slot.end <= span[1]) : [];
  }

  clear() {
    this.span = null;
    this.anchor = null;
    this.card.render();
  }

  down(event) {
    if (event.button !== 0) return;
    const slot = this.under(event);
    if (!slot) return;
    this.element.setPointerCapture?.(event.pointerId);
    // A finger may have come to scroll the page: what it wants shows when it moves or leaves.
    this.finger = event.pointerType === "touch" ? { slot, x: event.clientX } : undefined;
    this.dragging = !this.finger;
    if (this.dragging) this.choose(slot, event.shiftKey);
  }

  moved(event) {
    if (this.finger && Math.abs(event.clientX - this.finger.x) > TAP_PX) {
      this.choose(this.finger.slot, false);
      this.finger = undefined;
      this.dragging = true;
    }
    if (!this.dragging) return;
    const slot = this.under(event);
    if (slot) this.choose(slot, true);
  }

  up() {
    if (this.finger) this.choose(this.finger.slot, false);
    this.released();
  }

  released() {
    this.finger = undefined;
    this.dragging = false;
  }

  under(event) {
    const shown = this.card.shown;
    if (!shown.length) return undefined;
    const x = event.clientX - this.element.getBoundingClientRect().left;
    const at = places(shown, this.card.width).x.back(x);
    return shown.find((slot) => slot.start <= at && at < slot.end);
  }

  choose(slot, extend) {
    if (!extend || !this.anchor) this.anchor = slot;
    this.head = slot;
    const span = [
      Math.min(this.anchor.start, slot.start), Math.max(this.anchor.end, slot.end),
    ];
    if (this.span?.[0] === span[0] && this.span[1] === span[1]) return;
    this.span = span;
    this.card.chosen(this.slots());
  }

  key(event) {
    if (event.key === "Escape") return this.clear();
    const all = this.card.slots;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: 4, PageDown: -4 }[event.key];
    const present = all.findIndex((slot) => slot.start === this.head?.start);
    const first = all.findIndex((slot) => slot.end > Date.now());
    const to = { Home: 0, End: all.length - 1 }[event.key] ?? (present < 0 ? first : present + step);
    const slot = all[Math.min(Math.max(0, to), all.length - 1)];
    if (!slot) return undefined;
    event.preventDefault();
    this.card.reveal(slot);
    return this.choose(slot, event.shiftKey);
  }
}
