"""Other libraries, imported when they are asked for: none of them is a dependency of wordvec."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from wordvec.base.errors import LibraryError


def library(name: str, install: str) -> Any:
    """The module `name`; LibraryError says what to install where it cannot be imported.

    >>> library("no_such_library", "no-such-library>=1")
    Traceback (most recent call last):
        ...
    wordvec.base.errors.LibraryError: no_such_library must be installed for this; run `pip install "no-such-library>=1"`
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name != name and not name.startswith(f"{error.name}."):
            raise  # the library is there; what is missing is something that it needs itself
        message = f'{name} must be installed for this; run `pip install "{install}"`'
        raise LibraryError(message, name=name) from None
