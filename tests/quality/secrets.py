"""What the fake cloud knows of a home that nobody else shall."""

from ..cloud.world import (
    ACCOUNT_NUMBER,
    API_KEY,
    EXPORT_MPAN,
    IMPORT_MPAN,
    METER_SERIAL,
    POSTCODE,
    SITE_ID,
    TOKEN,
)

SECRETS = (
    ACCOUNT_NUMBER,
    API_KEY,
    EXPORT_MPAN,
    IMPORT_MPAN,
    METER_SERIAL,
    POSTCODE,
    SITE_ID,
    TOKEN,
)
