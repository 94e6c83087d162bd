"""The half-hours of a replay as comma-separated values, for a spreadsheet."""

import csv
from dataclasses import fields
from datetime import datetime
from io import StringIO

from .compare import BacktestResult, HalfHourRow

COLUMNS = tuple(field.name for field in fields(HalfHourRow))


def half_hours_csv(result: BacktestResult) -> str:
    """A line of names, then a line per half-hour; times are ISO in UTC, money in pence."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in result.half_hours:
        values = (getattr(row, name) for name in COLUMNS)
        writer.writerow(
            [value.isoformat() if isinstance(value, datetime) else value for value in values]
        )
    return text.getvalue()
