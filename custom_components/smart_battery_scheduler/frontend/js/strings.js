// Everything the card says, in the person's language. The words are in sentences/*.json beside this folder,
// in the section "card"; `python -m scripts.card_sentences` makes sentences.js of them.
import { tables } from "./sentences.js";

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

// The language that the card speaks to a person, and which way it is written.
export function spoken(language = "en") {
  const found = [language, language.split("-")[0], "en"].find((each) => tables[each]);
  return { language: found, direction: RIGHT_TO_LEFT.has(found) ? "rtl" : "ltr" };
}

// t(key, values): a text with forms by number takes that of values.count.
export function translator(language) {
  const known = spoken(language).language;
  const table = tables[known];
  return (key, values = {}) => {
    const found = table[key] ?? tables.en[key] ?? key;
    const text = typeof found === "string" ? found : formOf(found, values.count, known);
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "?");
  };
}

function formOf(forms, count, language) {
  return forms[new Intl.PluralRules(language).select(Number(count))] ?? forms.other;
}
