"""The account's side of Octoplus and Intelligent: what sessions and cars it has. Public to change."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from custom_components.smart_battery_scheduler.common.serialisation import Json

HOME_REGION = 7


@dataclass(slots=True)
class CampaignSession:
    """One event of the saving sessions feed. ``regions`` empty is everywhere."""

    id: int
    start: datetime
    end: datetime
    kind: str = "TURN_DOWN"
    points: int = 180
    regions: tuple[int, ...] = ()
    joined: bool = False

    @property
    def code(self) -> str:
        """What joining needs."""
        return f"EVENT_{self.id}"

    @property
    def as_event(self) -> Json:
        """As it is told to everybody."""
        return {
            "id": self.id,
            "code": self.code,
            "rewardPerKwhInOctoPoints": self.points,
            "startAt": self.start.isoformat(),
            "endAt": self.end.isoformat(),
            "devEvent": False,
            "eventType": self.kind,
            "targetRegion": [{"regionId": region} for region in self.regions],
        }

    @property
    def as_joined(self) -> Json:
        """As it is told to who joined: in fewer words."""
        return {
            "eventId": self.id,
            "startAt": self.start.isoformat(),
            "endAt": self.end.isoformat(),
            "rewardGivenInOctoPoints": None,
            "eventType": self.kind,
        }


@dataclass(slots=True)
class FreeSession:
    """One free electricity event."""

    code: str
    start: datetime
    end: datetime
    participant: bool = True


@dataclass(slots=True)
class Octoplus:
    """All that the GraphQL API knows of the account; ``fields_gone`` are switched off."""

    enrolled: bool = True
    sessions: list[CampaignSession] = field(default_factory=list)
    free: list[FreeSession] = field(default_factory=list)
    cars: dict[str, str] = field(default_factory=dict)
    dispatches: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    # SMART_CONTROL_IN_PROGRESS while a charge is scheduled or goes on, SMART_CONTROL_CAPABLE when
    # a car is plugged in and none is (HomeAssistant-OctopusEnergy, entities/intelligent).
    car_state: str = "SMART_CONTROL_IN_PROGRESS"
    # What was done, newest first; as on the real API without a word of what set it off, boosts
    # among it (HomeAssistant-OctopusEnergy, FAQ on started dispatches).
    completed: list[tuple[datetime, datetime]] = field(default_factory=list)
    # Entries as they are, to stand among the planned ones.
    odd_dispatches: list[Json] = field(default_factory=list)
    fields_gone: set[str] = field(default_factory=set)
    errors: dict[str, str] = field(default_factory=dict)
    points_used_by_others: int = 0
    minted: int = 0
    tokens: dict[str, datetime] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)

    def mint(self, now: datetime) -> Json:
        """A new pair of tokens."""
        self.minted += 1
        token, refresh = f"token-{self.minted}", f"refresh-{self.minted}"
        self.tokens[token] = now + timedelta(hours=1)
        self.refresh_tokens.add(refresh)
        until = (now.astimezone(UTC) + timedelta(days=7)).timestamp()
        return {"token": token, "refreshToken": refresh, "refreshExpiresIn": round(until)}
