// Figures and times as the person's Home Assistant writes them; names of days as the card speaks,
// because a sentence in two languages, or in two directions of writing, is hard to read.
import { spoken, translator } from "./strings.js";

const DAY_MS = 24 * 3_600_000;

const LOCALES = {
  comma_decimal: "en-US", decimal_comma: "de", space_comma: "fr", quote_decimal: "de-CH", none: "en",
  // The browser's own.
  system: undefined,
};

export class Format {
  constructor(hass) {
    const locale = hass?.locale ?? {};
    this.language = locale.language ?? "en";
    this.timeZone =
      locale.time_zone === "local" ? undefined : (hass?.config?.time_zone ?? undefined);
    const numbers = locale.number_format in LOCALES ? LOCALES[locale.number_format] : this.language;
    this.digits = [0, 1, 2].map(
      (digits) =>
        new Intl.NumberFormat(numbers, {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
          useGrouping: locale.number_format !== "none",
        }),
    );
    const hour12 = { 12: true, 24: false }[locale.time_format];
    const zone = { timeZone: this.timeZone };
    const own = /^en(-US)?$/.test(this.language) ? "en-GB" : this.language;
    const speaks = spoken(this.language).language;
    const words = own.split("-")[0] === speaks ? own : speaks === "en" ? "en-GB" : speaks;
    const twelve = hour12 ?? new Intl.DateTimeFormat(own, { hour: "numeric" }).resolvedOptions().hour12;
    const clock = twelve ? { hour: "numeric", hour12: true } : { hour: "2-digit", hourCycle: "h23" };
    this.times = new Intl.DateTimeFormat(words, { ...zone, ...clock, minute: "2-digit" });
    this.hours = new Intl.DateTimeFormat(words, { ...zone, ...clock });
    this.days = new Intl.DateTimeFormat(words, { ...zone, weekday: "short", day: "numeric" });
    this.dates = new Intl.DateTimeFormat("en-CA", zone);
    this.near = new Intl.RelativeTimeFormat(words, { numeric: "auto" });
    this.t = translator(this.language);
  }

  number(value, digits = 0) {
    // There is no minus before what rounds to zero.
    return Number.isFinite(value) ? this.digits[digits].format(Number(value.toFixed(digits)) || 0) : "?";
  }

  rate(p) {
    return `${this.number(p, 1)} p/kWh`;
  }

  percent(value) {
    return `${this.number(value)} %`;
  }

  kw(watts) {
    return Number.isFinite(watts) ? `${this.number(Math.abs(watts) / 1000, 1)} kW` : "? kW";
  }

  kwh(value) {
    return `${this.number(value, 1)} kWh`;
  }

  money(pence) {
    if (!Number.isFinite(pence)) return "?";
    const sign = pence <= -0.5 ? "−" : "";
    return Math.abs(pence) < 99.5
      ? `${sign}${this.number(Math.abs(pence))} p`
      : `${sign}£${this.number(Math.abs(pence) / 100, 2)}`;
  }

  time(ms) {
    return this.times.format(ms);
  }

  hour(ms) {
    return this.hours.format(ms);
  }

  day(ms) {
    return this.days.format(ms);
  }

  date(ms) {
    return this.dates.format(ms);
  }

  // Days from now's date to another, by the calendar: not by hours, which a change of the clock adds or takes.
  daysFrom(ms, now) {
    return Math.round((Date.parse(this.date(ms)) - Date.parse(this.date(now))) / DAY_MS);
  }

  // "today", "tomorrow", "yesterday"; other days by their name.
  dayName(ms, now) {
    const days = this.daysFrom(ms, now);
    return Math.abs(days) <= 1 ? this.near.format(days, "day") : this.day(ms);
  }

  // "05:30" today, "05:30 tomorrow", "Sun 22 05:30" on other days.
  moment(ms, now) {
    return this.dated(this.time(ms), ms, now);
  }

  // "05:30–06:00 tomorrow"; a span over midnight names the day of each end.
  span(from, to, now) {
    return this.date(from) === this.date(to - 1)
      ? this.dated(`${this.time(from)}–${this.time(to)}`, from, now)
      : `${this.moment(from, now)} – ${this.moment(to, now)}`;
  }

  dated(time, ms, now) {
    const days = this.daysFrom(ms, now);
    if (days === 0) return time;
    return this.t(Math.abs(days) === 1 ? "time_near" : "time_far", { time, day: this.dayName(ms, now) });
  }
}
