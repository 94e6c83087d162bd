"""Writes the card's sentences for the browser from the table of sentences: python -m scripts.card_sentences."""

import json
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "custom_components" / "smart_battery_scheduler"
TARGET = PACKAGE / "frontend" / "js" / "sentences.js"
HEAD = (
    "// Written by `python -m scripts.card_sentences` from the section `card` of ../../sentences/*.json: change those.\n"
    "// Plain enough for old browsers.\n"
)


def module() -> str:
    """The JavaScript module: ``tables``, by language, of texts or of forms by number."""
    tables = {
        path.stem: json.loads(path.read_text("utf-8"))["card"]
        for path in sorted((PACKAGE / "sentences").glob("*.json"))
    }
    lines = [f"{HEAD}export const tables = {{"]
    for language, texts in tables.items():
        lines.append(f"  {language}: {{")
        lines += (f"    {name}: {_literal(text)}," for name, text in texts.items())
        lines.append("  },")
    return "\n".join([*lines, "};", ""])


def _literal(text: str | dict[str, str]) -> str:
    if isinstance(text, str):
        return json.dumps(text, ensure_ascii=False)
    return f"{{ {', '.join(f'{form}: {_literal(each)}' for form, each in text.items())} }}"


if __name__ == "__main__":
    TARGET.write_text(module(), "utf-8")
