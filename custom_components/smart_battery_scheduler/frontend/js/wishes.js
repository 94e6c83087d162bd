// Wishes for chosen half-hours: taking their place, and bringing them back.
import { floorSlot } from "./timeline.js";

// Those that still matter for the chosen half-hours, each once.
export function wishesOf(slots) {
  const all = slots.filter((slot) => !slot.past).flatMap((slot) => slot.wishes);
  return [...new Map(all.map((each) => [each.id, each])).values()];
}

// What to ask for so that a wish holds again from now on: [[from, to, repeat]]. What is over of
// it is not asked for again, because the past is refused.
export function again(wish, now) {
  const begun = floorSlot(now);
  const times = wish.times.map(({ start, end }) => [Date.parse(start), Date.parse(end)]);
  const running = times.find(([from, to]) => from < begun && begun < to);
  const next = times.find(([from]) => from >= begun);
  return [
    ...(running ? [[begun, running[1], "never"]] : []),
    ...(next ? [[...next, wish.repeat]] : []),
  ];
}

// What stays of a single wish when [from, to) is taken out of it; one that repeats goes as a whole.
export function rest(wish, from, to, now) {
  if (wish.repeat !== "never") return [];
  return again(wish, now)
    .flatMap(([start, end]) => [[start, Math.min(end, from)], [Math.max(start, to), end]])
    .filter(([start, end]) => start < end);
}

// One wish for [from, to) instead of those present; action null is none. Returns the new ones' ids.
export async function swap(home, present, from, to, action, now) {
  for (const each of present) await home.removeSlot(each.id);
  const added = [];
  try {
    if (action) added.push(await home.addSlot(from, to, action));
    for (const wish of present) {
      for (const [start, end] of rest(wish, from, to, now)) {
        added.push(await home.addSlot(start, end, wish.action));
      }
    }
    return added;
  } catch (error) {
    await bringBack(home, added, present, now);
    throw error;
  }
}

export async function bringBack(home, added, present, now) {
  for (const id of added) await home.removeSlot(id);
  for (const wish of present) {
    for (const [from, to, repeat] of again(wish, now)) {
      await home.addSlot(from, to, wish.action, repeat);
    }
  }
}
