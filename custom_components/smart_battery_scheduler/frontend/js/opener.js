// The sidebar's page while open pages may not have our modules: it brings them, then goes on to the dashboard.
// (A page of the frontend loads extra modules once, at its start; a custom panel's module, when it is opened.)
import "./loader.js";

const NAME = "smart-battery-scheduler-opener";
const STRATEGY = "ll-strategy-dashboard-smart-battery-scheduler";

class Opener extends HTMLElement {
  set panel(panel) {
    this.dashboard = panel.config.dashboard;
    this.open();
  }

  set route(route) {
    this.view = route.path;
  }

  connectedCallback() {
    this.open();
  }

  async open() {
    await customElements.whenDefined(STRATEGY);
    if (!this.isConnected || !this.dashboard) return;
    // In place of this page, so that "back" does not come here again.
    history.replaceState(history.state, "", `/${this.dashboard}${this.view ?? ""}`);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: true } }));
  }
}

if (!customElements.get(NAME)) customElements.define(NAME, Opener);
