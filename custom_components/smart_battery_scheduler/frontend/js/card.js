// The card: holds the parts together and says when each is drawn.
import { drawChart } from "./chart.js";
import { Choosing } from "./choosing.js";
import { Controls } from "./controls.js";
import { h, renew, say } from "./dom.js";
import { Format } from "./format.js";
import { Hover } from "./hover.js";
import { drawLegend } from "./legend.js";
import { levelsByDay } from "./levels.js";
import { Line, listHomes } from "./line.js";
import { Home, Orders, orderWords } from "./orders.js";
import { askWhyNots, drawPanel } from "./panel.js";
import { plainTable } from "./plain.js";
import { clockOf } from "./scales.js";
import { spoken, translator } from "./strings.js";
import { STYLES } from "./styles.js";
import { drawTable } from "./table.js";
import { SLOT_MS, timeline, windowOf } from "./timeline.js";
import { drawMoney, Top } from "./view.js";
import { slotWords } from "./words.js";

const TYPE = "smart-battery-scheduler-card";
const NARROWEST_SLOT = 6;
const PAST_MS = 3 * 3_600_000;
const TICK_MS = 30_000;
const TRY_AGAIN_MS = 5_000;
// What one chooses opens as a sheet from below where the window is no wider.
const SHEET = "(max-width: 600px)";
// Forms of the card, and how many rows of 50 px each takes.
const FORMS = { full: 10, compact: 4, tile: 1 };
const PLAN = "battery-plan";

class SmartBatterySchedulerCard extends HTMLElement {
  static getStubConfig() {
    return {};
  }

  static getConfigForm() {
    const t = translator();
    return {
      schema: [
        { name: "config_entry", selector: { config_entry: { integration: "smart_battery_scheduler" } } },
        { name: "title", selector: { text: {} } },
        {
          name: "form",
          selector: { select: { mode: "dropdown", options: Object.keys(FORMS).map((value) => ({ value, label: t(`form_${value}`) })) } },
        },
        { name: "hours", selector: { number: { min: 0, max: 96, step: 6, mode: "box" } } },
        { name: "controls", selector: { boolean: {} } },
      ],
      computeLabel: ({ name }) => t(name === "config_entry" ? "config_home" : `config_${name}`),
    };
  }

  setConfig(config) {
    if (config.hours !== undefined && !(Number(config.hours) >= 0)) {
      throw new Error("hours must be a number of hours, or 0 for all that fits");
    }
    if (config.form !== undefined && !FORMS[config.form]) {
      throw new Error(`form must be one of ${Object.keys(FORMS).join(", ")}`);
    }
    const moved = this.config && this.config.config_entry !== config.config_entry;
    this.config = config;
    if (moved) this.leaveHome();
    this.connect();
    this.render();
  }

  // Nothing of the home before is shown or can be ordered from while the other one is found.
  leaveHome() {
    this.disconnect();
    this.finding = undefined;
    this.home = undefined;
    this.state = undefined;
    this.orders?.show(null);
    this.answers?.clear();
    if (this.choosing) this.choosing.span = this.choosing.anchor = null;
  }

  set hass(hass) {
    const before = this._hass;
    this._hass = hass;
    if (!before || before.locale !== hass.locale || before.config?.time_zone !== hass.config?.time_zone) this.build();
    if (this.home) this.home.hass = hass;
    if (before?.services !== hass.services) this.render();
    this.connect();
  }

  get form() {
    return this.config?.form ?? "full";
  }

  getCardSize() {
    return FORMS[this.form];
  }

  getGridOptions() {
    return {
      full: { columns: "full", rows: "auto", min_columns: 6 },
      compact: { columns: 12, rows: "auto", min_columns: 6 },
      tile: { columns: 6, rows: 1, min_columns: 6 },
    }[this.form];
  }

  connectedCallback() {
    this.connect();
    this.sizes ??= new ResizeObserver(() => this.resized());
    if (this.chart) this.sizes.observe(this.chart);
    this.ticking = setInterval(() => this.render(), TICK_MS);
  }

  disconnectedCallback() {
    clearInterval(this.ticking);
    clearTimeout(this.looking);
    this.sizes?.disconnect();
    this.disconnect();
  }

  async connect() {
    if (!this._hass || !this.config || !this.isConnected || this.line || this.finding) return;
    // Called with every change of any state.
    if (Date.now() < (this.tryAfter ?? 0)) return;
    const finding = (this.finding = {});
    this.tryAfter = Date.now() + TRY_AGAIN_MS;
    try {
      const entryId = this.config.config_entry ?? (await listHomes(this._hass))[0]?.entry_id;
      if (!this.isConnected || this.finding !== finding) return;
      if (!entryId) {
        this.receive(null, "no_home");
        return;
      }
      this.home = new Home(this._hass, entryId);
      this.line = new Line(this._hass.connection, entryId, (state, problem) => this.receive(state, problem));
    } catch {
      if (this.finding === finding) this.receive(null, "not_running");
    } finally {
      if (this.finding === finding) this.finding = undefined;
    }
  }

  disconnect() {
    this.line?.close();
    this.line = undefined;
    this.tryAfter = 0;
    this.orders?.close();
  }

  receive(state, problem) {
    if (state?.plan?.made_at !== this.state?.plan?.made_at) this.answers.clear();
    this.state = state;
    this.problem = problem;
    if (state) this.orders.look(state);
    this.render();
    if (!state && problem !== "not_allowed" && !this.config.config_entry) this.lookAgain();
  }

  // Whoever named no home is shown whichever is there: this one may be gone for good, another come.
  lookAgain() {
    this.line?.close();
    this.line = undefined;
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      this.tryAfter = 0;
      this.connect();
    }, TRY_AGAIN_MS);
  }

  build() {
    this.f = new Format(this._hass);
    this.t = translator(this._hass.language);
    this.clock = clockOf(this.f.timeZone);
    this.orders ??= new Orders(() => this.render());
    this.answers ??= new Map();
    const { t } = this;
    this.top = new Top(t);
    this.chart = h("div", {
      class: "chart", tabindex: "0", role: "slider", "aria-label": t("chart"),
      "aria-description": t("chart_help"), "aria-valuemin": "0",
    });
    this.choosing = new Choosing(this.chart, this);
    this.stage = h("div", { class: "stage" }, this.chart);
    this.hover = new Hover(this.stage, this.chart, this);
    this.controls = new Controls(this);
    this.table = h("div", { class: "table", tabindex: "0", role: "region", "aria-label": t("chart"), hidden: true });
    this.legend = h("div", {});
    this.nav = this.buildNav();
    this.panel = h("div", { "aria-live": "polite" });
    this.sheet = h("div", {}, this.panel);
    this.hint = h("div", { class: "hint" });
    this.open = h("a", { class: "open", href: `/${PLAN}` }, t("open_plan"));
    this.order = h("div", { role: "status" });
    this.money = h("div", {});
    this.empty = h("div", { class: "empty", role: "status" }, t("connecting"));
    this.under = h("div", { class: "under" }, this.legend, this.nav);
    this.body = h(
      "div", { hidden: true },
      this.top.element, this.stage, this.table, this.under, this.hint, this.sheet, this.controls.element, this.order, this.money,
      this.open,
    );
    this.shadow ??= this.attachShadow({ mode: "open" });
    const { language, direction } = spoken(this._hass.language);
    this.whole = h("ha-card", { lang: language, dir: direction }, this.empty, this.body);
    this.shadow.replaceChildren(h("style", {}, STYLES), this.whole);
    this.sizes?.disconnect();
    this.sizes?.observe(this.chart);
  }

  buildNav() {
    const { t } = this;
    const button = (text, label, onclick) => h("button", { "aria-label": label, title: label, onclick }, text);
    this.toggle = button(t("as_table"), t("as_table"), () => {
      this.tabular = !this.tabular;
      this.render();
    });
    this.panning = [
      button("‹", t("earlier"), () => this.pan(-0.5)),
      button(t("back_to_now"), t("back_to_now"), () => this.pan(0)),
      button("›", t("later"), () => this.pan(0.5)),
    ];
    return h("div", { class: "nav" }, this.panning, this.toggle);
  }

  pan(share) {
    if (share) this.from = this.shown[0].start + share * this.shown.length * SLOT_MS;
    else this.from = undefined;
    this.render();
  }

  reveal(slot) {
    if (slot.start < this.shown[0]?.start || slot.end > this.shown.at(-1)?.end) {
      this.from = slot.start - (this.shown.length / 2) * SLOT_MS;
    }
  }

  resized() {
    const width = Math.floor(this.chart.clientWidth);
    if (width && width !== this.width) {
      this.width = width;
      this.render();
    }
  }

  // Half-hours were chosen: show them, and ask why nothing else.
  chosen(slots) {
    this.render();
    clearTimeout(this.askTimer);
    const [slot] = slots;
    if (slots.length !== 1 || !slot.planned || !this.home.can("explain")) return;
    this.askTimer = setTimeout(() => {
      askWhyNots(this.home, slot, this.answers).then(() => this.render(), () => {});
    }, 300);
  }

  // Whatever is missing in the browser or odd in the data: the plan stays readable.
  render() {
    if (!this.body) return;
    try {
      this.draw();
    } catch (error) {
      console.error(error);
      this.body.hidden = true;
      this.empty.hidden = false;
      this.empty.replaceChildren(plainTable(this.state, Date.now()));
    }
  }

  draw() {
    const { state, t, f } = this;
    this.empty.hidden = Boolean(state);
    this.body.hidden = !state;
    if (!state) {
      say(this.empty, t(this.problem ?? "connecting"));
      return;
    }
    const now = Date.now();
    this.slots = timeline(state, now);
    this.top.refresh(state, this.slots, now, this.config.title, t, f);
    this.whole.className = this.form;
    this.open.hidden = !this._hass.panels?.[PLAN];
    if (this.form === "full") {
      this.renderTimeline(now);
      this.renderOrders();
    }
    renew(this.money, this.shadow, drawMoney(state, this.slots, now, t, f));
  }

  renderTimeline(now) {
    const { t, f, clock } = this;
    this.width ||= Math.floor(this.chart.clientWidth) || 480;
    const fits = Math.floor((this.width - 60) / NARROWEST_SLOT);
    const count = Math.min(this.config.hours ? this.config.hours * 2 : this.slots.length, fits);
    this.shown = windowOf(this.slots, this.from ?? now - PAST_MS, count);
    const all = this.shown.length === this.slots.length;
    this.panning.forEach((button) => (button.hidden = all || this.tabular));
    say(this.toggle, t(this.tabular ? "as_chart" : "as_table"));
    this.toggle.setAttribute("aria-label", this.toggle.textContent);
    if (!this.shown.length) {
      this.chart.replaceChildren(h("div", { class: "empty" }, t("waiting")));
      return;
    }
    const charge = this.state.now.reading?.charge_level_percent;
    const level = levelsByDay(this.slots, (at) => f.date(at));
    const view = { slots: this.shown, width: this.width, now, charge, level, chosen: this.choosing.span, t, f, clock };
    this.describe(now);
    this.chart.replaceChildren(this.tabular ? "" : this.drawn(view));
    this.stage.hidden = this.tabular === true;
    this.renderTable(now, level);
    renew(this.legend, this.shadow, this.tabular ? "" : drawLegend(this.shown, level, t));
    this.renderPanel(now);
  }

  // The same frame with new rows: who has scrolled stays there.
  renderTable(now, level) {
    const { t, f, table, byRate } = this;
    table.hidden = !this.tabular;
    const choose = (slot) => this.choosing.choose(slot, false);
    const sort = () => {
      this.byRate = !this.byRate;
      this.render();
    };
    const view = { slots: this.slots, now, t, f, level, choose, byRate, sort };
    renew(table, this.shadow, this.tabular ? drawTable(view) : "");
  }

  // A browser too old for the chart still gets the table.
  drawn(view) {
    try {
      return drawChart(view);
    } catch (error) {
      console.error(error);
      this.tabular = true;
      return "";
    }
  }

  describe(now) {
    const head = this.choosing.head ?? this.slots.find((slot) => slot.end > now) ?? this.slots[0];
    const index = this.slots.findIndex((slot) => slot.start === head.start);
    this.chart.setAttribute("aria-valuemax", this.slots.length - 1);
    this.chart.setAttribute("aria-valuenow", Math.max(0, index));
    this.chart.setAttribute("aria-valuetext", slotWords(this.slots[index] ?? head, now, this.t, this.f));
  }

  renderPanel(now) {
    const { t, f, home, orders, answers, state } = this;
    const slots = this.choosing.slots();
    renew(
      this.panel,
      this.shadow,
      slots.length
        ? drawPanel({
            slots, now, t, f, home, orders, answers,
            mayControl: state.may_control && this.config.controls !== false,
            close: () => this.choosing.clear(),
          })
        : "",
    );
    const isSheet = this.showSheet(slots.length > 0 && window.matchMedia(SHEET).matches);
    say(this.hint, t(this.tabular ? "pick_row" : "pick"));
    this.hint.hidden = slots.length > 0 && !isSheet;
  }

  // As a popover it lies over everything at the window's lower edge, and what was ordered from it with it; a
  // browser without popovers leaves both in their places.
  showSheet(wanted) {
    const { sheet } = this;
    if (!sheet.showPopover || !sheet.isConnected) return false;
    if (wanted && !sheet.matches(":popover-open")) {
      sheet.setAttribute("popover", "manual");
      sheet.append(this.order);
      sheet.showPopover();
    } else if (!wanted && sheet.hasAttribute("popover")) {
      sheet.removeAttribute("popover");
      this.controls.element.after(this.order);
    }
    return wanted;
  }

  renderOrders() {
    const { state, t, f, orders } = this;
    this.controls.element.hidden = !state.may_control || this.config.controls === false || !this.home.can("charge");
    this.controls.refresh(state, Date.now());
    const order = orders.current;
    if (!order) {
      this.order.replaceChildren();
      this.order.className = "";
      return;
    }
    this.order.className = `order ${order.stage}`;
    const words = this.order.querySelector("span") ?? h("span", {});
    say(words, orderWords(order, state, t, f));
    const undo = order.undo && h("button", { onclick: order.undo }, t("undo"));
    renew(this.order, this.shadow, words, undo);
  }
}

if (!customElements.get(TYPE)) customElements.define(TYPE, SmartBatterySchedulerCard);
