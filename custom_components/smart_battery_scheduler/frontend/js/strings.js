// Everything the card says. Another language is another table with the same keys.
const en = {
  charge: "Charge", hold: "Hold", use: "Use", export: "Export", none: "Not known",
  charging: "Charging", charging_to: "Charging to {target}", holding: "Holding the charge",
  using: "Running the house", exporting: "Exporting",
  until: "{what} until {time}", would: "Dry run, would be: {what}", by_you: "{what}, as you asked",
  starts: "{what}: from {time}", charge_reaching: "Charge to {target}",
  off: "Scheduler is off", no_plan: "No plan yet", waiting: "Waiting for rates and a reading",
  suspension: "Suspended: {cause}", until_about: "Next check at {time}",
  off_grid: "the home is off the grid", storm_watch: "Storm Watch is active",
  grid_services: "a virtual power plant is using the battery",
  calibration: "the Powerwall is calibrating", somebody_else: "someone else changed the settings",
  user: "the settings were changed by hand", fault: "The Powerwall does not follow commands",
  faulty: "the Powerwall does not follow",
  fault_until: "Your own settings are being kept; next try at {time}",
  restoring: "Restoring your own settings",
  not_charging: "Not charging now: {why}", asked_until: "you asked for it until {time}",
  held_peak: "this is in your peak window", held_session: "this is in a Power Down session",
  held_price: "the rate is not known, or above your limit",
  unreachable: "No contact with the Powerwall", token_refused: "NetZero refuses the token: give a new one in Settings", since: "last reading at {time}",
  rates_unreachable: "Rates could not be fetched; planning with those known",
  next: "Next: {what} at {time}", next_charge: "Next: charge at {time}, {rate}", demo: "Demo",
  dry_run: "Dry run", read_only: "Read only", stale: "Not up to date",
  unproven: "not confirmed yet", sent: "sent, not yet accepted", accepted: "accepted, not yet read back",
  read_back: "settings read back, not yet confirmed by the battery's power", seen: "confirmed at {power}", seen_plain: "confirmed by the battery's power",
  doubted: "no longer confirmed by the battery's power", tries: "try {count}",
  solar: "Solar", house: "House", battery: "Battery", grid: "Grid",
  into: "charging", out_of: "discharging", importing: "importing", exporting_to: "exporting", idle: "idle",
  cost: "Cost ahead", saving: "Saves", against: "against no plan", battery_level: "Charge level",
  rate: "Rate", action: "Action", time: "Time", level: "Level", costs: "Cost",
  estimate: "estimate", estimated: "{rate} (estimate)", unknown_rate: "rate not published",
  chart: "Half-hours of the plan", chart_help: "Arrow keys choose a half-hour, shift extends the choice",
  chosen: "{from} to {to}", slots: "{count} half-hours", measured: "measured", now: "now",
  earlier: "Earlier", later: "Later", back_to_now: "Now", as_table: "As a table", as_chart: "As a chart",
  pick: "Touch a half-hour for its reason, drag to choose several.", pick_row: "Choose a time for its reason.",
  charge_here: "Charge here", hold_here: "Hold here", not_here: "Don't charge", automatic: "Automatic",
  use_here: "Use here", close: "Close", undo: "Undo", why_not: "Why not {what}?",
  extra: "would cost {money} more", saves_nothing: "would cost about the same",
  forbidden: "not possible: {by}", peak_window: "inside your peak window",
  charge_now: "Charge now", hold_now: "Hold", use_now: "Use", resume: "Back to plan", end: "For", target: "To",
  end_label: "For how long", target_label: "Charge to how much",
  half_hour: "30 min", hour: "1 h", hours: "{count} h", as_far: "as far as it goes", as_usual: "as usual, {target}",
  pending: "{what}: asking…", going_back: "{what}: accepted, your own settings are being restored", taken: "{what}: accepted, waiting for confirmation", waits: "{what}: not now, {why}", proven: "{what}: {proof}",
  only_dry: "{what}: dry run, nothing is sent", done: "{what}: done", failed: "{what} failed: {why}",
  manual_charge: "you asked for a charge", manual_hold: "you asked to hold", manual_use: "you asked to use it",
  manual_do_not_charge: "you asked not to charge", daily: "every day", weekly: "every week",
  power_down: "Power Down session", power_up: "Power Up session", free: "Free electricity session",
  missed: "A planned charge was missed here",
  grid_in: "from the grid", cost_here: "cost", spread: "{low} to {high} likely",
  worth: "a stored kWh is worth {rate}",
  connecting: "Connecting…", not_running: "This home is not running", not_allowed: "You may not see this home",
  no_home: "No home is set up yet. Add Smart Battery Scheduler under Devices & services.",
  broken_chart: "The chart cannot be drawn here; this is the plan as a table.",
  legend_cheap: "cheap", legend_usual: "usual", legend_expensive: "expensive", legend_negative: "below zero",
  legend_level: "charge level", legend_spread: "likely range", legend_solar: "solar", legend_load: "house",
  note_ready_by_missed: "The battery will not be as full as you asked in time",
  note_session_not_full: "The battery will not be full for the session",
  note_pin_not_kept: "One of your manual slots cannot be kept",
  note_rates_missing: "Some rates are missing", note_below_floor: "The battery is below its floor",
  kept: "Kept the plan in force: a new one would save only {money}",
  cheaper_than_later: "{rate} here saves {saves} at {time}", paid_to_charge: "You are paid to take it: {rate}",
  pinned: "You asked for it", ready_by: "To be ready in time", session_ahead: "A Power Down session is ahead",
  power_up_reason: "Free electricity", keep_for_later: "Worth more at {time}: {saves}",
  car_charging: "The car is charging and must not empty it", below_floor: "Below the floor you set",
  use_now_reason: "Worth using now at {rate}: nothing later would save more",
  solar_surplus: "The panels make more than the house uses", empty: "Down to its floor",
  nothing_to_gain: "Nothing to gain by anything else", sell_now: "Selling pays more than keeping",
  rate_unknown: "The rate is not known yet",
  cheaper_than_later_plain: "Cheaper than later", keep_for_later_plain: "Worth more later",
  use_now_plain: "Worth using now: nothing later would save more", paid_plain: "You are paid to take it",
  config_home: "Home", config_controls: "Show controls", config_hours: "Hours shown (0 for all that fits)",
  config_title: "Title", decisions: "What was done",
  tab_today: "Today", tab_history: "History", tab_savings: "Savings", tab_settings: "Settings", tab_of: "{home}: {tab}",
  section_now: "Now", section_flow: "Energy flow", section_levels: "Charge level", section_charged: "Battery, kWh a day",
  section_energy: "House and grid, kWh a day", section_scores: "How good the forecasts are",
  section_savings: "Saved", section_costs: "Paid and expected",
  per_day: "Saved each day", per_week: "Saved each week", per_month: "Saved each month",
  group_control: "Control", group_limits: "Limits", group_ready: "Full by a time", group_now: "Charge now",
  group_taste: "What counts besides money", group_own: "The Powerwall's own settings", group_more: "More",
  energy_hint: "Home Assistant's Energy dashboard does not count this home yet. [Set it up](/config/energy): the sensors are ready.",
  settings_hint: "Tariff, solar panels, messages and the rest are under [Configure]({link}).",
};

const tables = { en };

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

// The language that the card speaks to a person, and which way it is written.
export function spoken(language = "en") {
  const found = [language, language.split("-")[0], "en"].find((each) => tables[each]);
  return { language: found, direction: RIGHT_TO_LEFT.has(found) ? "rtl" : "ltr" };
}

export function translator(language) {
  const table = tables[spoken(language).language];
  return (key, values = {}) =>
    (table[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "?");
}
