"""Errors that are also those of gensim's: what catches a RuntimeError or TypeError there catches these."""

from __future__ import annotations

from typing import Any

from wordvec.base.errors import CorpusError, FormatError, OptionError


class NotReady(OptionError, RuntimeError):
    """A model must have a vocabulary, or have been trained, for what is asked."""


class NoWords(CorpusError, RuntimeError):
    """A corpus cannot be read, or leaves no words."""


class NoCorpus(CorpusError, TypeError):
    """What was given is no corpus that can be read several times, or several were given, or none."""


class NoModel(FormatError, AttributeError):
    """A file holds something else than the model that was asked for."""


class NotDone(OptionError, NotImplementedError):
    """gensim can do this, and wordvec cannot; the message says what can be done."""


def refuse(**given: Any) -> None:
    """NotDone for the first option that has another value than its default: name=(value, default, why)."""
    for name, (value, default, why) in given.items():
        if value != default:
            raise NotDone(f"{name} must be {default!r}; got {value!r}: {why}")
