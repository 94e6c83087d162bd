// Loaded with every page of the frontend; brings the card when it can be defined.
const TYPE = "smart-battery-scheduler-card";
const STRATEGY = "ll-strategy-dashboard-smart-battery-scheduler";
const DOMAIN = "smart_battery_scheduler";

// Under "by entity" in the card picker: an entity of ours suggests the card of its home.
function suggestionFor(hass, entityId) {
  const entity = hass.entities && hass.entities[entityId];
  if (!entity || entity.platform !== DOMAIN) return null;
  const device = (hass.devices && hass.devices[entity.device_id]) || {};
  const home = device.config_entry_id || (device.config_entries || [])[0];
  return { config: home ? { type: `custom:${TYPE}`, config_entry: home } : { type: `custom:${TYPE}` } };
}

// Stands in for the dashboard where its module does not load, and says so.
function defineNote(error) {
  if (customElements.get(STRATEGY)) return;
  const content = `The battery dashboard could not be loaded: ${error.message || error}. Reload this page.`;
  class Note extends HTMLElement {}
  Note.generate = () => Promise.resolve({ views: [{ cards: [{ type: "markdown", content }] }] });
  customElements.define(STRATEGY, Note);
}

window.customCards = window.customCards || [];
if (!window.customCards.some((card) => card.type === TYPE)) {
  window.customCards.push({
    type: TYPE,
    name: "Smart Battery Scheduler",
    description: "The battery's plan, why it is so, and the orders it takes",
    preview: true,
    documentationURL: "https://github.com/PG-code404/smart-battery-scheduler",
    getEntitySuggestion: suggestionFor,
  });
}

// Offers the ready dashboard among those that can be added.
window.customStrategies = window.customStrategies || [];
if (!window.customStrategies.some((strategy) => strategy.type === "smart-battery-scheduler")) {
  window.customStrategies.push({
    type: "smart-battery-scheduler",
    strategyType: "dashboard",
    name: "Smart Battery Scheduler",
    description: "Plan, orders, rates, savings, decisions and settings of your battery",
    documentationURL: "https://github.com/PG-code404/smart-battery-scheduler",
  });
}

// 2026.10 replaces the element registry after extra modules ran: what is defined before is lost.
// Where the card's modules do not load, a plain table stands in for it.
customElements.whenDefined("home-assistant").then(() => {
  import("./card.js").catch((error) => {
    console.warn("Smart Battery Scheduler shows a plain table:", error);
    return import("./plain.js").then((plain) => plain.definePlain(TYPE, error));
  });
  return import("./strategy.js").catch((error) => {
    console.error("The battery dashboard could not be loaded:", error);
    defineNote(error);
  });
});
