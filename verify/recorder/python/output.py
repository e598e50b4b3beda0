"""Prints rows as JSON, one table a line, in the order of arrival. Integers and times are strings, which keeps them exact."""

import json
import math
import sys
from datetime import datetime


def print_table(feed, table, rows):
    """Prints rows, which are dictionaries of values of Python."""
    ordered = sorted(rows, key=lambda row: (row["segment"], row["sequence"]))
    plain = [{name: plain_value(value) for name, value in row.items()} for row in ordered]
    print(json.dumps({"feed": feed, "table": table, "rows": plain}, allow_nan=False))


def plain_value(value):
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, dict):
        return {name: plain_value(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    if isinstance(value, datetime):
        sys.exit(f"a datetime has microseconds alone: {value!r}")
    sys.exit(f"unknown value: {value!r}")
