"""Times as people write them on a command line."""

import re
import time
from datetime import datetime

import click

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_AGO = re.compile(r"(?P<number>\d{1,9})(?P<unit>[smhdw])")


class Moment(click.ParamType):
    """A time: how long ago (``2h``), or a date as ISO 8601 writes it, in the time zone of this machine."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds since the epoch."""
        if isinstance(value, float):
            return value
        text = str(value)
        if ago := _AGO.fullmatch(text):
            return time.time() - int(ago["number"]) * UNITS[ago["unit"]]
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time. Say how long ago (30m, 2h, 7d), or a date (2026-11-20T12:00).")
