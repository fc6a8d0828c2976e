"""The command `wordvec`: its verbs, and their exit status."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # no imports before `main`, which knows what to do when it is interrupted
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from wordvec.cli.verbs import VERBS

__all__ = ["VERBS", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage, 128 + N ended by signal N.

    An option that does not fit the vectors is wrong usage, too. Results go to stdout; progress, diagnostics and errors
    to stderr.

    >>> main(["analogy", "no-such-file.safetensors", "man", "king", "woman"])
    1
    """
    try:
        from wordvec.cli.running import run  # here, so that an interrupt during imports is no traceback

        return run(list(sys.argv[1:] if argv is None else argv), alone=argv is None)
    except KeyboardInterrupt:
        return 130


def __getattr__(name: str) -> Any:
    if name == "VERBS":
        from wordvec.cli.verbs import VERBS

        return VERBS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
