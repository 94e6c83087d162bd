// Which rates are cheap and which expensive, among those of the same day: the same whatever a card shows of it. Pure.
const CHEAP_SHARE = 0.33;
const EXPENSIVE_SHARE = 0.75;
// A fixed rate is neither.
const LEAST_SPREAD_P = 1;

export function rateLevels(rates) {
  const known = rates.filter((rate) => Number.isFinite(rate)).sort((one, two) => one - two);
  const at = (share) => known[Math.min(known.length - 1, Math.floor(share * known.length))];
  const [cheap, expensive] = [at(CHEAP_SHARE), at(EXPENSIVE_SHARE)];
  return (rate) => {
    if (!Number.isFinite(rate)) return "unknown";
    if (rate < 0) return "negative";
    if (!known.length || known.at(-1) - known[0] < LEAST_SPREAD_P) return "usual";
    if (rate <= cheap) return "cheap";
    return rate >= expensive ? "expensive" : "usual";
  };
}

// The level of a half-hour among all that are known of its day; `dayOf` names the day of a moment.
export function levelsByDay(slots, dayOf) {
  const rates = new Map();
  for (const slot of slots) {
    const day = dayOf(slot.start);
    rates.set(day, [...(rates.get(day) ?? []), slot.rate]);
  }
  const levels = new Map([...rates].map(([day, each]) => [day, rateLevels(each)]));
  return (slot) => levels.get(dayOf(slot.start))?.(slot.rate) ?? "unknown";
}
