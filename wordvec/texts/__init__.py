"""Vectors of texts from vectors of words: means, weighted means, maxima, products of matrices; topics by keyword."""

from typing import TYPE_CHECKING, Any

from wordvec.texts.encoder import TextEncoder
from wordvec.texts.weights import Learned

if TYPE_CHECKING:
    from wordvec.texts.topics import Topics
    from wordvec.texts.tuning import tune

__all__ = ["Learned", "TextEncoder", "Topics", "tune"]


def __getattr__(name: str) -> Any:
    if name == "Topics":  # imported when it is first used: it needs the trainers, which take long to import
        from wordvec.texts.topics import Topics

        return Topics
    if name == "tune":  # as well
        from wordvec.texts.tuning import tune

        return tune
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
