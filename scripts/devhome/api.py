"""Home Assistant's REST and websocket API, as far as development and tests need it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, NotRequired, TypedDict

import aiohttp

from .process import HomeAssistantError

USER = "demo"
PASSWORD = "demo"  # loopback only, and printed at every start

_REQUEST_TIMEOUT = aiohttp.ClientTimeout(total=60)
_RUNNING_TIMEOUT_S = 120.0
_POLL_S = 0.2

# JSON of another program enters here; the public methods name its shape.
type Json = Any


class State(TypedDict):
    """One entity's state."""

    entity_id: str
    state: str
    attributes: dict[str, Json]


class RegistryEntry(TypedDict):
    """One entity as the registry lists it."""

    entity_id: str
    unique_id: str
    platform: str
    disabled_by: str | None
    entity_category: str | None
    config_entry_id: str | None
    translation_key: str | None


class Entry(TypedDict):
    """One config entry."""

    entry_id: str
    domain: str
    title: str
    state: str


class FlowStep(TypedDict):
    """One step, or the end, of a config flow."""

    type: str
    flow_id: str
    step_id: NotRequired[str]
    errors: NotRequired[dict[str, str] | None]
    data_schema: NotRequired[list[dict[str, Json]] | None]
    menu_options: NotRequired[list[str] | dict[str, str]]
    reason: NotRequired[str]
    title: NotRequired[str]
    result: NotRequired[Entry]


class Tokens(TypedDict):
    """What Home Assistant gives for a log-in."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class HomeAssistantApi:
    """A logged-in client. Make one with `connect`."""

    def __init__(self, url: str, session: aiohttp.ClientSession, access_token: str) -> None:
        """Use a session that lives at least as long as this object."""
        self.url = url
        self._session = session
        self._access_token = access_token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._last_id = 0

    async def request(self, method: str, path: str, body: Json = None) -> Json:
        """Send one REST request and return the decoded answer.

        Raises:
            HomeAssistantError: the answer is not a success.
        """
        headers = {"Authorization": f"Bearer {self._access_token}"}
        return await _json(self._session, method, self.url + path, json=body, headers=headers)

    async def command(self, kind: str, **fields: Json) -> Json:
        """Send one websocket command and return its result.

        Raises:
            HomeAssistantError: the command failed.
        """
        if self._socket is None:
            self._socket = await self._open_socket()
        self._last_id += 1
        await self._socket.send_json({"id": self._last_id, "type": kind, **fields})
        while True:
            answer: dict[str, Json] = await self._socket.receive_json(timeout=60)
            if answer.get("id") == self._last_id and answer["type"] == "result":
                break
        if not answer["success"]:
            raise HomeAssistantError(f"{kind}: {answer['error']}")
        return answer["result"]

    async def until_running(self) -> None:
        """Return once start-up is complete.

        Raises:
            TimeoutError: it took longer than two minutes.
        """
        async with asyncio.timeout(_RUNNING_TIMEOUT_S):
            while (await self.request("GET", "/api/config"))["state"] != "RUNNING":
                await asyncio.sleep(_POLL_S)

    async def states(self) -> dict[str, State]:
        """Return every state, by entity id."""
        states: list[State] = await self.request("GET", "/api/states")
        return {state["entity_id"]: state for state in states}

    async def entities(self, platform: str) -> list[RegistryEntry]:
        """Return what an integration has in the entity registry."""
        entities: list[RegistryEntry] = await self.command("config/entity_registry/list")
        return [entity for entity in entities if entity["platform"] == platform]

    async def entries(self, domain: str) -> list[Entry]:
        """Return the config entries of an integration."""
        entries: list[Entry] = await self.command("config_entries/get", domain=domain)
        return entries

    async def act(
        self, action: str, data: Mapping[str, Json] | None = None, *, response: bool = False
    ) -> Json:
        """Perform an action such as `switch.turn_off`; return its response if it has one."""
        path = f"/api/services/{action.replace('.', '/')}"
        if not response:
            return await self.request("POST", path, dict(data or {}))
        answer = await self.request("POST", f"{path}?return_response", dict(data or {}))
        return answer["service_response"]

    async def start_flow(self, handler: str | list[str], *, subentry: bool = False) -> FlowStep:
        """Begin a config flow, or a subentry flow when `handler` is [entry id, type]."""
        return await self._flow("POST", _flows(subentry=subentry), {"handler": handler})

    async def answer_flow(
        self, step: FlowStep, answer: Mapping[str, Json], *, subentry: bool = False
    ) -> FlowStep:
        """Submit a form, or choose from a menu with `{"next_step_id": ...}`."""
        path = f"{_flows(subentry=subentry)}/{step['flow_id']}"
        return await self._flow("POST", path, dict(answer))

    async def close(self) -> None:
        """Close the websocket, if one was opened."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def _flow(self, method: str, path: str, body: Json) -> FlowStep:
        step: FlowStep = await self.request(method, path, body)
        return step

    async def _open_socket(self) -> aiohttp.ClientWebSocketResponse:
        socket = await self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0)
        await socket.receive_json()
        await socket.send_json({"type": "auth", "access_token": self._access_token})
        answer = await socket.receive_json()
        if answer["type"] != "auth_ok":
            raise HomeAssistantError(f"websocket: {answer['type']}")
        return socket


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[HomeAssistantApi]:
    """Log in to a running Home Assistant, once its start-up is complete."""
    tokens = await log_in(url)
    async with aiohttp.ClientSession(timeout=_REQUEST_TIMEOUT) as session:
        api = HomeAssistantApi(url, session, tokens["access_token"])
        try:
            await api.until_running()
            yield api
        finally:
            await api.close()


async def log_in(url: str, user: str = USER, password: str = PASSWORD) -> Tokens:
    """Return tokens of a user; the demo user is made first if Home Assistant is new.

    Raises:
        HomeAssistantError: the user may not log in.
    """
    async with aiohttp.ClientSession(timeout=_REQUEST_TIMEOUT) as session:
        code = await _new_user(session, url) or await _authorise(session, url, user, password)
        tokens: Tokens = await _json(
            session,
            "POST",
            f"{url}/auth/token",
            data={"grant_type": "authorization_code", "code": code, "client_id": f"{url}/"},
        )
    return tokens


async def _new_user(session: aiohttp.ClientSession, url: str) -> str | None:
    """Make the first user; None when there is one already."""
    async with session.get(f"{url}/api/onboarding") as response:
        # The address is gone when all steps were done before this start.
        if response.status == HTTPStatus.NOT_FOUND:
            return None
        steps: list[dict[str, Json]] = await response.json()
    if any(step["done"] for step in steps if step["step"] == "user"):
        return None
    answer = await _json(
        session,
        "POST",
        f"{url}/api/onboarding/users",
        json={
            "name": "Demo",
            "username": USER,
            "password": PASSWORD,
            "client_id": f"{url}/",
            "language": "en",
        },
    )
    return str(answer["auth_code"])


async def _authorise(session: aiohttp.ClientSession, url: str, user: str, password: str) -> str:
    flow = await _json(
        session,
        "POST",
        f"{url}/auth/login_flow",
        json={
            "client_id": f"{url}/",
            "handler": ["homeassistant", None],
            "redirect_uri": f"{url}/",
        },
    )
    answer = await _json(
        session,
        "POST",
        f"{url}/auth/login_flow/{flow['flow_id']}",
        json={"client_id": f"{url}/", "username": user, "password": password},
    )
    if answer["type"] != "create_entry":
        raise HomeAssistantError(f"cannot log in: {answer['errors']}")
    return str(answer["result"])


async def _json(session: aiohttp.ClientSession, method: str, url: str, **options: Json) -> Json:
    async with session.request(method, url, **options) as response:
        if not response.ok:
            path = response.url.path
            raise HomeAssistantError(f"{method} {path}: {response.status} {await response.text()}")
        return await response.json()


def _flows(*, subentry: bool) -> str:
    kind = "subentries/flow" if subentry else "flow"
    return f"/api/config/config_entries/{kind}"
