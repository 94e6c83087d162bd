// Orders to the home: what was asked, and how far it is proven.
import { hindrance, proof } from "./words.js";

const DOMAIN = "smart_battery_scheduler";
const SHOWN_MS = 20_000;
const FAILURE_SHOWN_MS = 120_000;

// Stages: pending, accepted, seen, failed.
export class Orders {
  constructor(changed) {
    this.changed = changed;
    this.current = null;
    this.state = null;
  }

  // call() asks; proven(state) says when the home's own state shows it, stands(state) whether it is still
  // in force; undo() takes it back; `now` marks an order for this moment, not for later half-hours.
  async give(what, call, { proven = () => true, stands = () => true, undo = null, now = false, back = false } = {}) {
    const order = { what, stage: "pending", proven, stands, stood: false, undo: null, now, back };
    this.show(order);
    try {
      const answer = await call();
      order.stage = "accepted";
      order.undo = undo && (() => undo(answer));
    } catch (error) {
      order.stage = "failed";
      order.why = error?.message ?? String(error);
      if (this.current === order) this.forget(order, FAILURE_SHOWN_MS);
    }
    if (this.current === order) {
      // The state that proves it may have come before the answer did.
      this.look(this.state);
      this.changed();
    }
    return order.stage !== "failed";
  }

  show(order) {
    this.current = order;
    clearTimeout(this.timer);
    this.changed();
  }

  // A new state of the home came.
  look(state) {
    this.state = state;
    const order = this.current;
    if (order?.stage !== "accepted" || !state) return;
    if (order.proven(state)) {
      order.stage = "seen";
      this.forget(order, SHOWN_MS);
    } else if (order.stands(state)) {
      order.stood = true;
    } else if (order.stood) {
      // It ended before it was proven: nobody waits for that any more.
      this.show(null);
    }
  }

  // What is done, or failed, is news for a while only.
  forget(order, after) {
    this.timer = setTimeout(() => this.current === order && this.show(null), after);
  }

  close() {
    clearTimeout(this.timer);
  }
}

export function orderWords(order, state, t, f) {
  const what = order.what;
  if (order.stage === "pending") return t("pending", { what });
  if (order.stage === "failed") return t("failed", { what, why: order.why });
  if (order.now && state?.home.dry_run) return t("only_dry", { what });
  const command = state?.now.command;
  const why = order.now && state && hindrance(state, t);
  if (why) return t("waits", { what, why });
  if (order.stage === "accepted" && order.back) return t("going_back", { what });
  if (order.stage === "accepted") {
    return command?.source === "override"
      ? t("proven", { what, proof: proof(command, t, f) })
      : t("taken", { what });
  }
  return command?.source === "override" && order.now
    ? t("proven", { what, proof: proof(command, t, f) })
    : t("done", { what });
}

// The actions of the integration, for one home.
export class Home {
  constructor(hass, entryId) {
    this.hass = hass;
    this.entryId = entryId;
  }

  can(action) {
    return Boolean(this.hass.services?.[DOMAIN]?.[action]);
  }

  async ask(action, data = {}, answered = false) {
    const full = { config_entry_id: this.entryId, ...data };
    const result = await this.hass.callService(DOMAIN, action, full, undefined, false, answered);
    return answered ? result.response : undefined;
  }

  async addSlot(from, to, action, repeat = "never") {
    const data = { start: iso(from), end: iso(to), action, repeat };
    return (await this.ask("add_slot", data, true))?.slot?.slot_id;
  }

  removeSlot(id) {
    return this.ask("remove_slot", { slot_id: id });
  }

  whyNot(at, action) {
    return this.ask("explain", { at: iso(at), action }, true);
  }
}

export const overrideStands = (action) => (state) => state.now.override?.action === action;

// What an override's order waits for: its command seen in the battery's power. In a dry run none is
// sent, and none is needed where the home's own settings hold the charge or run the house already.
export const overrideSeen = (action) => (state) => {
  const { command } = state.now;
  if (state.home.dry_run || needsNoCommand(action, state)) return overrideStands(action)(state);
  return (
    command?.source === "override" && command.action === action && Boolean(command.evidence?.seen_at)
  );
};

const needsNoCommand = (action, { now }) =>
  action !== "charge" &&
  now.phase === "idle" &&
  !now.command &&
  now.reachable &&
  Number.isFinite(now.reading?.charge_level_percent);

// What the order to go on waits for: nothing asked for, nothing in the way, and what was in force is over: the
// owner's settings stand again, or the plan's own command is seen.
export const planIsSeen = (state) => {
  const { command, phase, reachable } = state.now;
  if (!planGoesOn(state)) return false;
  if (state.home.dry_run) return true;
  return command ? Boolean(command.evidence?.seen_at) : phase === "idle" && reachable;
};

// Nothing is asked for, and nothing stands in the way.
export const planGoesOn = ({ now }) => !now.override && !now.suspension && !now.fault_until;

// What the order of a manual slot waits for: the slot is known and a plan was made since.
export const planFollows = (asked) => (state) => Date.parse(state.plan?.made_at ?? 0) >= asked;

const iso = (ms) => new Date(ms).toISOString();
