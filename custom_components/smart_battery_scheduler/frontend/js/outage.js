// How long the battery would carry the home if the grid went now. Pure.
const HOUR_MS = 3_600_000;

// {until} is when it would be empty, {longerThan} that it lasts as long as anything is forecast; undefined is not known.
// The reserve is counted too: without a grid the Powerwall goes down to nothing. What the sun gives above the
// house's load goes into the battery, up to full.
export function outage(state, slots, now) {
  const capacity = state.home.capacity_kwh;
  const level = state.now.reading?.charge_level_percent;
  const ahead = slots.filter((slot) => slot.planned && slot.end > now);
  if (!Number.isFinite(capacity) || !Number.isFinite(level) || !ahead.length) return undefined;
  let kwh = (capacity * level) / 100;
  for (const slot of ahead) {
    const from = Math.max(slot.start, now);
    const drawnKw = slot.loadKw - slot.pvKw;
    const needed = (drawnKw * (slot.end - from)) / HOUR_MS;
    if (needed > 0 && needed >= kwh) return { until: from + (kwh / drawnKw) * HOUR_MS };
    kwh = Math.min(capacity, kwh - needed);
  }
  return { longerThan: ahead.at(-1).end };
}

export function outageWords(state, slots, now, t, f) {
  const found = outage(state, slots, now);
  if (!found) return "";
  if (found.longerThan) return t("outage_longer", { time: f.moment(found.longerThan, now) });
  const hours = (found.until - now) / HOUR_MS;
  return t("outage", { hours: hours < 10 ? f.number(hours, 1) : f.number(hours), time: f.moment(found.until, now) });
}
