"""Counters in memory that all workers share, and their text as Prometheus reads it."""

from __future__ import annotations

import multiprocessing
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
_SCANS = ("scans", "scanned_queries", "scan_seconds")
_RELOADS = ("reloads_ok", "reloads_failed")
_PER_ROUTE = 3 + len(BOUNDS) + 2  # by status 2xx, 4xx, 5xx; at most each bound, and more; the sum of seconds
_HELP = {
    "wordvec_requests_total": ("counter", "requests by route and status"),
    "wordvec_request_seconds": ("histogram", "seconds from the header to the last byte of the answer"),
    "wordvec_scans_total": ("counter", "passes over the rows of a model"),
    "wordvec_scanned_queries_total": ("counter", "queries in these passes: by scans, how many are gathered"),
    "wordvec_scan_seconds_total": ("counter", "seconds of these passes"),
    "wordvec_reloads_total": ("counter", "models opened again"),
    "wordvec_workers": ("gauge", "processes"),
}


def shared_counts(workers: int, routes: int) -> Any:
    """Memory for the counts of some workers: [workers, 1 + K] float64, first the process that writes a row."""
    return multiprocessing.get_context("spawn").Array("d", workers * _width(routes))


def _width(routes: int) -> int:
    return 1 + len(_SCANS) + len(_RELOADS) + routes * _PER_ROUTE


class Metrics:
    """The counts of one worker, in a row that it alone writes; the text is of all workers.

    A worker that replaces one that has died goes on with its row, so that no counter falls.
    """

    def __init__(self, routes: Iterable[str], counts: Any = None) -> None:
        self._routes = {name: number for number, name in enumerate(routes)}
        self._size = _width(len(self._routes))
        counts = shared_counts(1, len(self._routes)) if counts is None else counts
        self._all = counts.get_obj()
        with counts.get_lock():
            free = [start for start in range(0, len(self._all), self._size) if not _is_alive(int(self._all[start]))]
            self._start = free[0] if free else 0
            self._all[self._start] = os.getpid()

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        at = self._start + 1 + len(_SCANS) + len(_RELOADS) + self._routes[route] * _PER_ROUTE
        values = self._all
        values[at + (0 if status < 400 else 1 if status < 500 else 2)] += 1
        values[at + 3 + bisect_left(BOUNDS, seconds)] += 1
        values[at + _PER_ROUTE - 1] += seconds

    def scan(self, queries: int, seconds: float) -> None:
        """Count a pass over the rows."""
        for place, value in enumerate((1, queries, seconds)):
            self._all[self._start + 1 + place] += value

    def reload(self, worked: bool) -> None:
        """Count a model that was opened again, or was not."""
        self._all[self._start + 1 + len(_SCANS) + (0 if worked else 1)] += 1

    def text(self) -> str:
        """All counts in the text format of Prometheus."""
        starts = [start for start in range(0, len(self._all), self._size) if self._all[start]]
        sums = [sum(self._all[start + place] for start in starts) for place in range(self._size)]
        scans, reloads = sums[1:4], sums[4:6]
        lines: dict[str, list[str]] = {name: [] for name in _HELP}
        for name, value in zip(("scans_total", "scanned_queries_total", "scan_seconds_total"), scans):
            lines[f"wordvec_{name}"] = [f"wordvec_{name} {value:g}"]
        for result, value in zip(("ok", "failed"), reloads):
            lines["wordvec_reloads_total"].append(f'wordvec_reloads_total{{result="{result}"}} {value:g}')
        lines["wordvec_workers"] = [f"wordvec_workers {sum(_is_alive(int(self._all[start])) for start in starts)}"]
        for route, number in self._routes.items():
            own = sums[6 + number * _PER_ROUTE :][:_PER_ROUTE]
            for status, value in zip(("2xx", "4xx", "5xx"), own):
                lines["wordvec_requests_total"].append(
                    f'wordvec_requests_total{{route="{route}",status="{status}"}} {value:.15g}'
                )
            lines["wordvec_request_seconds"] += _histogram(route, own[3:])
        text = ""
        for name, (kind, help) in _HELP.items():
            text += f"# HELP {name} {help}\n# TYPE {name} {kind}\n" + "".join(f"{line}\n" for line in lines[name])
        return text


def _histogram(route: str, values: list[float]) -> Iterator[str]:
    total = 0.0
    for bound, value in zip((*map(str, BOUNDS), "+Inf"), values):
        total += value
        yield f'wordvec_request_seconds_bucket{{route="{route}",le="{bound}"}} {total:.15g}'
    yield f'wordvec_request_seconds_sum{{route="{route}"}} {values[-1]:.9g}'
    yield f'wordvec_request_seconds_count{{route="{route}"}} {total:.15g}'


def _is_alive(process: int) -> bool:
    if not process or os.name == "nt":  # where a signal of 0 is not without effect
        return process == os.getpid()
    with suppress(OSError):
        os.kill(process, 0)
        return True
    return False
