"""The errors of the package: each says what must hold, what was given, and what to do."""

from __future__ import annotations


class WordvecError(Exception):
    """The base class of every error that wordvec raises on purpose."""


class OptionError(WordvecError, ValueError):
    """An option or argument is out of its bounds or of the wrong type."""


class WordTypeError(OptionError, TypeError):
    """A word must be a string, and something else was given."""


class UnknownOptionError(OptionError, TypeError):
    """There is no option of this name."""


class CorpusError(WordvecError, ValueError):
    """A corpus cannot be read, is empty, or is not a corpus (a plain string, a one-shot generator)."""


class FormatError(WordvecError, ValueError):
    """A file is damaged, truncated, or of another format than expected."""


class UnknownWordError(WordvecError, KeyError):
    """A word has no vector."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0]) if self.args else ""


class TrainingError(WordvecError, RuntimeError):
    """Training failed, for example because the learning rate is so high that the vectors diverge."""


class ClusterError(WordvecError, RuntimeError):
    """A cluster cannot be reached, has lost its workers, or cannot do the work; the message names the host."""


class OutputError(WordvecError, OSError):
    """A file cannot be written: no such folder, no permission, a full disk, or a target that is not a regular file."""


class LibraryError(WordvecError, ImportError):
    """An optional library is needed and not installed; the message has the command that installs it."""
