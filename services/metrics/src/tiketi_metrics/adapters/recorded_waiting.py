"""Lines from files: CSV with the columns `time,waiting`, or JSON.

JSON is a list of `[time, waiting]`, or what Prometheus answers to `/api/v1/query_range` (its series
are added up). A time is RFC 3339, a clock (`19:55`, `19:55:30`), or Unix seconds.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from tiketi_metrics.domain.simulation import OPENING, Sample


class RecordError(ValueError):
    """The file holds no line that can be played; the message says where."""


def read_line(path: Path) -> list[Sample]:
    """The samples of `path`, in order of time. Raises RecordError, OSError."""
    text = path.read_text(encoding="utf-8")
    try:
        rows = _json_rows(text) if path.suffix == ".json" else _csv_rows(text)
        samples = sorted((Sample(_time(at), int(float(waiting))) for at, waiting in rows), key=_at)
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: {error}") from error
    if len(samples) < 2:
        raise RecordError(f"{path}: a line needs two samples at least")
    return samples


def _csv_rows(text: str) -> Iterable[tuple[str, str]]:
    reader = csv.DictReader(text.splitlines())
    if not {"time", "waiting"} <= set(reader.fieldnames or ()):
        raise RecordError("the columns `time` and `waiting` are needed")
    return [(row["time"], row["waiting"]) for row in reader]


def _json_rows(text: str) -> Iterable[tuple[Any, Any]]:
    content = json.loads(text)
    if isinstance(content, list):
        return [(at, waiting) for at, waiting in content]
    totals: defaultdict[float, float] = defaultdict(float)
    for series in content["data"]["result"]:
        for at, waiting in series["values"]:
            totals[at] += float(waiting)
    return totals.items()


def _time(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        pass
    try:
        clock = time.fromisoformat(value)
    except ValueError:
        return datetime.fromisoformat(value).timestamp()
    return datetime.combine(datetime.fromtimestamp(OPENING, UTC), clock, UTC).timestamp()


def _at(sample: Sample) -> float:
    return sample.at
