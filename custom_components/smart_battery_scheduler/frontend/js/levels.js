// Which rates are cheap and which dear, among those in view. Pure.
const CHEAP_SHARE = 0.33;
const DEAR_SHARE = 0.75;
// A fixed rate is neither.
const LEAST_SPREAD_P = 1;

export function rateLevels(rates) {
  const known = rates.filter((rate) => Number.isFinite(rate)).sort((one, two) => one - two);
  const at = (share) => known[Math.min(known.length - 1, Math.floor(share * known.length))];
  const [cheap, dear] = [at(CHEAP_SHARE), at(DEAR_SHARE)];
  return (rate) => {
    if (!Number.isFinite(rate)) return "unknown";
    if (rate < 0) return "negative";
    if (!known.length || known.at(-1) - known[0] < LEAST_SPREAD_P) return "usual";
    if (rate <= cheap) return "cheap";
    return rate >= dear ? "dear" : "usual";
  };
}
