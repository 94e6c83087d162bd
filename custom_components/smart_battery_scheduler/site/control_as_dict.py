"""What control knows of a command, as plain data for attributes, action responses and the card."""

from ..common.serialisation import Json, encode
from ..control.model import CommandStatus


def command_status_as_dict(status: CommandStatus | None) -> dict[str, Json] | None:
    """When a command got how far, as ISO times; the keys are public since the first version."""
    if status is None:
        return None
    return {
        "sent_at": encode(status.sent_at),
        "accepted_at": encode(status.accepted_at),
        "read_back_at": encode(status.read_back_at),
        "seen_at": encode(status.confirmed_at),
        "seen_w": status.confirmed_w,
        "doubted_at": encode(status.doubted_at),
    }
