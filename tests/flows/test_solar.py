"""The solar page: every source tested live, every failure a sentence, then success."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
    mock_platform,
)

from custom_components.smart_battery_scheduler.const import DOMAIN
from custom_components.smart_battery_scheduler.energy import async_get_solar_forecast
from custom_components.smart_battery_scheduler.solar.model import (
    SolarError,
    SolarForecast,
    SolarReplyError,
    SolarRequestError,
    SolarUnreachableError,
)
from custom_components.smart_battery_scheduler.sources import known_forecasts
from custom_components.smart_battery_scheduler.sources.known_forecasts import (
    KnownForecasts,
    async_known_forecasts,
)
from custom_components.smart_battery_scheduler.sources.solar_sources import most_kwh_of
from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryData,
)
from homeassistant.core import HomeAssistant

from ..cloud.faults import Endpoint, Fault
from ..cloud.server import Cloud
from ..days.stage import point_to, site_entry
from .test_config_flow import Flow, to_tariff

KEY = "Abcdefgh01234567"
PLANE = {"peak_kw": 4, "declination": 35, "azimuth": 180}
SITES = ("0000-0000-0000-0001", "0000-0000-0000-0002")
HOUR = timedelta(hours=1)
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


class Services:
    """Forecast.Solar and Solcast on loopback; ``status`` is what they answer with."""

    def __init__(self) -> None:
        """All is well, and nobody has asked."""
        self.status = 200
        self.sites = list(SITES)
        self.paths: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """Answer whatever was asked."""
        self.paths.append(request.path)
        if self.status != 200:
            return web.json_response({"message": {"code": self.status}}, status=self.status)
        if request.path.endswith("/rooftop_sites"):
            return web.json_response(
                {"sites": [{"resource_id": each, "name": "Roof"} for each in self.sites]}
            )
        if request.path.endswith("/forecasts"):
            row = {"pv_estimate": 2.0, "pv_estimate10": 1.0, "pv_estimate90": 3.0}
            end = {"period_end": NOON.isoformat(), "period": "PT30M"}
            return web.json_response({"forecasts": [row | end]})
        return web.json_response({"result": {"watt_hours_period": {NOON.isoformat(): 500}}})


@pytest.fixture
async def services(
    monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> AsyncIterator[Services]:
    """The services, where the integration looks for them."""
    services = Services()
    app = web.Application()
    app.router.add_get("/{path:.*}", services.answer)
    async with TestServer(app) as server:
        for name in ("FORECAST_SOLAR", "SOLCAST"):
            monkeypatch.setenv(f"SBS_{name}_URL", str(server.make_url("/")))
        yield services


@pytest.fixture
async def flow(hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow at the solar page."""
    point_to(cloud, monkeypatch)
    flow = Flow(hass)
    await flow.begin()
    await to_tariff(flow, cloud)
    await flow.choose("region")
    await flow.answer(region="c", export_tariff="none")
    assert flow.result["step_id"] == "solar"
    return flow


def made(flow: Flow) -> Any:
    """The entry that the flow ended with."""
    assert flow.result["type"] == "create_entry", flow.result
    return flow.result["result"]


async def test_panels_behind_one_inverter(flow: Flow) -> None:
    """Two planes on the page share the inverter whose limit is given."""
    await flow.answer(
        source="open_meteo", plane_1=PLANE, plane_2={**PLANE, "azimuth": 90}, inverter_kw=3.68
    )
    entry = made(flow)
    assert entry.data["solar"] == {"source": "open_meteo"}
    planes = [subentry.data for subentry in entry.subentries.values()]
    assert [plane["azimuth"] for plane in planes] == [180, 90]
    assert {(plane["inverter"], plane["inverter_kw"]) for plane in planes} == {("1", 3.68)}
    assert entry.runtime_data.solar_forecast.forecast is not None


async def test_panels_without_a_size_are_asked_for(flow: Flow) -> None:
    """A source that needs planes says so; another answer then ends well."""
    await flow.answer(source="open_meteo", plane_1={"declination": 35, "azimuth": 180})
    assert flow.result["errors"] == {"base": "plane_needed"}
    await flow.answer(source="none")
    assert made(flow).runtime_data.solar_forecast.forecast is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, "solar_auth"),
        (422, "solar_refused"),
        (429, "solar_rate_limited"),
        (503, "solar_unreachable"),
        (418, "solar_unexpected"),
    ],
)
async def test_forecast_solar(flow: Flow, services: Services, status: int, error: str) -> None:
    """A failure is told; the same page then works, with the key in the address."""
    await flow.answer(source="forecast_solar", plane_1=PLANE)
    services.status = status
    await flow.answer(api_key=KEY)
    assert flow.result["errors"] == {"base": error}
    services.status = 200
    await flow.answer(api_key=f" {KEY} ")
    assert made(flow).data["solar"] == {"source": "forecast_solar", "api_key": KEY}
    assert all(path.startswith(f"/{KEY}/estimate/") for path in services.paths)


async def test_forecast_solar_for_nothing(flow: Flow, services: Services) -> None:
    """No key is needed."""
    await flow.answer(source="forecast_solar", plane_1=PLANE)
    await flow.answer()
    entry = made(flow)
    assert entry.data["solar"] == {"source": "forecast_solar"}
    assert entry.runtime_data.solar_forecast.forecast is not None


async def test_solcast_finds_the_sites(flow: Flow, services: Services) -> None:
    """A key is enough; its sites are found. Panels typed before do not count."""
    await flow.answer(source="solcast", plane_1=PLANE)
    services.status = 403
    await flow.answer(api_key=KEY)
    assert flow.result["errors"] == {"base": "solar_auth"}
    services.status = 200
    await flow.answer(api_key=KEY)
    entry = made(flow)
    assert entry.data["solar"]["resource_ids"] == list(SITES)
    assert not entry.subentries
    assert len(services.paths) == 4  # two looks at the sites, then a forecast for each


async def test_solcast_checks_the_sites(flow: Flow, services: Services) -> None:
    """An unknown site and an account without one are told apart."""
    await flow.answer(source="solcast")
    await flow.answer(api_key=KEY, resource_ids="0000-9999")
    assert flow.result["errors"] == {"resource_ids": "site_unknown"}
    services.sites = []
    await flow.answer(api_key=KEY)
    assert flow.result["errors"] == {"base": "no_site"}
    services.sites = list(SITES)
    await flow.answer(api_key=KEY, resource_ids=f"{SITES[1]}, {SITES[0]}")
    assert made(flow).data["solar"]["resource_ids"] == [SITES[1], SITES[0]]


async def test_open_meteo_for_customers(flow: Flow, cloud: Cloud) -> None:
    """The customer's key is tried before it is kept."""
    await flow.answer(source="open_meteo_customer", plane_1=PLANE)
    cloud.faults.add(Fault.UNAVAILABLE, Endpoint.FORECAST)
    await flow.answer(api_key=KEY)
    assert flow.result["errors"] == {"base": "solar_unreachable"}
    cloud.faults.clear(Fault.UNAVAILABLE)
    await flow.answer(api_key=KEY)
    assert made(flow).data["solar"] == {"source": "open_meteo", "api_key": KEY}


async def reconfigure(hass: HomeAssistant, entry: ConfigEntry) -> Mapping[str, Any]:
    """Press "Reconfigure"."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )


def counted(hass: HomeAssistant, set_ups: list[str]) -> Any:
    """Home Assistant's own way to set platforms up, noted."""
    forward = hass.config_entries.async_forward_entry_setups

    async def note(entry: ConfigEntry, platforms: Any) -> None:
        set_ups.append(entry.entry_id)
        await forward(entry, platforms)

    return note


class Provider:
    """An integration with a solar forecast of its own."""

    def __init__(self, hass: HomeAssistant, domain: str = "some_forecast") -> None:
        """Make one that is running, unknown to the Energy dashboard."""
        self.hass = hass
        self.hours: Mapping[str, float] | None = {NOON.isoformat(): 2000}
        mock_integration(hass, MockModule(domain))
        mock_platform(hass, f"{domain}.energy", self)
        hass.config.components.add(domain)
        self.entry = MockConfigEntry(
            domain=domain, title="Roof by Some Forecast", state=ConfigEntryState.LOADED
        )
        self.entry.add_to_hass(hass)

    async def async_get_solar_forecast(
        self, hass: HomeAssistant, config_entry_id: str
    ) -> dict[str, Mapping[str, float]] | None:
        """Home Assistant's hook."""
        return None if self.hours is None else {"wh_hours": self.hours}


@pytest.fixture
async def provider(hass: HomeAssistant) -> Provider:
    """An integration that forecasts, in a Home Assistant with the Energy dashboard."""
    provider = Provider(hass)
    hass.config.components.add("energy")
    return provider


async def into_dashboard(provider: Provider) -> None:
    """Let the owner choose the forecast in the Energy settings."""
    manager = await async_get_manager(provider.hass)
    source = {
        "type": "solar",
        "stat_energy_from": "sensor.roof",
        "config_entry_solar_forecast": [provider.entry.entry_id],
    }
    # A roof as older releases stored it lacks keys that the newest type demands.
    await manager.async_update({"energy_sources": [source]})  # type: ignore[typeddict-item]


def sources_offered(flow: Flow) -> dict[str, str]:
    """The page's choices: value to label."""
    (source,) = (key for key in flow.result["data_schema"].schema if key == "source")
    options = flow.result["data_schema"].schema[source].config["options"]
    return {option["value"]: option["label"] for option in options}


async def test_a_known_forecast_is_offered_by_name(
    provider: Provider, flow: Flow, hass: HomeAssistant
) -> None:
    """Chosen, it is read through Home Assistant; our own is not offered to ourselves."""
    value = f"known:{provider.entry.entry_id}"
    offered = sources_offered(flow)
    assert offered[value] == "Roof by Some Forecast"
    assert len([each for each in offered if each.startswith("known:")]) == 1
    await flow.answer(source=value)
    entry = made(flow)
    slots = entry.runtime_data.solar_forecast.forecast.slots
    assert slots[NOON].mean_kwh == pytest.approx(1.0)
    ours = await async_get_solar_forecast(hass, entry.entry_id)
    assert ours is not None
    assert ours["wh_hours"][NOON.isoformat()] == 2000
    again = Flow(hass)
    again.result = await reconfigure(hass, entry)
    await again.choose("solar")
    assert [each for each in sources_offered(again) if each.startswith("known:")] == [value]


async def test_end_labelled_stamps_of_another_integration_are_recognised(
    provider: Provider, hass: HomeAssistant
) -> None:
    """Energy that is told after sunset was made before: each stamp ends its hour."""
    hass.config.latitude, hass.config.longitude = 51.5, -0.12
    midnight = datetime(2026, 6, 20, tzinfo=UTC)
    bell = (20, 300, 900, 1600, 2300, 2900, 3200, 3400, 3300, 3000, 2500, 1900, 1200, 600, 200, 60)
    for first, noon_kwh in ((4, 1.65), (5, 1.7), (6, 1.7)):
        provider.hours = {
            (midnight + timedelta(hours=first + index)).isoformat(): wh
            for index, wh in enumerate((*bell, 10))
        }
        slots = (await KnownForecasts(hass, [provider.entry.entry_id]).fetch()).slots
        start = midnight + timedelta(hours=12 if first == 4 else first + 6)
        assert slots[start].mean_kwh == pytest.approx(noon_kwh)


async def test_the_dashboards_forecast_is_the_first_choice(
    provider: Provider, hass: HomeAssistant
) -> None:
    """What the owner has in the Energy dashboard comes first."""
    await into_dashboard(provider)
    (known,) = await async_known_forecasts(hass)
    assert (known.entry_id, known.in_dashboard) == (provider.entry.entry_id, True)


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        ("silent", SolarUnreachableError),
        ("stopped", SolarUnreachableError),
        ("removed", SolarRequestError),
        ("nonsense", SolarReplyError),
    ],
)
async def test_a_known_forecast_that_fails(
    provider: Provider, hass: HomeAssistant, problem: str, error: type[SolarError]
) -> None:
    """Somebody else's trouble is a missing forecast, not a wrong one."""
    source = KnownForecasts(hass, [provider.entry.entry_id])
    assert (await source.fetch()).slots[NOON].mean_kwh == pytest.approx(1.0)
    if problem == "silent":
        provider.hours = None
    elif problem == "stopped":
        provider.entry.mock_state(hass, ConfigEntryState.SETUP_RETRY)
    elif problem == "removed":
        await hass.config_entries.async_remove(provider.entry.entry_id)
    else:
        provider.hours = {"noon": 1}
    with pytest.raises(error):
        await source.fetch()


async def test_without_the_dashboard_nothing_is_offered(hass: HomeAssistant) -> None:
    """The Energy dashboard need not be there."""
    assert await async_known_forecasts(hass) == ()


async def test_energy_platform_without_a_home(hass: HomeAssistant, cloud: Cloud) -> None:
    """An entry that is not loaded has no forecast."""
    entry = site_entry(cloud)
    entry.add_to_hass(hass)
    assert await async_get_solar_forecast(hass, entry.entry_id) is None
    assert await async_get_solar_forecast(hass, "nobody") is None


async def test_change_the_source_later(
    hass: HomeAssistant, services: Services, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reconfigure leads to the same page; a home without planes may add them there.

    However much is changed, the home is set up once more, not twice.
    """
    point_to(cloud, monkeypatch)
    set_ups: list[str] = []
    monkeypatch.setattr(hass.config_entries, "async_forward_entry_setups", counted(hass, set_ups))
    entry = site_entry(cloud, {"scheduler_enabled": False})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    flow = Flow(hass)
    flow.result = await reconfigure(hass, entry)
    await flow.choose("solar")
    await flow.answer(source="forecast_solar", plane_1=PLANE)
    await flow.answer(api_key=KEY)
    assert flow.result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["solar"] == {"source": "forecast_solar", "api_key": KEY}
    assert set_ups == [entry.entry_id] * 2
    assert len(entry.subentries) == 1
    assert entry.runtime_data.solar_forecast.forecast is not None
    flow.result = await reconfigure(hass, entry)
    await flow.choose("solar")
    assert "plane_1" not in flow.result["data_schema"].schema
    await flow.answer(source="open_meteo")
    assert entry.data["solar"] == {"source": "open_meteo"}


async def test_a_roof_removed_in_another_window_is_asked_for(
    hass: HomeAssistant, services: Services, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A source of planes is not taken for a home that has none any more."""
    point_to(cloud, monkeypatch)
    entry = site_entry(cloud, {"scheduler_enabled": False})
    entry.add_to_hass(hass)
    plane = ConfigSubentry(
        data=MappingProxyType(PLANE), subentry_type="roof_plane", title="S", unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, plane)
    assert await hass.config_entries.async_setup(entry.entry_id)
    flow = Flow(hass)
    flow.result = await reconfigure(hass, entry)
    await flow.choose("solar")
    await flow.answer(source="forecast_solar")
    hass.config_entries.async_remove_subentry(entry, plane.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    result = await flow.answer(api_key=KEY)
    assert result["errors"] == {"base": "plane_needed"}
    hass.config_entries.async_add_subentry(entry, plane)
    await flow.answer(api_key=KEY)
    assert flow.result["reason"] == "reconfigure_successful"


async def test_planes_are_added_and_changed_later(
    hass: HomeAssistant, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change of the roof brings another forecast and forgets what the old roof taught."""
    point_to(cloud, monkeypatch)
    entry = site_entry(cloud, {"scheduler_enabled": False})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.runtime_data.solar_forecast.coordinator is None
    flows = hass.config_entries.subentries
    kind = (entry.entry_id, "roof_plane")
    step = await flows.async_init(kind, context={"source": "user"})
    await flows.async_configure(step["flow_id"], {**PLANE, "inverter": "1", "losses_percent": 10})
    await hass.async_block_till_done(wait_background_tasks=True)
    (plane,) = entry.subentries.values()
    assert plane.title == "S 35°, 4 kW"
    first = entry.runtime_data.solar_forecast.memory
    assert first.forecast is not None
    step = await flows.async_init(
        kind, context={"source": SOURCE_RECONFIGURE, "subentry_id": plane.subentry_id}
    )
    await flows.async_configure(step["flow_id"], {**PLANE, "peak_kw": 2, "azimuth": 271})
    await hass.async_block_till_done(wait_background_tasks=True)
    (plane,) = entry.subentries.values()
    assert plane.title == "W 35°, 2 kW"
    second = entry.runtime_data.solar_forecast.memory
    assert second.made_for != first.made_for
    assert second.forecast is not None
    assert peak(second.forecast) < peak(first.forecast)


def peak(forecast: SolarForecast) -> float:
    """The best half-hour."""
    return max(slot.mean_kwh for slot in forecast.slots.values())


def test_one_inverter_for_two_planes() -> None:
    """What the inverters let through counts each of them once; an unlimited one has no bound."""
    shared = {**PLANE, "inverter": "1", "inverter_kw": 3.68}
    own = {**PLANE, "inverter_kw": 2.0}
    assert most_kwh_of(entry_with(shared, shared, own)) == pytest.approx((3.68 + 2.0) / 2)
    assert most_kwh_of(entry_with(shared, PLANE)) is None
    assert most_kwh_of(entry_with()) is None


def entry_with(*planes: Mapping[str, object]) -> MockConfigEntry:
    """An entry with these planes."""
    return MockConfigEntry(
        domain=DOMAIN,
        subentries_data=[
            ConfigSubentryData(data=plane, subentry_type="roof_plane", title="", unique_id=None)
            for plane in planes
        ],
    )


async def test_forecast_solars_labels_end_before_2026_11(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Core's integration changed the meaning of its stamps with that release."""
    provider = Provider(hass, "forecast_solar")
    provider.hours = {(NOON - HOUR).isoformat(): 0, NOON.isoformat(): 2000}
    source = KnownForecasts(hass, [provider.entry.entry_id])
    for minor, start in ((10, NOON - HOUR), (11, NOON)):
        monkeypatch.setattr(known_forecasts, "MINOR_VERSION", minor)
        slots = (await source.fetch()).slots
        assert slots[start].mean_kwh == pytest.approx(1.0)
