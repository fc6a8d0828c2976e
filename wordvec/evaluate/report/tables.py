"""Tables of scores: rows for a pipe, columns for a terminal, CSV, Markdown, and LaTeX with the best score in bold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from wordvec.evaluate.report.forms import columns, latex_cell, markdown_cell
from wordvec.evaluate.results import Score, by_line
from wordvec.evaluate.suite import Difference, Report

HEADER = ("model", "task", "name", "measure", "score", "low", "high", "used", "total", "coverage", "deviation", "seeds")
_LEVEL = 0.05


def rows(scores: Iterable[Score]) -> list[tuple[str, ...]]:
    """A line of cells for each score, without its header; '-' where there is no number."""
    return [
        (
            score.model,
            score.task,
            score.name,
            score.measure,
            *(_number(value) for value in (score.score, score.low, score.high)),
            str(score.used),
            str(score.total),
            f"{score.coverage:.3f}",
            _number(score.deviation),
            str(score.seeds),
        )
        for score in scores
    ]


def csv_text(report: Report) -> str:
    """All scores, with their policy, seed and reason; numbers in full."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [*HEADER, "policy", "seed", "reason", "unreadable", "data", "vectors"]
    writer.writerow(names)
    for score in report.scores:
        values = score.to_dict()
        writer.writerow(["" if values[name] is None else values[name] for name in names])
    return stream.getvalue()


def aligned(report: Report) -> str:
    """A table for a terminal: a line for each set and measure, a column for each model, and the differences below."""
    models = [run.name for run in report.runs]
    lines = [["task", "set", "measure", "items", *models]]
    for key, scores in by_line(report.scores):
        of = {score.model: score for score in scores}
        used = sorted({score.used for score in scores})
        shown = "-".join(str(number) for number in dict.fromkeys([used[0], used[-1]]))
        items = f"{shown} of {scores[0].total}"
        lines.append([*key, items, *(_cell(of[name]) if name in of else "-" for name in models)])
    text = columns(lines)
    if report.differences:
        text += "\n" + columns([_DIFFERENCES, *(_difference(one) for one in report.differences)])
    return text


def markdown(report: Report) -> str:
    """A table in Markdown, as `aligned` has it, with the policy below."""
    models = [run.name for run in report.runs]
    lines = ["| task | set | measure | items | " + " | ".join(map(markdown_cell, models)) + " |"]
    lines.append("|---|---|---|---:|" + "---:|" * len(models))
    for key, scores in by_line(report.scores):
        of = {score.model: score for score in scores}
        cells = [_cell(of[name]) if name in of else "-" for name in models]
        lines.append(f"| {' | '.join(map(markdown_cell, key))} | {scores[0].total} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", _note(report), ""])


def latex(report: Report) -> str:
    """A table for a paper (booktabs): the best score is bold where it is better than all others at 5 % after Holm."""
    models = [run.name for run in report.runs]
    lines = [
        r"\begin{tabular}{llr" + "r" * len(models) + "}",
        r"\toprule",
        " & ".join(["Set", "Measure", "Items", *map(latex_cell, models)]) + r" \\",
        r"\midrule",
    ]
    for (_, name, measure), scores in by_line(report.scores):
        of = {score.model: score for score in scores}
        best = best_of(scores, report.differences)
        cells = [_latex_score(of.get(model), model == best) for model in models]
        lines.append(" & ".join([latex_cell(name), latex_cell(measure), str(scores[0].total), *cells]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", f"% {_note(report)}", ""]
    return "\n".join(lines)


def best_of(scores: Sequence[Score], differences: Sequence[Difference]) -> str | None:
    """The model that is better on a set than every other, at 5 % after Holm's correction; None where none is."""
    known = [score for score in scores if score.score is not None]
    if len(known) < 2 or len(known) < len(scores) or not known[0].headline:
        return None
    best = max(known, key=lambda score: score.score or 0.0)
    mine = [
        one
        for one in differences
        if (one.task, one.name, one.measure) == (best.task, best.name, best.measure)
        and best.model in (one.first, one.second)
    ]
    is_best = len(mine) == len(known) - 1 and all(
        one.p_holm is not None
        and one.p_holm < _LEVEL
        and one.difference is not None
        and (one.difference > 0) == (one.first == best.model)
        for one in mine
    )
    return best.model if is_best else None


_DIFFERENCES = ["set", "difference", "", "95 % interval", "p", "p (Holm)", "test", "items"]


def _difference(one: Difference) -> list[str]:
    interval = "-" if one.low is None or one.high is None else f"{one.low:+.3f} {one.high:+.3f}"
    value = "-" if one.difference is None else f"{one.difference:+.4f}"
    ps = ["-" if p is None else f"{p:.4f}" for p in (one.p, one.p_holm)]
    return [one.name, f"{one.first} - {one.second}", value, interval, *ps, one.reason or one.test, str(one.used)]


def _cell(score: Score) -> str:
    if score.score is None:
        return "-"
    spread = f" ±{score.deviation:.3f}" if score.deviation is not None else ""
    if score.low is None or score.high is None:
        return f"{score.score:.3f}{spread}"
    return f"{score.score:.3f} [{score.low:.3f}, {score.high:.3f}]{spread}"


def _latex_score(score: Score | None, bold: bool) -> str:
    if score is None or score.score is None:
        return "--"
    number = f"{score.score:.3f}"
    shown = rf"\textbf{{{number}}}" if bold else number
    if score.low is None or score.high is None:
        return shown if score.deviation is None else rf"{shown} {{\small $\pm$ {score.deviation:.3f}}}"
    return rf"{shown} {{\small [{score.low:.3f}, {score.high:.3f}]}}"


def _note(report: Report) -> str:
    return f"95 % intervals in brackets; policy: {report.policy.describe()}; seed {report.seed}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
