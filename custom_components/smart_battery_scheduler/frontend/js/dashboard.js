// The views of the ready dashboard, made from what a home has: four tabs for each home. Pure.
const DOMAIN = "smart_battery_scheduler";
const CARD = "custom:smart-battery-scheduler-card";
const FULL = { columns: "full" };

// What each tab shows, by translation key; what a home has not is left out. Everything else that a
// home has is on its device's page.
const TODAY = [
  "status", "next_charge", "current_rate", "cheapest_slot", "cost_today", "saving_today", "tomorrows_rates",
  "problem",
];
const SWITCHES = ["scheduler", "dry_run"];
const POWERS = ["solar_power", "house_power", "battery_power", "grid_power"];
const LEVELS = ["charge_level", "planned_level"];
const ENERGIES = ["grid_import_energy", "grid_export_energy", "solar_energy", "house_energy"];
const CHARGED = ["battery_charge_energy", "battery_discharge_energy"];
const SCORES = ["solar_forecast_error", "load_forecast_error", "carbon_intensity"];
const SAVINGS = ["saving_today", "saving_this_month", "saving_total", "dry_run_saving", "plan_outcome"];
const COSTS = ["cost_today", "cost_tomorrow", "plan_cost", "plan_saving"];
const SETTINGS = [
  ["group_control", "mdi:robot", ["scheduler", "dry_run", "override", "join_sessions", "replan", "resume"]],
  ["group_limits", "mdi:battery-lock", ["reserve_floor", "everyday_ceiling", "price_ceiling", "peak_start", "peak_end"]],
  ["group_ready", "mdi:clock-check-outline", ["ready_by_time", "ready_by_target", "ready_once"]],
  ["group_now", "mdi:battery-charging-high", ["charge_now", "charge_now_target", "charge_now_duration"]],
  ["group_taste", "mdi:scale-balance", ["wear", "carbon_price", "carbon_forecast", "stability", "annual_load"]],
  ["group_own", "mdi:home-lock", ["operating_mode", "backup_reserve", "grid_charging", "export_rule"]],
];

export function entitiesOf(hass, deviceIds) {
  return Object.values(hass.entities ?? {}).filter(
    (entity) => entity.platform === DOMAIN && deviceIds.has(entity.device_id) && !entity.hidden,
  );
}

// `energy` is whether the Energy dashboard counts this home, `several` whether a tab must name it.
export function viewsOf(home, entities, t, { energy = false, several = false } = {}) {
  const ids = new Map(entities.map((entity) => [entity.translation_key, entity.entity_id]));
  const known = (keys) => keys.map((key) => ids.get(key)).filter(Boolean);
  const view = (key, sections) => ({
    title: several ? t("tab_of", { home: home.title, tab: t(`tab_${key}`) }) : t(`tab_${key}`),
    path: `${home.entry_id.toLowerCase()}-${key}`,
    type: "sections",
    max_columns: 3,
    sections: sections.filter(Boolean),
  });
  return [
    view("today", today(home, known, t, energy)),
    view("history", history(known, ids, t)),
    view("savings", savings(known, t)),
    view("settings", settings(home, known, t)),
  ];
}

function today(home, known, t, energy) {
  return [
    { type: "grid", column_span: 3, cards: [{ type: CARD, config_entry: home.entry_id, grid_options: FULL }] },
    section(t("section_now"), "mdi:eye", [...tiles(known(TODAY)), ...rows(known(SWITCHES))]),
    section(t("section_flow"), "mdi:swap-horizontal", [
      ...(energy ? [{ type: "energy-distribution", link_dashboard: true, grid_options: FULL }] : []),
      ...graph(known(POWERS), 24),
      ...(energy ? [] : [setUpEnergy(home, t)]),
    ]),
  ];
}

const setUpEnergy = (home, t) => ({
  type: "markdown",
  content: t("energy_hint", { link: `/config/integrations/integration/${DOMAIN}#config_entry=${home.entry_id}` }),
  grid_options: FULL,
});

function history(known, ids, t) {
  return [
    section(t("section_levels"), "mdi:battery-clock", graph(known(LEVELS), 48)),
    section(t("section_charged"), "mdi:battery-charging", bars(known(CHARGED), 14)),
    section(t("section_energy"), "mdi:flash", bars(known(ENERGIES), 14)),
    section(t("section_scores"), "mdi:bullseye-arrow", tiles(known(SCORES))),
    section(t("decisions"), "mdi:format-list-bulleted", logbook(ids.get("scheduler"))),
  ];
}

function savings(known, t) {
  const [saved] = known(["saving_total"]);
  return [
    section(t("section_savings"), "mdi:piggy-bank", tiles(known(SAVINGS))),
    section(t("section_costs"), "mdi:cash-clock", tiles(known(COSTS))),
    ...[["per_day", "day", 31], ["per_week", "week", 182], ["per_month", "month", 365]].map(([key, period, days]) =>
      section(t(key), "mdi:chart-bar", saved ? bars([saved], days, period) : []),
    ),
  ];
}

function settings(home, known, t) {
  const groups = SETTINGS.map(([key, icon, keys]) => section(t(key), icon, rows(known(keys))));
  const more = {
    type: "markdown",
    content: t("settings_hint", { link: `/config/integrations/integration/${DOMAIN}#config_entry=${home.entry_id}` }),
    grid_options: FULL,
  };
  return [...groups, section(t("group_more"), "mdi:cog", [more])];
}

const named = (entity) => ({ entity, name: { type: "entity" } });
const tiles = (entityIds) => entityIds.map((entity) => ({ type: "tile", ...named(entity) }));

function rows(entityIds) {
  return entityIds.length ? [{ type: "entities", entities: entityIds.map(named), grid_options: FULL }] : [];
}

function graph(entityIds, hours) {
  if (!entityIds.length) return [];
  return [{ type: "history-graph", hours_to_show: hours, entities: entityIds.map(named), grid_options: FULL }];
}

// What was added to counters in each period, as Home Assistant's long-term statistics have it.
function bars(entityIds, days, period = "day") {
  if (!entityIds.length) return [];
  const entities = entityIds.map(named);
  return [
    {
      type: "statistics-graph", chart_type: "bar", stat_types: ["change"], period, days_to_show: days, entities,
      grid_options: FULL,
    },
  ];
}

// What is done and ordered is filed under the scheduler's switch: sentences, not every change of a state.
function logbook(scheduler) {
  if (!scheduler) return [];
  return [{ type: "logbook", target: { entity_id: [scheduler] }, hours_to_show: 48, grid_options: FULL }];
}

const section = (heading, icon, cards) =>
  cards.length ? { type: "grid", cards: [{ type: "heading", heading, icon }, ...cards] } : null;

// Whether the Energy dashboard's preferences count one of these entities.
export function isCounted(preferences, entities) {
  const ours = new Set(entities.map((entity) => entity.entity_id));
  const named = [];
  const walk = (value) => {
    if (typeof value === "string") named.push(value);
    else if (value && typeof value === "object") Object.values(value).forEach(walk);
  };
  walk(preferences?.energy_sources ?? []);
  return named.some((each) => ours.has(each));
}
