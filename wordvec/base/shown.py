"""Results that a notebook shows as tables: plain lists and dicts, and a base class of dataclasses."""

from __future__ import annotations

from typing import ClassVar, TypeVar

T = TypeVar("T")

# What makes HTML is imported when something is shown.


class Ranked(list[tuple[str, float]]):
    """[(word, score), ...], best first: a list like any other, which a notebook shows as a table with bars."""

    __slots__ = ()
    noun: ClassVar[str] = "word"  # what has a score

    def _repr_html_(self) -> str:
        from wordvec.base import html

        return html.fragment(ranked(self))


class RankedBy(dict[str, Ranked]):
    """{name: [(word, score), ...]}: a dict like any other, which a notebook shows as tables side by side."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from wordvec.base import html

        shown = list(self.items())[: html.ROWS]
        return html.fragment(*(f'<div class="side">{ranked(some, name)}</div>' for name, some in shown))


class Records(list[T]):
    """A list of instances of one dataclass, which a notebook shows as a table; the field `bar` is drawn in it."""

    __slots__ = ("bar",)

    def __init__(self, items: object = (), bar: str = "") -> None:
        super().__init__(items)  # type: ignore[call-overload]
        self.bar = bar

    def _repr_html_(self) -> str:
        from wordvec.base import html

        return html.fragment(html.records(self, bar=self.bar))


class Shown:
    """A base of dataclasses, which notebooks show as tables of their fields and properties."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        from wordvec.base import html

        return html.fragment(html.record(self))


def ranked(pairs: Ranked, title: str = "") -> str:
    """The table of words with scores."""
    from wordvec.base import html

    shown = pairs[: html.ROWS]
    drawn = html.bars([score for _, score in shown])
    rows = [(word, score, bar) for (word, score), bar in zip(shown, drawn)]
    return html.table([pairs.noun, "score", ""], rows, title=title, total=len(pairs))
