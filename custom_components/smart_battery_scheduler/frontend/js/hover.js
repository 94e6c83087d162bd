// The crosshair of a mouse over the chart: the half-hour under it, in figures.
import { places } from "./chart.js";
import { h } from "./dom.js";
import { rateWords } from "./words.js";

const GAP_PX = 12;

// [[label, value]] of a half-hour; what is not known has no line. Pure.
export function hoverRows(slot, t, f) {
  const { planned, measured } = slot;
  const to = slot.action === "charge" && planned && Number.isFinite(slot.to) ? ` ${f.percent(slot.to)}` : "";
  const bought = planned?.grid_import_kwh ?? measured?.import_kwh;
  const sold = planned?.grid_export_kwh ?? measured?.export_kwh;
  const figure = (value, text) => (Number.isFinite(value) ? text(value) : undefined);
  return [
    [t("action"), slot.action && t(slot.action) + to],
    [t("rate"), rateWords(slot, t, f)],
    [t("export_rate"), figure(slot.exportRate, (p) => f.rate(p))],
    [t("level"), figure(slot.to, (percent) => f.percent(percent))],
    [t("legend_morning"), figure(slot.morning, (percent) => f.percent(percent))],
    [t("solar"), figure(planned?.pv_kwh ?? measured?.pv_kwh, (kwh) => f.kwh(kwh))],
    [t("house"), figure(planned?.load_kwh ?? measured?.load_kwh, (kwh) => f.kwh(kwh))],
    [t("grid"), figure(bought - sold, (kwh) => f.kwh(kwh))],
    [t("costs"), figure(planned?.cost_p, (p) => f.money(p))],
  ].filter(([, value]) => value);
}

export class Hover {
  // `stage` holds the chart and this; what is shown is for eyes only: a screen reader has the chart's slider.
  constructor(stage, chart, card) {
    this.card = card;
    this.chart = chart;
    this.line = h("div", { class: "crosshair", hidden: true });
    this.tip = h("div", { class: "tip", "aria-hidden": "true", hidden: true });
    stage.append(this.line, this.tip);
    chart.addEventListener("pointermove", (event) => this.moved(event));
    chart.addEventListener("pointerleave", () => this.leave());
    chart.addEventListener("pointerdown", (event) => event.pointerType !== "mouse" && this.leave());
  }

  moved(event) {
    if (event.pointerType !== "mouse") return;
    const { shown, width, t, f } = this.card;
    if (!shown?.length) return;
    const x = event.clientX - this.chart.getBoundingClientRect().left;
    const at = places(shown, width).x.back(x);
    const slot = shown.find((each) => each.start <= at && at < each.end);
    if (!slot) return this.leave();
    this.line.hidden = this.tip.hidden = false;
    this.line.style.left = `${x}px`;
    if (this.slot !== slot) {
      this.slot = slot;
      this.tip.replaceChildren(
        h("strong", {}, f.span(slot.start, slot.end, Date.now())),
        h("dl", {}, hoverRows(slot, t, f).map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)])),
      );
    }
    const wide = this.tip.offsetWidth;
    this.tip.style.left = `${x + GAP_PX + wide <= width ? x + GAP_PX : Math.max(0, x - GAP_PX - wide)}px`;
  }

  leave() {
    this.slot = undefined;
    this.line.hidden = this.tip.hidden = true;
  }
}
