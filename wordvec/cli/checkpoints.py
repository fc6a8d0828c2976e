"""The flags --checkpoint, --every and --resume, of verbs whose work can be interrupted and go on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wordvec.base.errors import OptionError
from wordvec.cli import signals

if TYPE_CHECKING:
    from wordvec.store.checkpoints import Checkpoint


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


@contextmanager
def checkpointed(arguments: Namespace) -> Iterator[Checkpoint | None]:
    """A block in which a signal leaves time for a last checkpoint; the checkpoint that the flags describe, or None."""
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
