"""What the library says of its arguments, in the words of the command line."""

from __future__ import annotations

import re
from argparse import Namespace

_RENAMED = {"n": "prune", "d": "truncate"}  # arguments of methods that have a flag of another name
# attributes of a command line that are no flags, or whose names stand for something else in messages
_NO_FLAGS = {"vectors", "words", "input", "output", "corpus", "files", "rows", "steps", "run", "parser", "codec"}
_NO_FLAGS |= {"source", "target", "action", "texts"}


def in_flags(message: str, arguments: Namespace) -> str:
    """A message in which arguments are called by their flags, as far as the verb has them.

    >>> in_flags("n must be a number; use by='order'", Namespace(prune=0, by="count"))
    '--prune must be a number; use --by order'
    >>> in_flags("2 of 3 rows are there; strict=False keeps them", Namespace())
    '2 of 3 rows are there; `wordvec convert --no-strict` keeps them'
    """
    own = vars(arguments)
    message = message.replace("strict=False", "--no-strict" if "strict" in own else "`wordvec convert --no-strict`")
    if "drop" in own:
        message = message.replace("remap='drop'", "--drop")

    def flag(name: str) -> str | None:
        name = _RENAMED.get(name, name)
        return f"--{name.replace('_', '-')}" if name in own and name not in _NO_FLAGS else None

    def valued(found: re.Match[str]) -> str:
        named = flag(found[1])
        return f"{named} {found[3]}" if named else found[0]

    def leading(found: re.Match[str]) -> str:
        return re.sub(r"\w+", lambda word: flag(word[0]) or word[0], found[0])

    message = re.sub(r"\b(\w+)=(['\"]?)([\w./-]+)\2", valued, message)
    return re.sub(r"^\w+(, \w+)*( and \w+)?(?= (?:of \S+ )?must )", leading, message)
