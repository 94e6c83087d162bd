"""The sentences in the languages delivered, for tests without Home Assistant."""

from custom_components.smart_battery_scheduler.text.sentences import read_sentences

ENGLISH = read_sentences("en")
