"""Talk to the running development home through Assist and print what was said; `scripts/talk` starts this."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
import sys

from .address import running_home
from .api import HomeAssistantApi, connect

# The sentences of the documentation; the last ones take back what the others asked for.
CONVERSATION = (
    "what is the battery doing",
    "how full is the Powerwall",
    "when will it charge",
    "why is the battery doing that",
    "charge to 80 percent by 6",
    "charge the battery to 95 percent",
    "is Demo home charge now on",
    "why",
    "turn off Demo home charge now",
    "turn on the Demo home charge now",
    "stop charging the battery",
    "is it cheap right now",
    "how much did I save today",
    "hold the battery for an hour",
    "cancel that",
    "don't charge tonight",
    "cancel that",
    "when will the battery charge next",
    "what is the battery of Nowhere doing",
)


# As long as a person takes to say the next thing; plans that follow quickly upon each other are made as one.
PAUSE_S = 3


async def talk(
    api: HomeAssistantApi, sentences: Sequence[str]
) -> AsyncIterator[tuple[str, str, str]]:
    """Say each sentence; yield it with the kind of answer and the answer."""
    for sentence in sentences:
        reply = await api.command("conversation/process", text=sentence, language="en")
        response = reply["response"]
        # "Never mind" is answered with silence.
        spoken = response["speech"].get("plain", {}).get("speech", "")
        yield sentence, response["response_type"], spoken
        await asyncio.sleep(PAUSE_S)


async def _print(url: str, sentences: Sequence[str]) -> None:
    async with connect(url) as api:
        async for sentence, kind, answer in talk(api, sentences):
            print(f"> {sentence}\n  {answer}{'' if kind != 'error' else '  [error]'}")


def main() -> int:
    """Parse the command line and talk."""
    parser = argparse.ArgumentParser(prog="scripts/talk", description=__doc__)
    parser.add_argument("sentence", nargs="*", help="what to say; a whole conversation if left out")
    parser.add_argument("--url", help="another Home Assistant with the same user")
    arguments = parser.parse_args()
    home = running_home()
    url: str | None = arguments.url or (home.url if home else None)
    if url is None:
        print("No development home is running: start one with scripts/develop", file=sys.stderr)
        return 1
    asyncio.run(_print(url, arguments.sentence or CONVERSATION))
    return 0


if __name__ == "__main__":
    sys.exit(main())
