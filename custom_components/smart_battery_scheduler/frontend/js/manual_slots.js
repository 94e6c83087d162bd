// Manual slots for chosen half-hours: replaces those present, and restores them on undo.
import { floorSlot } from "./timeline.js";

// The manual slots of the chosen half-hours that are not over, each once.
export function manualSlotsOf(slots) {
  const all = slots.filter((slot) => !slot.past).flatMap((slot) => slot.manual);
  return [...new Map(all.map((each) => [each.id, each])).values()];
}

// What to add so that a manual slot holds again from now on: [[from, to, repeat]]. Its past part is
// left out, because a time in the past is refused.
export function again(manual, now) {
  const begun = floorSlot(now);
  const times = manual.times.map(({ start, end }) => [Date.parse(start), Date.parse(end)]);
  const running = times.find(([from, to]) => from < begun && begun < to);
  const next = times.find(([from]) => from >= begun);
  return [
    ...(running ? [[begun, running[1], "never"]] : []),
    ...(next ? [[...next, manual.repeat]] : []),
  ];
}

// What remains of a manual slot without [from, to); one that repeats is removed as a whole.
export function rest(manual, from, to, now) {
  if (manual.repeat !== "never") return [];
  return again(manual, now)
    .flatMap(([start, end]) => [[start, Math.min(end, from)], [Math.max(start, to), end]])
    .filter(([start, end]) => start < end);
}

// One manual slot for [from, to) instead of those present; action null is none. Returns the new ones' ids.
export async function swap(home, present, from, to, action, now) {
  for (const each of present) await home.removeSlot(each.id);
  const added = [];
  try {
    if (action) added.push(await home.addSlot(from, to, action));
    for (const manual of present) {
      for (const [start, end] of rest(manual, from, to, now)) {
        added.push(await home.addSlot(start, end, manual.action));
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
  for (const manual of present) {
    for (const [from, to, repeat] of again(manual, now)) {
      await home.addSlot(from, to, manual.action, repeat);
    }
  }
}
