// A home's state as sentences. Pure: t() gives the words, f formats the figures.
import { nextChange, slotAt } from "./timeline.js";

const DOES = { hold: "holding", use: "using", export: "exporting" };
const STALE_MS = 10 * 60 * 1000;

// The summary at the top: {headline, detail, tone}; tone is "well", "wait" or "problem".
export function glance(state, slots, now, t, f) {
  const problem = problemOf(state, now, t, f);
  if (problem) return { ...problem, tone: "problem" };
  const { command, override } = state.now;
  if (state.now.phase === "restoring") return { headline: t("restoring"), detail: "", tone: "wait" };
  const current = slotAt(slots, now);
  if (!state.home.scheduler_enabled && !override) {
    return { headline: t("off"), detail: batteryDoes(state, t, f), tone: "wait" };
  }
  if (!current?.action && !command) {
    return { headline: t("no_plan"), detail: t("waiting"), tone: "wait" };
  }
  const refused = heldBack(state, t);
  if (refused) {
    const asked = override && t("asked_until", { time: f.moment(Date.parse(override.until), now) });
    const detail = [rateWords(current, t, f), asked].filter(Boolean).join(" · ");
    return { headline: t("not_charging", { why: refused }), detail, tone: "wait" };
  }
  return { ...ordered(state, slots, current, now, t, f), tone: "well" };
}

function ordered(state, slots, current, now, t, f) {
  const { command, override } = state.now;
  const action = command?.reached ? "hold" : (command?.action ?? override?.action ?? current.action);
  const target = command?.target_percent ?? override?.target_percent ?? runTarget(slots, now);
  let what =
    action === "charge"
      ? target
        ? t("charging_to", { target: f.percent(target) })
        : t("charging")
      : t(DOES[action]);
  const end = command?.ends_at ?? override?.until;
  const ends = end ? Date.parse(end) : nextChange(slots, now)?.start;
  if (ends) what = t("until", { what, time: f.moment(ends, now) });
  if (override) what = t("by_you", { what });
  if (state.home.dry_run) what = t("would", { what });
  const parts = [rateWords(current, t, f)];
  if (command) parts.push(proof(command, t, f));
  return { headline: what, detail: parts.filter(Boolean).join(" · ") };
}

function runTarget(slots, now) {
  const change = nextChange(slots, now);
  return slots.findLast((slot) => slot.end > now && (!change || slot.start < change.start))?.target;
}

// The rule that keeps a charge from being done, in words.
function heldBack({ now }, t) {
  return now.held_back && !now.command ? t(`held_${now.held_back}`) : undefined;
}

// Why what was asked for is not being done, in words.
export function hindrance(state, t) {
  const { suspension, fault_until: fault } = state.now;
  return suspension ? t(suspension.cause) : fault ? t("faulty") : heldBack(state, t);
}

function problemOf(state, now, t, f) {
  const { reading, suspension, fault_until: fault } = state.now;
  const readAt = reading ? Date.parse(reading.read_at) : undefined;
  if (!isUpToDate(state, now)) {
    return {
      headline: t(state.now.token_refused ? "token_refused" : "unreachable"),
      detail: readAt ? t("since", { time: f.moment(readAt, now) }) : "",
    };
  }
  if (suspension) {
    return {
      headline: t("suspension", { cause: t(suspension.cause) }),
      detail: t("until_about", { time: f.moment(Date.parse(suspension.until), now) }),
    };
  }
  if (fault) {
    const time = f.moment(Date.parse(fault), now);
    return { headline: t("fault"), detail: t("fault_until", { time }) };
  }
  return undefined;
}

// Whether what the battery shows is of now.
export function isUpToDate({ now: { reachable, reading } }, now) {
  return reachable && (!reading || now - Date.parse(reading.read_at) <= STALE_MS);
}

// How far a command is proven, furthest status first.
export function proof(command, t, f) {
  const evidence = command.evidence ?? {};
  if (evidence.doubted_at) return t("doubted");
  if (evidence.seen_at) {
    return Number.isFinite(evidence.seen_w) && Math.abs(evidence.seen_w) >= 50
      ? t("seen", { power: f.kw(evidence.seen_w) })
      : t("seen_plain");
  }
  const stage = ["read_back", "accepted", "sent"].find((each) => evidence[`${each}_at`]);
  const words = t(stage ?? "unproven");
  return command.tries > 1 ? `${words} (${t("tries", { count: command.tries })})` : words;
}

export function rateWords(slot, t, f) {
  if (!Number.isFinite(slot?.rate)) return slot ? t("unknown_rate") : "";
  return slot.estimate ? t("estimated", { rate: f.rate(slot.rate) }) : f.rate(slot.rate);
}

// An override comes first: what the plan does next is done when that is over, and not before.
export function nextWords(slots, now, t, f, override) {
  const over = override ? Date.parse(override.until) : undefined;
  const change = over ? slotAt(slots, over) : nextChange(slots, now);
  if (!change?.action) return "";
  const time = f.moment(over ?? change.start, now);
  return change.action === "charge"
    ? t("next_charge", { time, rate: rateWords(change, t, f) })
    : t("next", { what: t(change.action).toLowerCase(), time });
}

const PLAIN = {
  cheaper_than_later: "cheaper_than_later_plain",
  keep_for_later: "keep_for_later_plain",
  use_now: "use_now_plain",
  paid_to_charge: "paid_plain",
};

// Why a slot is as it is; the plain form where a figure is missing.
export function reasonWords(reason, now, t, f) {
  if (!reason?.code) return "";
  const rate = reason.rate_p_per_kwh;
  const saves = reason.saves_p_per_kwh;
  const values = {
    rate: f.rate(rate),
    saves: f.rate(saves),
    time: reason.at ? f.moment(Date.parse(reason.at), now) : undefined,
  };
  const complete = {
    cheaper_than_later: rate !== undefined && saves !== undefined && reason.at,
    keep_for_later: saves !== undefined && reason.at,
    use_now: rate !== undefined,
    paid_to_charge: rate !== undefined,
  }[reason.code];
  if (complete === undefined || complete === false) {
    const key = PLAIN[reason.code] ?? { power_up: "power_up_reason" }[reason.code] ?? reason.code;
    return t(key);
  }
  return complete
    ? t({ use_now: "use_now_reason" }[reason.code] ?? reason.code, values)
    : t(PLAIN[reason.code]);
}

function batteryDoes(state, t, f) {
  const watts = state.now.reading?.battery_w;
  if (!Number.isFinite(watts)) return "";
  return `${t("battery")}: ${powerWords("battery", watts, t)} ${f.kw(watts)}`;
}

export function powerWords(which, watts, t) {
  if (!Number.isFinite(watts)) return "";
  if (Math.abs(watts) < 50) return t("idle");
  if (which === "battery") return t(watts < 0 ? "into" : "out_of");
  if (which === "grid") return t(watts > 0 ? "importing" : "exporting_to");
  return "";
}

// One half-hour in a breath, for the screen reader and for the head of its panel.
export function slotWords(slot, now, t, f) {
  const parts = [f.span(slot.start, slot.end, now)];
  const reaching = slot.action === "charge" && !slot.past && Number.isFinite(slot.to);
  if (reaching) parts.push(t("charge_reaching", { target: f.percent(slot.to) }));
  else parts.push(t(slot.action ?? "none"));
  parts.push(rateWords(slot, t, f));
  if (!reaching && Number.isFinite(slot.to)) parts.push(f.percent(slot.to));
  if (slot.past) parts.push(t("measured"));
  return parts.join(", ");
}

export function markWords(slot, t) {
  const words = (slot.manual ?? []).map((manual) => {
    const repeat = manual.repeat === "never" ? "" : ` (${t(manual.repeat)})`;
    return `${t(`manual_${manual.action}`)}${repeat}`;
  });
  if (slot.session) words.push(t(slot.session.kind));
  if (slot.missed) words.push(t("missed"));
  return words;
}
