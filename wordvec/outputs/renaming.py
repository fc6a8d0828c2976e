"""Renames that Python has no function for: of what is complete to a name that must be free, and of two folders."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress

_HERE = -100  # AT_FDCWD
_NOREPLACE, _EXCHANGE = 1, 2
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOTSUP, errno.EXDEV)


def to_free_name(source: str, target: str) -> None:
    """Give a complete file or folder its name; FileExistsError where something has that name, whenever it came."""
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
    """Let two folders swap names in one step; False where the system or the disk cannot, and nothing has changed."""
    return _renameat2(first, second, _EXCHANGE)


def _renameat2(first: str, second: str, flags: int) -> bool:
    """Whether the system call did it; OSError where it failed for a reason that another way would share."""
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
