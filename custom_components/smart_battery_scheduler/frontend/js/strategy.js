// The ready dashboard: `strategy: {type: custom:smart-battery-scheduler}`.
import { entitiesOf, isCounted, viewsOf } from "./dashboard.js";
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

// Without the Energy dashboard, or the right to read its preferences, no home is counted by it.
const energyPreferences = (hass) => hass.callWS({ type: "energy/get_prefs" }).catch(() => undefined);

if (!customElements.get(NAME)) {
  customElements.define(
    NAME,
    class extends HTMLElement {
      static async generate(config, hass) {
        const [all, preferences] = await Promise.all([homesWithEntities(hass), energyPreferences(hass)]);
        const homes = all.filter(([home]) => !config.config_entry || home.entry_id === config.config_entry);
        const t = translator(hass.language);
        const views = homes.flatMap(([home, entities]) =>
          viewsOf(home, entities, t, { energy: isCounted(preferences, entities), several: homes.length > 1 }),
        );
        return { title: "Smart Battery Scheduler", views };
      }
    },
  );
}
