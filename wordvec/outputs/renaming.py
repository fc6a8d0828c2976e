"""Renames that Python lacks: to a name that must be free, and the exchange of two folders."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress

_HERE = -100  # AT_FDCWD: relative to the current folder
_NOREPLACE, _EXCHANGE = 1, 2
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOTSUP, errno.EXDEV)


def to_free_name(source: str, target: str) -> None:
    """Rename a file or folder; FileExistsError where the new name is taken, even if it was taken just now."""
    if not os.path.isdir(source):
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
        else:
            os.unlink(source)
            return
    if _renameat2(source, target, _NOREPLACE):
        return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    os.rename(source, target)


def exchange(first: str, second: str) -> bool:
    """Swap the names of two folders in one step; False, with nothing changed, where the system cannot."""
    return _renameat2(first, second, _EXCHANGE)


def _renameat2(first: str, second: str, flags: int) -> bool:
    """Whether the system call succeeded; OSError where it failed for a reason other than missing support."""
    function = None
    with suppress(OSError, AttributeError, TypeError):
        function = ctypes.CDLL(None, use_errno=True).renameat2
    if function is None:
        return False
    function.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    if function(_HERE, os.fsencode(first), _HERE, os.fsencode(second), flags) == 0:
        return True
    code = ctypes.get_errno()
    if code in _CANNOT:
        return False
    raise OSError(code, os.strerror(code), first, None, second)
