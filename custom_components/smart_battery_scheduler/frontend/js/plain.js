// For browsers that cannot run the card: the same plan as a bare table. Written in old JavaScript
// throughout, so that it runs where the other modules do not.
import { tables } from "./sentences.js";

const SUBSCRIBE = "smart_battery_scheduler/subscribe";
const HOMES = "smart_battery_scheduler/homes";
const AGAIN_AFTER_MS = 5000;

// The sentences of a language, else English.
function sentencesOf(language) {
  return tables[language] || tables[(language || "").split("-")[0]] || tables.en;
}

function merged(state, patch) {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = Object.assign({}, state);
  Object.keys(patch).forEach((key) => {
    if (patch[key] === null) delete result[key];
    else result[key] = merged(result[key], patch[key]);
  });
  return result;
}

// [[time, action, rate, level]] of the half-hours that are not over. Pure.
export function plainRows(state, now, language) {
  const words = sentencesOf(language);
  const slots = (state && state.plan && state.plan.slots) || {};
  const figure = (value, unit) => (typeof value === "number" ? `${value.toFixed(unit === "%" ? 0 : 1)} ${unit}` : "?");
  return Object.keys(slots)
    .map((key) => slots[key])
    .filter((slot) => Date.parse(slot.end) > now)
    .sort((one, other) => Date.parse(one.start) - Date.parse(other.start))
    .map((slot) => [
      new Date(slot.start).toLocaleString(language || [], { weekday: "short", hour: "2-digit", minute: "2-digit" }),
      words[slot.action] || "?",
      slot.rate_is_estimate
        ? words.estimated.replace("{rate}", figure(slot.import_p_per_kwh, "p/kWh"))
        : figure(slot.import_p_per_kwh, "p/kWh"),
      figure(slot.end_percent, "%"),
    ]);
}

function row(kind, texts) {
  const line = document.createElement("tr");
  texts.forEach((text) => {
    const cell = document.createElement(kind);
    cell.style.cssText = "text-align: start; padding: 4px 8px;";
    cell.textContent = text;
    line.appendChild(cell);
  });
  return line;
}

export function plainTable(state, now, language) {
  const words = sentencesOf(language);
  const table = document.createElement("table");
  table.appendChild(row("th", [words.time, words.action, words.rate, words.level]));
  plainRows(state, now, language).forEach((texts) => table.appendChild(row("td", texts)));
  return table;
}

// `error` is why the card itself could not be loaded, if it is known.
export function definePlain(type, error) {
  if (customElements.get(type)) return;
  customElements.define(
    type,
    class extends HTMLElement {
      setConfig(config) {
        this.config = config || {};
      }

      set hass(hass) {
        this.connection = hass.connection;
        this.language = (hass.locale && hass.locale.language) || hass.language;
        this.begin();
      }

      connectedCallback() {
        this.begin();
      }

      disconnectedCallback() {
        clearTimeout(this.timer);
        this.end();
      }

      getCardSize() {
        return 10;
      }

      // One subscription at a time; messages of an earlier one are ignored.
      begin() {
        const connection = this.connection;
        if (this.turn || !connection || !this.isConnected) return;
        const turn = {};
        this.turn = turn;
        const listener = (event) => this.turn === turn && this.receive(event);
        const chosen = this.config.config_entry
          ? Promise.resolve(this.config.config_entry)
          : connection.sendMessagePromise({ type: HOMES }).then((found) => found.homes[0].entry_id);
        chosen
          .then((entry) => connection.subscribeMessage(listener, { type: SUBSCRIBE, config_entry_id: entry }))
          .then((unsubscribe) => {
            if (this.turn === turn) this.unsubscribe = unsubscribe;
            else unsubscribe();
          })
          .catch((failure) => {
            if (this.turn !== turn) return;
            const refused = failure && failure.code === "unauthorized";
            const words = sentencesOf(this.language);
            this.show(refused ? words.not_allowed : words.not_running);
            if (!refused) this.again();
          });
      }

      end() {
        this.turn = undefined;
        if (this.unsubscribe) Promise.resolve(this.unsubscribe()).catch(() => {});
        this.unsubscribe = undefined;
      }

      again() {
        this.end();
        this.timer = setTimeout(() => this.begin(), AGAIN_AFTER_MS);
      }

      receive(event) {
        if (event.gone) {
          this.show(sentencesOf(this.language).not_running);
          return this.again();
        }
        this.state = event.state || merged(this.state, event.patch);
        const why = error && error.message ? ` (${error.message})` : "";
        const words = sentencesOf(this.language).card_as_table.replace("{why}", why);
        return this.show(words, this.state);
      }

      show(words, state) {
        const card = document.createElement("ha-card");
        card.style.cssText = "display: block; padding: 16px; overflow: auto;";
        const note = document.createElement("p");
        note.textContent = words;
        card.appendChild(note);
        if (state) card.appendChild(plainTable(state, Date.now(), this.language));
        while (this.firstChild) this.removeChild(this.firstChild);
        this.appendChild(card);
      }
    },
  );
}
