// The ready dashboard: `strategy: {type: custom:smart-battery-scheduler}`.
import { entitiesOf, viewOf } from "./dashboard.js";
import { listHomes } from "./line.js";
import { translator } from "./strings.js";

const NAME = "ll-strategy-dashboard-smart-battery-scheduler";

async function homesWithEntities(hass) {
  const homes = await listHomes(hass);
  return homes.map((home) => {
    const devices = Object.values(hass.devices ?? {}).filter((device) =>
      device.config_entries?.includes(home.entry_id),
    );
    return [home, entitiesOf(hass, new Set(devices.map((device) => device.id)))];
  });
}

if (!customElements.get(NAME)) {
  customElements.define(
    NAME,
    class extends HTMLElement {
      static async generate(config, hass) {
        const homes = (await homesWithEntities(hass)).filter(
          ([home]) => !config.config_entry || home.entry_id === config.config_entry,
        );
        const t = translator(hass.language);
        return { title: "Smart Battery Scheduler", views: homes.map(([home, entities]) => viewOf(home, entities, t)) };
      }
    },
  );
}
