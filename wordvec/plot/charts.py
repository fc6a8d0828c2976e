"""Pictures over time and over test sets: the loss of a training, the drift of words, scores with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wordvec.align import Slices
from wordvec.base.arguments import is_one_of, strings
from wordvec.base.errors import OptionError, UnknownWordError
from wordvec.evaluate.results import Score, by_line
from wordvec.evaluate.suite import Report
from wordvec.plot.picture import Look, picture
from wordvec.plot.scene import Axis, Dots, Lines, Scene, look
from wordvec.plot.scores import scores_of
from wordvec.search.arrays import row_cosines
from wordvec.vectors import KeyedVectors

if TYPE_CHECKING:
    from typing_extensions import Unpack

Since = Literal["first", "before"]
Losses = KeyedVectors | Sequence[Any]
_LINE, _EDGE, _TALLEST = 0.3, 1.5, 24.0  # inches of a chart of scores
_BESIDE = 0.3  # of the distance of two slices, beside the first and the last
_BAND = 0.6  # the part of a line that the dots of its models share


def loss(trainings: Losses | Mapping[str, Losses], **options: Unpack[Look]) -> Any:
    """The mean loss of each epoch: of trained vectors, whose metadata have it, of several by name, or of callbacks.

    A list holds the losses themselves, or the `Epoch`s that a callback was given. OptionError where there is no loss:
    models that count and factorise have no epochs. Losses of different models or options mean different things, and
    do not tell which vectors are better.
    """
    named = trainings if isinstance(trainings, Mapping) else {"": trainings}
    marks = []
    for place, (name, training) in enumerate(named.items()):
        losses = _losses(training)
        known = [(epoch, value) for epoch, value in enumerate(losses, 1) if value is not None]
        if not known:
            raise OptionError(
                f"a training must have the loss of an epoch to be drawn; {name or 'the one given'} has none: neither "
                "do models that count, nor files of other formats than the native one"
            )
        colour, marker = look(place)
        marks.append(Lines(curves=[np.array(known, float)], colour=colour, marker=marker, width=1.6, group=str(name)))
    x, y = Axis(label="epoch", whole=True), Axis(label="mean loss of a target")
    return picture(Scene(title="Loss of each epoch", marks=marks, x=x, y=y), options)


def _losses(training: Any) -> list[float | None]:
    if isinstance(training, KeyedVectors):
        return list(training.metadata.get("loss", ()))
    if isinstance(training, (str, bytes)) or not isinstance(training, Iterable):
        raise OptionError(f"a training must be vectors, losses, or the epochs of a callback; got {training!r:.60}")
    given = [getattr(epoch, "loss", epoch) for epoch in training]
    if not all(value is None or isinstance(value, (float, int, np.number)) for value in given):
        raise OptionError(f"losses must be numbers, or None for an epoch without a target; got {given!r:.60}")
    return [None if value is None else float(value) for value in given]


def drift(
    slices: Slices | Mapping[str, KeyedVectors],
    words: Iterable[str],
    *,
    since: Since = "first",
    **options: Unpack[Look],
) -> Any:
    """How far words have moved, 1 - cosine, in each slice of one space: since the first slice that has the word.

    With `since="before"`, from one slice to the next, as `Slices.drift_of` has it. Slices without the word have no
    point. UnknownWordError for a word that is not in two slices.
    """
    if not is_one_of(since, ("first", "before")):
        raise OptionError(f"since must be 'first' or 'before'; got {since!r:.60}")
    made = slices if isinstance(slices, Slices) else Slices(slices)
    marks = []
    most, listed = 0.0, list(dict.fromkeys(strings(words)))
    if not listed:
        raise OptionError("a chart of drift must have one word or more; got none")
    for place, word in enumerate(listed):
        with_word = [number for number, vectors in enumerate(made.slices.values()) if word in vectors]
        if len(with_word) < 2:
            raise UnknownWordError(
                f"a word must be in two slices to drift; {word!r} is in {len(with_word)} of {', '.join(made.slices)}"
            )
        rows = [made[name][word] for number, name in enumerate(made.slices) if number in with_word]
        distances = 1 - row_cosines(rows, rows[:1] if since == "first" else [rows[0], *rows[:-1]])
        distances[0] = 0.0  # whatever the rounding
        first = 0 if since == "first" else 1
        curve = np.stack([np.array(with_word, float), distances], axis=1)[first:]
        colour, marker = look(place)
        marks.append(Lines(curves=[curve], colour=colour, marker=marker, width=1.6, group=word))
        most = max(most, float(distances.max()))
    whence = "the first slice" if since == "first" else "the slice before"
    scene = Scene(
        title="Drift of words",
        marks=marks,
        x=Axis(names=list(made.slices), limits=(-_BESIDE, len(made) - 1 + _BESIDE)),
        y=Axis(limits=(0.0, max(1.05 * most, 1e-6)), label=f"drift since {whence} (1 \N{MINUS SIGN} cosine)"),
    )
    return picture(scene, options)


def evaluation(
    results: Report | Iterable[Any] | Mapping[str, Any], *, headline: bool = True, **options: Unpack[Look]
) -> Any:
    """Scores as dots with their 95 % intervals: a line for each test set and measure, a colour for each model.

    `results` are a `Report`, scores of one, or, by the name of the model, what `word_pairs` and `analogies` return.
    With `headline`, a set has only the measure that suites compare, where it names one. The note counts scores that do
    not exist; bounds that do not are not drawn.
    """
    listed = scores_of(results)
    if headline and any(score.headline for score in listed):
        listed = [score for score in listed if score.headline]
    known = [score for score in listed if score.score is not None]
    if not known:
        raise OptionError(f"a score must exist to be drawn; none of {len(listed)} does")
    lines = by_line(known)
    models = list(dict.fromkeys(score.model for score in known))
    marks = []
    for place, model in enumerate(models):
        shift = _BAND * ((place + 0.5) / len(models) - 0.5)
        own = [(line + shift, score) for line, (_, some) in enumerate(lines) for score in some if score.model == model]
        marks.append(_scores(model, place, own))
    names = [
        f"{name}, {measure}" if name == task else f"{task}: {name}, {measure}" for (task, name, measure), _ in lines
    ]
    lost = len(listed) - len(known)
    size = (8.0, min(_TALLEST, _EDGE + _LINE * len(lines) * max(1.0, 0.5 * len(models))))
    y = Axis(names=names, falls=True, limits=(-0.5, len(lines) - 0.5))
    note = f"{lost} of {len(listed)} scores do not exist" if lost else ""
    scene = Scene(title="Scores with 95 % intervals", note=note, marks=marks, x=Axis(label="score"), y=y, size=size)
    return picture(scene, options)


def _scores(model: str, place: int, own: Sequence[tuple[float, Score]]) -> Dots:
    """The dots of a model."""
    colour, marker = look(place)
    points, spread = np.empty((len(own), 2)), np.empty((len(own), 2))
    notes = []
    for number, (height, score) in enumerate(own):
        assert score.score is not None
        low, high = score.low, score.high
        points[number] = score.score, height
        spread[number] = (score.score, score.score) if low is None or high is None else (low, high)
        bounds = "" if low is None or high is None else f" ({low:.3f} to {high:.3f})"
        notes.append(f"{score.score:.3f}{bounds}, {score.used} of {score.total} items")
    return Dots(
        points=points,
        spread=spread,
        names=[score.name for _, score in own],
        notes=notes,
        colour=colour,
        marker=marker,
        group=model,
        is_labelled=False,
    )
