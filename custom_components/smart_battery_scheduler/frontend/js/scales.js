// Numbers to places and back. Pure.
export function linear(from, to, low, high) {
  const span = to - from || 1;
  const scale = (value) => low + ((value - from) / span) * (high - low);
  scale.back = (place) => from + ((place - low) / (high - low || 1)) * span;
  return scale;
}

// From at or below zero to at or above the largest, on round steps; unknown values do not count.
export function rateDomain(rates) {
  const known = rates.filter((rate) => Number.isFinite(rate));
  const step = niceStep(Math.max(1, ...known) - Math.min(0, ...known), 3);
  return {
    from: Math.floor(Math.min(0, ...known) / step) * step,
    to: Math.max(step, Math.ceil(Math.max(0, ...known) / step) * step),
    step,
  };
}

export function niceStep(span, wanted) {
  const rough = span / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].find((each) => each * power >= rough) * power;
}

export function ticks({ from, to, step }) {
  const values = [];
  for (let index = Math.ceil(from / step); index * step <= to; index += 1) values.push(index * step);
  return values;
}

// Instants in (from, to) at which a clock of the zone strikes a multiple of `every` hours.
// Walked in half-hours and asked of the zone, so that days of 23 and 25 hours come out right.
export function hourMarks(from, to, every, clock) {
  const marks = [];
  for (let at = Math.ceil(from / 1_800_000) * 1_800_000; at < to; at += 1_800_000) {
    const { hour, minute } = clock(at);
    if (minute === 0 && hour % every === 0) marks.push({ at, midnight: hour === 0 });
  }
  return marks;
}

// Reads a clock of a time zone; one formatter, since making one costs more than using it.
export function clockOf(timeZone) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return (ms) => {
    const [hour, minute] = format.format(ms).split(":").map(Number);
    return { hour, minute };
  };
}
