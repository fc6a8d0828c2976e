"""The settings of a sweep as a table, the best first."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from wordvec.evaluate.report.forms import Table
from wordvec.evaluate.results import Score
from wordvec.evaluate.sweeps.results import Setting, Sweep


def table_of(sweep: Sweep) -> Table:
    """A row for each setting: its options, the metric and its deviation, seeds, seconds, items, then each task or set.

    The items are those that were used, of all; a task has the mean over its sets.
    """
    names = list(sweep.best.options)
    by_setting = [_columns(setting) for setting in sweep.settings]
    parts = list(dict.fromkeys(name for own in by_setting for name in own if name != sweep.metric))
    rows = [
        (
            *(_text(setting.options.get(name)) for name in names),
            _number(setting.value),
            _number(setting.deviation),
            str(len(setting.trials)),
            f"{setting.seconds:.1f}",
            _items(setting.scores),
            *(_number(own.get(part)) for part in parts),
        )
        for setting, own in zip(sweep.settings, by_setting)
    ]
    header = (*names, sweep.metric, "deviation", "seeds", "seconds", "items", *parts)
    fixed = "".join(f" {name}={_text(value)}" for name, value in sweep.fixed.items())
    note = f"{sweep.model}{fixed}; sorted by {sweep.metric}; seconds of training, by the clock; policy: {sweep.policy}"
    return Table(header, rows, f"Sweep of {sweep.model}", note)


def _columns(setting: Setting) -> dict[str, float]:
    """The mean score of each task, or where there is one task alone, the score of each set."""
    known = [score for score in setting.scores if score.headline]
    is_one = len({score.task for score in known}) == 1
    groups: dict[str, list[float]] = {}
    for score in known:
        groups.setdefault(score.name if is_one else score.task, []).append(score.score or 0.0)
    return {name: float(np.mean(values)) for name, values in groups.items()}


def _items(scores: Iterable[Score]) -> str:
    """How many items were used, of how many."""
    known = [score for score in scores if score.headline]
    return f"{sum(score.used for score in known)} of {sum(score.total for score in known)}" if known else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "none" if value is None else str(value)
