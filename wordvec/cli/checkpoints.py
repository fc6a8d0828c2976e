"""The flags --checkpoint, --every and --resume, of verbs whose work can be interrupted and go on."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.cli import signals

if TYPE_CHECKING:
    from wordvec.store.checkpoints import Checkpoint

_OUTPUTS = "outputs.txt"  # in the folder of a run: the files that it writes, once its work is done


def add_checkpoint(parser: ArgumentParser, every: bool = True) -> None:
    """The flags; without `every` where the work itself says when it is saved."""
    parser.add_argument("--checkpoint", metavar="FOLDER", help="keep the state of the run here, so that it can go on")
    if every:
        parser.add_argument(
            "--every",
            metavar="T",
            help="how often: a time (30s, 10m, 1h) or a number of epochs (2epochs); default: 10m",
        )
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in FOLDER")


def may_replace(arguments: Namespace, *outputs: str | None) -> bool:
    """Whether outputs that exist may be replaced: with --force, and with --resume those that the same run wrote."""
    if arguments.force or not arguments.resume or arguments.checkpoint is None:
        return bool(arguments.force)
    own: list[str] = []
    with suppress(OSError, UnicodeDecodeError):
        own = Path(arguments.checkpoint, _OUTPUTS).read_text("utf-8").splitlines()
    return all(_written_as(output) in own for output in outputs if output is not None and os.path.lexists(output))


def _written_as(output: str) -> str:
    return os.path.abspath(output).encode("unicode_escape").decode("ascii")  # a line, whatever the name


@contextmanager
def checkpointed(arguments: Namespace, *outputs: str | None) -> Iterator[Checkpoint | None]:
    """A block in which a signal leaves time for a last checkpoint; the checkpoint that the flags describe, or None.

    When the block is done, the folder remembers the outputs, which the caller writes then.
    """
    from wordvec.store.checkpoints import Checkpoint

    every = getattr(arguments, "every", None)
    if arguments.checkpoint is None:
        if every is not None or arguments.resume:
            flag = "--resume" if arguments.resume else "--every"
            raise OptionError(f"{flag} needs --checkpoint FOLDER, the folder that the run is kept in")
        yield None
        return
    # --force is of the output, too: it never removes what --resume asks for
    force = arguments.force and not arguments.resume
    checkpoint = Checkpoint(
        arguments.checkpoint, **{} if every is None else {"every": every}, resume=arguments.resume, force=force
    )
    with signals.extended(checkpoint.ending.is_set):
        yield checkpoint
    names = [_written_as(output) for output in outputs if output is not None]
    with suppress(OSError):  # where the folder is full or gone, the next --resume needs --force
        Path(arguments.checkpoint, _OUTPUTS).write_text("".join(f"{name}\n" for name in names), "utf-8")
