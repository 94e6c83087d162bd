// What the tests of the card's modules share.
export const SLOT = 30 * 60 * 1000;

export const at = (text) => Date.parse(text);
export const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "+00:00");

export function plannedSlot(start, more = {}) {
  return {
    start: iso(start),
    end: iso(start + SLOT),
    action: "use",
    import_p_per_kwh: 20,
    rate_is_estimate: false,
    load_kwh: 0.2,
    pv_kwh: 0,
    grid_import_kwh: 0,
    grid_export_kwh: 0,
    start_percent: 50,
    end_percent: 48,
    end_percent_p10: 45,
    end_percent_p90: 50,
    cost_p: 1,
    stored_worth_p_per_kwh: 12,
    reason: { code: "use_now", rate_p_per_kwh: 20 },
    ...more,
  };
}

export function stateOf(slots, more = {}) {
  return {
    home: { title: "Home", scheduler_enabled: true, dry_run: false },
    now: {
      reachable: true,
      rates_reachable: true,
      phase: "idle",
      reading: { read_at: slots[0]?.start, charge_level_percent: 50, battery_w: 300 },
    },
    may_control: true,
    plan: { made_at: slots[0]?.start, slots: Object.fromEntries(slots.map((s) => [s.start, s])) },
    past: {},
    rates: {},
    manual: [],
    sessions: [],
    decisions: [],
    ...more,
  };
}

// A Home Assistant in English and London.
export const HASS = {
  locale: { language: "en", number_format: "language", time_format: "24", time_zone: "server" },
  config: { time_zone: "Europe/London" },
};
