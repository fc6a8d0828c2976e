"""A member of a zip or tar archive as a stream: nothing is extracted, and no declared size is trusted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from wordvec.base.compressed import decompressor
from wordvec.base.errors import WordvecError
from wordvec.inputs.places import MEMBER

ZIP = b"PK\x03\x04"
BLOCK = 512  # bytes of a block of a tar archive
_MOST = 10_000  # members of a tar archive that are searched
_SHOWN = 20  # members that an error lists
_LONGEST = 1 << 20  # bytes read at a time, whatever sizes the archive declares


def is_tar(block: bytes) -> bool:
    """Whether the first 512 bytes of a file are a tar header with the right checksum."""
    if len(block) < BLOCK:
        return False
    try:
        checksum = int(block[148:156].strip(b" \x00") or b"-", 8)
    except ValueError:
        return False
    return checksum == sum(block[:148]) + sum(block[156:]) + 8 * 32


@contextmanager
def zip_member(file: Any, name: str, member: str | None, error: type[WordvecError]) -> Iterator[BinaryIO]:
    """The named member of a zip archive in a seekable file, or its only one."""
    import zipfile

    try:
        with zipfile.ZipFile(file) as archive:
            members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
            chosen = members[_chosen(list(members), name, member, "zip", error)]
            if chosen.flag_bits & 1:
                raise error(f"{name}: a member must not be encrypted; {chosen.filename!r} is: unpack it")
            with archive.open(chosen) as stream:
                yield io.BufferedReader(_Steps(stream), 1 << 17)
    except (zipfile.BadZipFile, NotImplementedError, OverflowError, UnicodeDecodeError) as problem:
        raise error(f"{name}: a zip archive must be whole, and of a kind that Python reads; {problem}") from problem


@contextmanager
def tar_member(
    file: Any, start: int, kind: str | None, name: str, member: str | None, error: type[WordvecError]
) -> Iterator[BinaryIO]:
    """The named member of a tar archive, or its only one, in a seekable file, which is read twice."""
    import tarfile

    try:
        with _tar(file, start, kind) as archive:
            names: list[str] = []
            for info in archive:
                archive.members = []  # tarfile would keep all of them
                if info.isreg():
                    names.append(info.name)
                if len(names) > _MOST:
                    raise error(f"{name}: an archive must have at most {_MOST} members; it has more: unpack it")
            chosen = _chosen(names, name, member, "tar", error)
        with _tar(file, start, kind) as archive:
            for info in archive:
                archive.members = []
                if info.isreg() and info.name == chosen:
                    stream = archive.extractfile(info)
                    assert stream is not None
                    yield io.BufferedReader(_Steps(stream), 1 << 17)
                    return
    except (tarfile.TarError, OverflowError, UnicodeDecodeError) as problem:
        raise error(f"{name}: a tar archive must be whole; {problem}: get a good copy") from problem


def _tar(file: Any, start: int, kind: str | None) -> Any:
    import tarfile

    file.seek(start)
    return tarfile.open(fileobj=_Careful(decompressor(file, kind)), mode="r|")  # type: ignore[call-overload]


def _chosen(names: list[str], name: str, member: str | None, kind: str, error: type[WordvecError]) -> str:
    """The name of the member to read: the one given, else the only one that is not hidden."""
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else "")
    if member is not None:
        for one in (member, f"./{member}"):  # as tar names members of the current folder
            if one in names:
                return one
        raise error(f"{name}: the archive must have a member {member!r}; it has {shown or 'none'}")
    plain = [one for one in names if not any(map(_is_hidden, one.split("/")))]
    if len(plain) != 1:
        advice = f"name it, as archive{MEMBER}{plain[0]}" if plain else "give another file"
        must = f"a {kind} archive must have one member, or one that is named"
        raise error(f"{name}: {must}; it has {shown or 'none'}: {advice}")
    return plain[0]


def _is_hidden(part: str) -> bool:
    """Whether part of a name marks a hidden file, packed by accident."""
    return part == "__MACOSX" or (part.startswith(".") and part not in (".", ".."))


class _Steps(io.RawIOBase):
    """A member that is read in steps of at most `_LONGEST` bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to the size of the buffer; the number of bytes read."""
        part = self._stream.read(min(len(buffer), _LONGEST))
        buffer[: len(part)] = part
        return len(part)


class _Careful:
    """A stream for tarfile that never allocates the memory that a header asks for."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, at most `_LONGEST`."""
        part: bytes = self._stream.read(min(size, _LONGEST))
        return part
