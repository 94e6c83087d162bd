// The subscription to one home: keeps its state, says when it changed.
import { applyPatch } from "./patch.js";

const DOMAIN = "smart_battery_scheduler";
const AGAIN_AFTER_MS = 5000;

export class Line {
  // told(state | null, problem | null): problem is "connecting", "not_running" or "not_allowed".
  constructor(connection, entryId, told) {
    this.connection = connection;
    this.entryId = entryId;
    this.told = told;
    this.state = null;
    this.closed = false;
    this.open();
  }

  async open() {
    try {
      const unsubscribe = await this.connection.subscribeMessage((event) => this.received(event), {
        type: `${DOMAIN}/subscribe`,
        config_entry_id: this.entryId,
      });
      if (this.closed) unsubscribe().catch(() => {});
      else this.unsubscribe = unsubscribe;
    } catch (error) {
      if (this.closed) return;
      this.state = null;
      this.told(null, error?.code === "unauthorized" ? "not_allowed" : "not_running");
      this.again();
    }
  }

  received(event) {
    if (this.closed) return;
    if (event.gone) {
      this.told(this.state, "not_running");
      this.drop();
      this.again();
      return;
    }
    this.state = event.state ?? applyPatch(this.state ?? {}, event.patch);
    this.told(this.state, null);
  }

  again() {
    this.timer = setTimeout(() => this.open(), AGAIN_AFTER_MS);
  }

  drop() {
    this.unsubscribe?.().catch(() => {});
    this.unsubscribe = undefined;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.drop();
  }
}

export async function listHomes(hass) {
  return (await hass.connection.sendMessagePromise({ type: `${DOMAIN}/homes` })).homes;
}
