"""Vectors of texts from vectors of words: means, weighted means, maxima, products of matrices; topics by keyword."""

from typing import TYPE_CHECKING, Any

from wordvec.texts.encoder import TextEncoder
from wordvec.texts.weights import Learned

if TYPE_CHECKING:
    from wordvec.texts.topics import Topics

__all__ = ["Learned", "TextEncoder", "Topics"]


def __getattr__(name: str) -> Any:
    if name == "Topics":  # imported when it is first used: it needs the trainers, which take long to import
        from wordvec.texts.topics import Topics

        return Topics
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
