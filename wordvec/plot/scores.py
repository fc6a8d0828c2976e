"""Scores with intervals of whatever an evaluation gave: reports of suites, single results, and both as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wordvec.base.errors import FormatError, OptionError
from wordvec.evaluate import AnalogyResult, WordPairsResult
from wordvec.evaluate.results import Score
from wordvec.evaluate.statistics import fisher, wilson
from wordvec.evaluate.suite import Report

_WANTED = "results must be a Report, its scores, or results of word_pairs and analogies by the name of their model"


def scores_of(results: Any) -> list[Score]:
    """The scores of results; OptionError for what is none."""
    if isinstance(results, Report):
        return list(results.scores)
    if not isinstance(results, Mapping):
        listed = list(results) if isinstance(results, Iterable) else [results]
        if not all(isinstance(score, Score) for score in listed):
            raise OptionError(f"{_WANTED}; got {results!r:.60}")
        return listed
    scores: list[Score] = []
    for model, some in results.items():
        for result in [some] if isinstance(some, (WordPairsResult, AnalogyResult)) else some:
            if not isinstance(result, (WordPairsResult, AnalogyResult)):
                raise OptionError(f"{_WANTED}; got {result!r:.60}")
            scores += _of_result(str(model), result.to_dict())
    return scores


def scores_in(document: Any, model: str, path: str) -> list[Score]:
    """The scores in what `wordvec eval --json` printed; `model` is of those without one. FormatError for all else."""
    try:
        if isinstance(document, dict):
            return [Score.from_dict(score) for score in document["results"]]
        return [score for result in document for score in _of_result(model, result)]
    except (KeyError, TypeError, AttributeError, OptionError, FormatError):
        raise FormatError(
            f"{path}: the file must be JSON that `wordvec eval --json` printed; it has no scores"
        ) from None


def _of_result(model: str, result: Mapping[str, Any]) -> Iterator[Score]:
    """The scores of one test set: of word pairs Spearman's, of analogies those of all sections and of each."""
    facts = {"model": model, "policy": result["policy"], "seed": 0}
    if "sections" not in result:
        score, used, total = result["spearman"], result["used"], result["total"]
        low, high = (None, None) if score is None else fisher(score, used)
        facts |= {"task": "similarity", "measure": "spearman", "coverage": used / total if total else 0.0}
        yield Score(name=result["name"], score=score, low=low, high=high, used=used, total=total, **facts)
        return
    for part in (result, *result["sections"]):
        low, high = wilson(part["correct"], part["used"])
        facts |= {"task": "analogies", "coverage": part["used"] / part["total"] if part["total"] else 0.0}
        name = result["name"] if part is result or not part["name"] else part["name"]
        counts = {"used": part["used"], "total": part["total"]}
        yield Score(name=name, measure="accuracy", score=part["accuracy"], low=low, high=high, **counts, **facts)
