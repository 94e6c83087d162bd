// The subscription to one home: keeps its state, says when it changed, comes back after a restart.
import { applyPatch } from "./patch.js";

const DOMAIN = "smart_battery_scheduler";
const AGAIN_AFTER_MS = 5000;

export class Line {
  // changed(state | null, problem | null): problem is "connecting", "not_running" or "not_allowed".
  constructor(connection, entryId, changed, pauseMs = AGAIN_AFTER_MS) {
    this.pauseMs = pauseMs;
    this.connection = connection;
    this.entryId = entryId;
    this.changed = changed;
    this.state = null;
    this.closed = false;
    this.reconnected = () => this.open();
    connection.addEventListener("ready", this.reconnected);
    this.open();
  }

  // The connection would ask again only once after a restart, when the home may not run yet.
  async open() {
    clearTimeout(this.timer);
    const turn = (this.turn = {});
    const listener = (event) => this.turn === turn && this.received(event);
    try {
      const unsubscribe = await this.connection.subscribeMessage(
        listener,
        { type: `${DOMAIN}/subscribe`, config_entry_id: this.entryId },
        { resubscribe: false },
      );
      if (this.closed || this.turn !== turn) unsubscribe().catch(() => {});
      else this.unsubscribe = unsubscribe;
    } catch (error) {
      if (this.closed || this.turn !== turn) return;
      this.state = null;
      const refused = error?.code === "unauthorized";
      // A user who may not see it is not asked for again: a change of rights comes with a new connection.
      if (!refused) this.again();
      this.changed(null, refused ? "not_allowed" : "not_running");
    }
  }

  received(event) {
    if (this.closed) return;
    if (event.gone) {
      this.changed(this.state, "not_running");
      this.drop();
      this.again();
      return;
    }
    this.state = event.state ?? applyPatch(this.state ?? {}, event.patch);
    this.changed(this.state, null);
  }

  again() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), this.pauseMs);
  }

  drop() {
    this.unsubscribe?.().catch(() => {});
    this.unsubscribe = undefined;
  }

  close() {
    this.closed = true;
    this.connection.removeEventListener("ready", this.reconnected);
    clearTimeout(this.timer);
    this.drop();
  }
}

export async function listHomes(hass) {
  return (await hass.connection.sendMessagePromise({ type: `${DOMAIN}/homes` })).homes;
}
