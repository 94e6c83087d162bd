// From a home's state to the half-hours that are drawn. Pure; times are milliseconds since 1970.
export const SLOT_MS = 30 * 60 * 1000;
const NOTICEABLE_KWH = 0.1;

export const floorSlot = (ms) => Math.floor(ms / SLOT_MS) * SLOT_MS;

// All half-hours from the first measured to the last planned, without a hole: what is not known
// of one is undefined.
export function timeline(state, now) {
  const planned = plannedSlots(state, now);
  const measured = measuredSlots(state, floorSlot(now));
  const starts = [...planned.keys(), ...measured.keys()];
  if (!starts.length) return [];
  const rates = rateAt(state.rates);
  const exports = rateAt(state.export_rates);
  const marks = marksOf(state);
  const slots = [];
  const last = Math.max(...starts);
  for (let start = Math.min(...starts); start <= last; start += SLOT_MS) {
    const slot = planned.get(start) ?? measured.get(start) ?? { past: start < floorSlot(now) };
    const rate = slot.rate ?? rates(start);
    const exportRate = slot.exportRate ?? exports(start);
    const morning = state.planned_levels?.[isoOf(start)];
    slots.push({ ...slot, ...marks(start), start, end: start + SLOT_MS, rate, exportRate, morning });
  }
  return slots;
}

function plannedSlots(state, now) {
  const slots = new Map();
  for (const slot of Object.values(state.plan?.slots ?? {})) {
    const end = Date.parse(slot.end);
    if (end <= now) continue;
    const begin = Date.parse(slot.start);
    const hours = (end - begin) / 3_600_000;
    slots.set(floorSlot(begin), {
      past: false,
      planned: slot,
      action: slot.action,
      method: slot.lever,
      target: slot.target_percent,
      rate: slot.import_p_per_kwh,
      exportRate: slot.export_p_per_kwh,
      estimate: slot.rate_is_estimate,
      from: slot.start_percent,
      to: slot.end_percent,
      low: slot.end_percent_p10,
      high: slot.end_percent_p90,
      loadKw: slot.load_kwh / hours,
      pvKw: slot.pv_kwh / hours,
    });
  }
  return slots;
}

function measuredSlots(state, until) {
  const slots = new Map();
  for (const [key, slot] of Object.entries(state.past ?? {})) {
    const start = Date.parse(key);
    if (start >= until) continue;
    slots.set(start, {
      past: true,
      measured: slot,
      action: slot.whole ? measuredAction(slot) : undefined,
      to: slot.level_percent,
      loadKw: slot.whole ? slot.load_kwh * 2 : undefined,
      pvKw: slot.whole ? slot.pv_kwh * 2 : undefined,
    });
  }
  return slots;
}

// What the meters show was done: drawn from the grid into the battery, taken out of it, or neither.
export function measuredAction(slot) {
  const surplus = Math.max(0, slot.pv_kwh - slot.load_kwh);
  if (slot.battery_in_kwh - surplus > NOTICEABLE_KWH && slot.import_kwh > NOTICEABLE_KWH) {
    return "charge";
  }
  return slot.battery_out_kwh > NOTICEABLE_KWH / 2 || surplus > 0 ? "use" : "hold";
}

// As the keys of a home's state are written.
const isoOf = (ms) => new Date(ms).toISOString().replace(".000Z", "+00:00");

function rateAt(known) {
  const rates = Object.entries(known ?? {})
    .map(([start, rate]) => [Date.parse(start), Date.parse(rate.end), rate.p_per_kwh])
    .sort((one, other) => one[0] - other[0]);
  return (at) => rates.findLast(([start, end]) => start <= at && at < end)?.[2];
}

function marksOf(state) {
  const manual = (state.manual ?? []).flatMap((slot) =>
    slot.times.map((time) => ({ ...slot, from: Date.parse(time.start), to: Date.parse(time.end) })),
  );
  const sessions = (state.sessions ?? []).map((session) => ({
    ...session,
    from: Date.parse(session.start),
    to: Date.parse(session.end),
  }));
  const missed = (state.decisions ?? []).filter(
    (decision) =>
      decision.slot_start &&
      (decision.kind === "failed" || (decision.kind === "skipped" && decision.reason === "missed")),
  );
  const touches = (each, start) => each.from < start + SLOT_MS && start < each.to;
  return (start) => ({
    manual: manual.filter((each) => touches(each, start)),
    session: sessions.find((session) => touches(session, start)),
    missed: missed.find((decision) => {
      const from = Date.parse(decision.slot_start);
      const to = decision.slot_end ? Date.parse(decision.slot_end) : from + SLOT_MS;
      return touches({ from, to }, start);
    }),
  });
}

// Runs of neighbours that do the same: the bands.
export function bands(slots) {
  const runs = [];
  for (const slot of slots) {
    const last = runs.at(-1);
    if (last && last.end === slot.start && last.action === slot.action && last.past === slot.past) {
      last.end = slot.end;
      last.to = slot.to;
    } else {
      runs.push({
        start: slot.start,
        end: slot.end,
        action: slot.action,
        past: slot.past,
        to: slot.to,
      });
    }
  }
  return runs.filter((run) => run.action);
}

// The part that is shown: `count` half-hours around `from`, moved so that it stays within.
export function windowOf(slots, from, count) {
  if (slots.length <= count) return slots;
  const index = slots.findIndex((slot) => slot.end > from);
  const first = Math.min(Math.max(0, index < 0 ? slots.length : index), slots.length - count);
  return slots.slice(first, first + count);
}

export const slotAt = (slots, now) => slots.find((slot) => slot.start <= now && now < slot.end);

// The first half-hour in which something else than now is to be done.
export function nextChange(slots, now) {
  const current = slotAt(slots, now);
  if (!current) return undefined;
  return slots.find((slot) => slot.start > now && slot.action && slot.action !== current.action);
}
