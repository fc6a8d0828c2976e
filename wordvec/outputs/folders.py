"""Outputs of several files: a folder that is filled under a temporary name, then exchanged as a whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from wordvec.base.errors import OutputError
from wordvec.base.leftovers import old_of, sweep, temporary_name
from wordvec.outputs.renaming import exchange, to_free_name
from wordvec.outputs.targets import Output, sync

Path = str | os.PathLike[str]


@contextmanager
def output_folder(
    path: Path,
    *,
    may_replace: Callable[[str], bool] = lambda folder: False,
    inputs: Iterable[Path] = (),
    force: bool = True,
) -> Iterator[str]:
    """The path of a new folder, which replaces `path` when the block ends without an exception.

    Until then it has a temporary name beside it, and any exception removes it. The two are exchanged in one step, so
    the name always shows the whole old or the whole new folder; where the system cannot do that, in two steps, and
    `recover` completes an exchange that was stopped between them. OutputError where the old folder is neither empty
    nor accepted by `may_replace`, where there is one and `force` is false, and where the folder cannot be written.
    """
    claim = Output.of(path, inputs, force)
    target = os.path.realpath(claim)
    recover(target)
    _check(claim, target, may_replace)
    claim.check_no_input(folder=True)
    parent, name = os.path.split(target)
    sweep(parent)
    temporary = os.path.join(parent, temporary_name(name))
    try:
        os.mkdir(temporary)
        yield temporary
        for root, _, files in os.walk(temporary):
            for file in files:
                sync(os.path.join(root, file))
            sync(root)
        _check(claim, target, may_replace)
        _give_name(temporary, target, claim.force)
        sync(parent)
    except OSError as error:
        if isinstance(error, OutputError) or (error.filename and not str(error.filename).startswith(temporary)):
            raise
        code = error.errno or errno.EIO
        raise OutputError(code, f"the output must be a folder that can be written; {error.strerror}", target) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)  # after an exchange this is the old folder


def recover(path: Path) -> None:
    """Rename a folder back that a killed process had moved aside to replace it."""
    target = os.path.realpath(path)
    if os.path.lexists(target):
        return
    parent, name = os.path.split(target)
    with suppress(OSError):
        for candidate in sorted(os.listdir(parent)):
            if old_of(name, candidate):
                os.rename(os.path.join(parent, candidate), target)
                return


def _give_name(temporary: str, target: str, force: bool) -> None:
    if not os.path.lexists(target):
        with suppress(FileExistsError):
            to_free_name(temporary, target)
            return
        if not force:
            raise OutputError(errno.EEXIST, "the output must be new; a folder of this name has come meanwhile", target)
    if exchange(temporary, target):
        return
    old = os.path.join(os.path.dirname(target), temporary_name(os.path.basename(target), "old"))
    os.rename(target, old)
    try:
        os.rename(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.rename(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)  # only now, as nothing else holds the old content


def _check(claim: Output, target: str, may_replace: Callable[[str], bool]) -> None:
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        raise OutputError(errno.ENOTDIR, "the output must be a folder; there is a file of this name", target)
    if not claim.force:
        raise OutputError(errno.EEXIST, "the output must be a new folder; this one exists", target)
    if os.listdir(target) and not may_replace(target):
        problem = "the output must be a new or empty folder, or one that wordvec wrote; it holds other things"
        raise OutputError(errno.ENOTEMPTY, problem, target)
