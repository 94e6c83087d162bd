"""The sentences in the languages delivered, for tests; and how to find English left over in another one."""

import re

from custom_components.smart_battery_scheduler.text.sentences import read_sentences

ENGLISH = read_sentences("en")
GERMAN = read_sentences("de")

# Words that English sentences cannot do without and that are no German words, nor names.
STOP_WORDS = (
    "the and of to at not with until for from are it its you your be no has have this that because "
    "charge charges charging charged battery rate rates house hours half-hour half-hours slot slots "
    "cannot does did when where what which why how there then than more less now next by or if "
    "settings scheduler suspended running grid solar-power tomorrow yesterday today"
)
ENGLISH_WORD = re.compile(rf"(?<![\w-])({'|'.join(STOP_WORDS.split())})(?![\w-])", re.IGNORECASE)
# What keeps its English name in German: products, places on others' screens, and words that are matched.
NAMES = re.compile(
    r"Smart Battery Scheduler|Power[- ](?:Down|Up)|Settings > Developer API"
    r"|Happy Hours|duration oder until|Personal details > API access|„Grid Charging“|„working from home“|„day off“|In-Home-Display"
    r"|\{\w+\}|\]\([^)]*\)|smart_battery_scheduler\w*"
)


def english_in(text: str) -> list[str]:
    """English words in a text of another language."""
    return ENGLISH_WORD.findall(NAMES.sub("", text))
