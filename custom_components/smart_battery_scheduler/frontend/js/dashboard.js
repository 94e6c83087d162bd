// The views of the ready dashboard, made from what a home has. Pure.
const DOMAIN = "smart_battery_scheduler";
const READABLE = new Set(["sensor", "binary_sensor", "event", "calendar"]);
// Of what can be set, first what a newcomer looks for: the scheduler itself and the dry run.
const SETTABLE = ["switch", "select", "number", "time", "button"];

// Which entities belong together, by their translation keys; what is in no group belongs to the plan.
const GROUPS = [
  ["section_rates", "mdi:cash-clock", /rate|session|carbon|price_now|worth/],
  ["section_savings", "mdi:piggy-bank", /saving|cost|forecast|accuracy|actual/],
  ["section_power", "mdi:flash", /power|energy|charge_level|grid|solar|house/],
];

const domainOf = (entity) => entity.entity_id.split(".")[0];

export function entitiesOf(hass, deviceIds) {
  return Object.values(hass.entities ?? {}).filter(
    (entity) => entity.platform === DOMAIN && deviceIds.has(entity.device_id) && !entity.hidden,
  );
}

// First what happens and why, last what is rarely changed.
export function sectionsOf(entities, t) {
  const readable = entities.filter((entity) => READABLE.has(domainOf(entity)));
  const settings = entities.filter((entity) => !READABLE.has(domainOf(entity)));
  const left = new Set(readable);
  const sections = GROUPS.map(([title, icon, pattern]) => {
    const members = [...left].filter((entity) => pattern.test(entity.translation_key ?? ""));
    members.forEach((entity) => left.delete(entity));
    return section(t(title), icon, tiles(members));
  });
  return [
    section(t("section_plan"), "mdi:calendar-clock", tiles([...left])),
    ...sections,
    section(t("decisions"), "mdi:format-list-bulleted", logbook(entities)),
    section(t("section_settings"), "mdi:tune", rows(settings)),
  ].filter(Boolean);
}

const tiles = (entities) =>
  entities.map(({ entity_id: entity }) => ({ type: "tile", entity, name: { type: "entity" } }));

function rows(entities) {
  if (!entities.length) return [];
  const rank = (entity) => SETTABLE.indexOf(domainOf(entity));
  const sorted = [...entities].sort((one, other) => rank(one) - rank(other));
  const listed = sorted.map(({ entity_id: entity }) => ({ entity, name: { type: "entity" } }));
  return [{ type: "entities", entities: listed, grid_options: { columns: "full" } }];
}

// What is done and ordered is filed under the scheduler's switch: sentences, not every change of a state.
function logbook(entities) {
  const scheduler = entities.find((entity) => entity.translation_key === "scheduler");
  if (!scheduler) return [];
  const target = { entity_id: [scheduler.entity_id] };
  return [{ type: "logbook", target, hours_to_show: 24, grid_options: { columns: "full" } }];
}

const section = (heading, icon, cards) =>
  cards.length ? { type: "grid", cards: [{ type: "heading", heading, icon }, ...cards] } : null;

export function viewOf(home, entities, t) {
  const plan = {
    type: "grid",
    column_span: 3,
    cards: [
      { type: "custom:smart-battery-scheduler-card", config_entry: home.entry_id, grid_options: { columns: "full" } },
    ],
  };
  return {
    title: home.title,
    path: home.entry_id.toLowerCase(),
    icon: "mdi:home-battery",
    type: "sections",
    max_columns: 3,
    sections: [plan, ...sectionsOf(entities, t)],
  };
}
