"""The errors of the package: each says what must hold, what was given, and what to do."""

from __future__ import annotations


class WordvecError(Exception):
    """Every error that wordvec raises on purpose; catch this one to catch them all."""


class OptionError(WordvecError, ValueError):
    """An option or argument is out of its bounds or of the wrong type."""


class WordTypeError(OptionError, TypeError):
    """A word was asked for by something that is not a string."""


class UnknownOptionError(OptionError, TypeError):
    """There is no option of this name."""


class CorpusError(WordvecError, ValueError):
    """A corpus cannot be read, is empty, or is not a corpus (a plain string, a one-shot generator)."""


class FormatError(WordvecError, ValueError):
    """A file is damaged, truncated, or not of the format it was taken for."""


class UnknownWordError(WordvecError, KeyError):
    """A word has no vector."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class TrainingError(WordvecError, RuntimeError):
    """Training went wrong, as when the learning rate is so high that the vectors diverge."""


class OutputError(WordvecError, OSError):
    """A file cannot be written: no such folder, no permission, a full disk, or a target that is not a regular file."""


class LibraryError(WordvecError, ImportError):
    """A library that is not a dependency of wordvec is needed for this, and is not installed."""
