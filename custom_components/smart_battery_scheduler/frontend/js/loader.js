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

// Stands in for the dashboard where its module does not load, and says so above whatever stands in for the card.
function defineNote(error) {
  if (customElements.get(STRATEGY)) return;
  const content = `The battery dashboard could not be loaded: ${error.message || error}. Reload this page.`;
  class Note extends HTMLElement {}
  Note.generate = () =>
    Promise.resolve({ views: [{ cards: [{ type: "markdown", content }, { type: `custom:${TYPE}` }] }] });
  customElements.define(STRATEGY, Note);
}

// Where the card's module does not run, a plain table stands in for it.
function standIn(file, error) {
  if (file === "card.js") {
    console.warn("Smart Battery Scheduler shows a plain table:", error);
    import("./plain.js").then((plain) => plain.definePlain(TYPE, error));
  } else {
    console.error("The battery dashboard could not be loaded:", error);
    defineNote(error);
  }
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

// Fetched at once, beside Home Assistant's own files. 2026.10 replaces the element registry after extra modules
// ran, and what is defined before is lost: so nothing in it runs before Home Assistant's own element is there.
const bundle = import("./bundle.js");
// Looked at below, when it is needed.
bundle.catch(() => {});
customElements.whenDefined("home-assistant").then(() =>
  bundle
    .then((modules) => modules.start())
    .catch((error) => [["card.js", error], ["strategy.js", error]])
    .then((failed) => failed.forEach(([file, error]) => standIn(file, error))),
);
