// Loaded with every page of the frontend; brings the card when it can be defined.
const TYPE = "smart-battery-scheduler-card";

window.customCards = window.customCards || [];
if (!window.customCards.some((card) => card.type === TYPE)) {
  window.customCards.push({
    type: TYPE,
    name: "Smart Battery Scheduler",
    description: "The battery's plan, why it is so, and the orders it takes",
    preview: true,
    documentationURL: "https://github.com/PG-code404/smart-battery-scheduler",
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
    return import("./plain.js").then((plain) => plain.definePlain(TYPE));
  });
  return import("./strategy.js");
});
