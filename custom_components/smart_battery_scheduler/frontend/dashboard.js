// The views of the ready dashboard, made from what a home has. Pure.
const DOMAIN = "smart_battery_scheduler";
const READABLE = new Set(["sensor", "binary_sensor", "event", "calendar"]);

// Which entities belong together, by their translation keys; what is in no group comes last.
const GROUPS = [
  ["Rates", "mdi:cash-clock", /rate|session|carbon|price_now|worth/],
  ["Savings", "mdi:piggy-bank", /saving|cost|forecast|accuracy|actual/],
  ["Power", "mdi:flash", /power|energy|charge_level|grid|solar|house/],
];

export function entitiesOf(hass, deviceIds) {
  return Object.values(hass.entities ?? {}).filter(
    (entity) => entity.platform === DOMAIN && deviceIds.has(entity.device_id) && !entity.hidden,
  );
}

export function sectionsOf(entities) {
  const domain = (entity) => entity.entity_id.split(".")[0];
  const readable = entities.filter((entity) => READABLE.has(domain(entity)));
  const settings = entities.filter((entity) => !READABLE.has(domain(entity)));
  const left = new Set(readable);
  const sections = GROUPS.map(([title, icon, pattern]) => {
    const members = [...left].filter((entity) => pattern.test(entity.translation_key ?? ""));
    members.forEach((entity) => left.delete(entity));
    return section(title, icon, tiles(members));
  });
  sections.push(section("More", "mdi:dots-horizontal", tiles([...left])));
  sections.push(section("Settings", "mdi:tune", rows(settings)));
  return sections.filter(Boolean);
}

const tiles = (entities) =>
  entities.map(({ entity_id: entity }) => ({ type: "tile", entity, name: { type: "entity" } }));

function rows(entities) {
  if (!entities.length) return [];
  const listed = entities.map(({ entity_id: entity }) => ({ entity, name: { type: "entity" } }));
  return [{ type: "entities", entities: listed, grid_options: { columns: "full" } }];
}

const section = (heading, icon, cards) =>
  cards.length ? { type: "grid", cards: [{ type: "heading", heading, icon }, ...cards] } : null;

export function viewOf(home, entities) {
  const plan = {
    type: "grid",
    column_span: 3,
    cards: [
      { type: "custom:smart-battery-scheduler-card", config_entry: home.entry_id, grid_options: { columns: "full" } },
    ],
  };
  const logbook = entities.length
    ? section("What was done", "mdi:format-list-bulleted", [
        { type: "logbook", target: { entity_id: entities.map((e) => e.entity_id) }, hours_to_show: 24, grid_options: { columns: "full" } },
      ])
    : null;
  return {
    title: home.title,
    path: home.entry_id.toLowerCase(),
    icon: "mdi:home-battery",
    type: "sections",
    max_columns: 3,
    sections: [plan, ...sectionsOf(entities), logbook].filter(Boolean),
  };
}
