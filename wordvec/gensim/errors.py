"""Errors that are also instances of the types gensim raises, such as RuntimeError and TypeError."""

from __future__ import annotations

from typing import Any

from wordvec.base.errors import CorpusError, FormatError, OptionError


class NotReady(OptionError, RuntimeError):
    """The call needs a model with a vocabulary, or a trained model."""


class NoWords(CorpusError, RuntimeError):
    """A corpus cannot be read, or leaves no words."""


class NoCorpus(CorpusError, TypeError):
    """The argument is no corpus that can be read several times, or there are several corpora, or none."""


class NoModel(FormatError, AttributeError):
    """A file holds something else than the requested model."""


class NotDone(OptionError, NotImplementedError):
    """gensim has this feature and wordvec does not; the message gives an alternative."""


def refuse(**given: Any) -> None:
    """NotDone for the first option whose value is not the default: name=(value, default, why)."""
    for name, (value, default, why) in given.items():
        if value != default:
            raise NotDone(f"{name} must be {default!r}; got {value!r}: {why}")
