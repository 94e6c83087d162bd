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

// One wish for [from, to) instead of those present; action null is none. Returns the new one's id.
export async function swap(home, present, from, to, action, now) {
  for (const each of present) await home.removeSlot(each.id);
  if (!action) return undefined;
  try {
    return await home.addSlot(from, to, action);
  } catch (error) {
    await bringBack(home, present, now);
    throw error;
  }
}

export async function bringBack(home, present, now) {
  for (const wish of present) {
    for (const [from, to, repeat] of again(wish, now)) {
      await home.addSlot(from, to, wish.action, repeat);
    }
  }
}
