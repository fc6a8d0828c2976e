"""Optional libraries, imported when they are needed; where one is missing the error says what to install."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from wordvec.base.errors import LibraryError


def library(name: str, install: str, purpose: str = "for this") -> Any:
    """The module `name`; LibraryError where its package is missing. `install` is the requirement that pip takes.

    >>> library("no_such_library", "no-such-library>=1")
    Traceback (most recent call last):
        ...
    wordvec.base.errors.LibraryError: no_such_library must be installed for this; run `pip install "no-such-library>=1"`
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name != name and not name.startswith(f"{error.name}."):
            raise  # the library is installed, and one of its own requirements is missing
        raise missing(name, install, purpose) from None


def missing(name: str, install: str, purpose: str = "for this") -> LibraryError:
    """The error where the package of the module `name` is not installed."""
    requirement = install if install.replace("-", "").isalnum() else f'"{install}"'
    return LibraryError(f"{name} must be installed {purpose}; run `pip install {requirement}`", name=name)
