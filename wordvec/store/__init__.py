"""The native file: safetensors with a profile of its own; written atomically, opened by one map, with checksums."""

from __future__ import annotations

import json
import math
import mmap
import os
import stat
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.inputs import find, is_pipe, packing, plain_file
from wordvec.outputs import check_name, open_output
from wordvec.rows.norms import block_norms, row_blocks
from wordvec.store.header import ALIGNMENT, PAGE, Tensor, decode, encode, header_size, layout, reserve, to_json

__all__ = [
    "FEATURES",
    "NOT_NATIVE",
    "VERSION",
    "StoredFile",
    "open_file",
    "write_file",
]

VERSION = "1"
# Features that a file may require of its reader: rows in the codec that the config names; words that share rows; words
# found by binary search, as their hashes collide; an n-gram table in the transformed space, so that composed vectors go
# only through the steps in `subword.after`; attributes that are codes of texts; another metric than the cosine.
FEATURES = frozenset({"codec", "vocab.row", "vocab.order", "subword.after", "category", "metric"})
PROFILE: dict[str, tuple[str, tuple[str, ...]]] = {  # V words, R rows; other letters match any size
    "embeddings.norm": ("F32", ("R",)),
    "context": ("F32", ("C", "D")),
    "vocab.data": ("U8", ("B",)),
    "vocab.offsets": ("I64", ("V+1",)),
    "vocab.hash": ("U32", ("2^k",)),
    "vocab.order": ("U32", ("V",)),
    "vocab.row": ("U32", ("V",)),
    "counts": ("I64", ("V",)),
}
OPTIONAL = {"context", "counts", "vocab.row"}  # and one of the two indexes of the words
COUNTS: dict[str, tuple[str, tuple[str, ...]]] = {  # a file of co-occurrence counts: V words, N cells, K offsets
    "indptr": ("I64", ("V+1",)),
    "indices": ("I32", ("N",)),
    "data": ("F32", ("N",)),
    "vocab.data": ("U8", ("B",)),
    "vocab.offsets": ("I64", ("V+1",)),
    "counts": ("I64", ("V",)),
    "offsets": ("I64", ("K",)),
}
# What a file holds: vectors, co-occurrence counts, an alignment map, a classifier, a checkpoint, or phrases.
KINDS = (
    "wordvec",
    "wordvec-counts",
    "wordvec-map",
    "wordvec-classifier",
    "wordvec-checkpoint",
    "wordvec-phrases",
    "wordvec-form-context",
)
_NORM = "embeddings.norm"
_HEADER = "wordvec.header"  # the checksum of the header without the checksums
NOT_NATIVE = (".bin", ".txt", ".vec", ".glove", ".npy", ".fifu", ".floret")  # suffixes of other formats


def write_file(
    path: str | os.PathLike[str],
    tensors: Mapping[str, NDArray[Any]],
    config: Mapping[str, Any],
    requires: Sequence[str] = (),
    bfloat16: Collection[str] = (),
    kind: str = "wordvec",
    written: Callable[[str], object] = str,
) -> None:
    """Write arrays as one native file at `path`; the old file stays until the new one is complete.

    In a file of vectors, `embeddings` [V, D] comes first and its row norms are added as `embeddings.norm`. Matrices may
    be views with padded rows; they are written in blocks and never copied whole. `config` must be representable in
    JSON. The uint16 tensors named in `bfloat16` hold bfloat16 bits. The same arguments give the same bytes.
    `written` is told the name of each array once it is written, in their order. OutputError where `path` cannot be
    written.
    """
    check_name(path, "a native file (name.safetensors)", mapped=True, others=() if kind == "wordvec" else NOT_NATIVE)
    text = _json(config)
    arrays, norms = dict(tensors), np.empty(0, np.float32)
    if kind == "wordvec":
        arrays = {"embeddings": tensors["embeddings"], **tensors}
        norms = np.empty(len(arrays["embeddings"]), np.float32)
        arrays.setdefault(_NORM, norms)
    plan = layout(((name, array.dtype, array.shape) for name, array in arrays.items()), bfloat16)
    size = reserve(text)
    metadata = {
        "format": kind,
        "wordvec.version": VERSION,
        "wordvec.requires": ",".join(requires),
        "wordvec.config": text,
    }
    checksums = {_HEADER: _checksum(zlib.crc32(to_json(plan, metadata)))}
    with open_output(path, mapped=True) as file:
        file.seek(8 + size)
        for tensor in plan:
            if tensor.is_padding:
                file.write(bytes(tensor.stop - tensor.start))
                continue
            into = norms if tensor.name == "embeddings" and arrays.get(_NORM) is norms else None
            checksums[tensor.name] = _checksum(_write_array(file, arrays[tensor.name], tensor, into))
            written(tensor.name)
        metadata["wordvec.checksums"] = json.dumps(checksums, separators=(",", ":"))
        file.seek(0)
        file.write(encode(plan, metadata, size))


def _write_array(file: BinaryIO, array: NDArray[Any], tensor: Tensor, norms: NDArray[np.float32] | None) -> int:
    """Write the items of an array in row order, and row norms into `norms`; the CRC-32 of the bytes written."""
    crc = 0
    for first, block in row_blocks(array):
        little = np.ascontiguousarray(block, tensor.dtype)
        if norms is not None:
            norms[first : first + len(block)] = block_norms(little)
        data = little.reshape(-1).view(np.uint8).data
        crc = zlib.crc32(data, crc)
        file.write(data)
    return crc


@dataclass(frozen=True)
class StoredFile:
    """An open native file: read-only arrays by name, its config, metadata and layout."""

    path: str
    size: int
    mtime_ns: int
    tensors: Mapping[str, NDArray[Any]]
    config: dict[str, Any]
    metadata: dict[str, str]
    layout: Mapping[str, Tensor]
    data_start: int
    map: mmap.mmap | None = field(repr=False)

    @contextmanager
    def sequential(self) -> Iterator[None]:
        """Advise the system that the matrix is read sequentially in this block, so that it reads ahead."""
        tensor = self.layout["embeddings"]
        span = (self.data_start + tensor.start, tensor.stop - tensor.start)
        advised = self.map is not None and span[1] > 0 and hasattr(mmap, "MADV_SEQUENTIAL")
        if advised and self.map is not None:
            self.map.madvise(mmap.MADV_SEQUENTIAL, *span)
        try:
            yield
        finally:
            if advised and self.map is not None:
                self.map.madvise(mmap.MADV_NORMAL, *span)

    def verify(self) -> None:
        """Read the whole file and compare every checksum; FormatError names the damaged part."""
        checksums = _checksums(self.metadata)
        metadata = {key: value for key, value in self.metadata.items() if key != "wordvec.checksums"}
        if checksums[_HEADER] != _checksum(zlib.crc32(to_json(self.layout.values(), metadata))):
            raise FormatError(f"{self.path}: the header must have the checksum {checksums[_HEADER]}; it is damaged")
        for name, tensor in self.layout.items():
            crc, zeros = 0, True
            for _, block in row_blocks(self.tensors[name].reshape(-1).view(np.uint8)):
                crc = zlib.crc32(block.data, crc)
                zeros = zeros and not (tensor.is_padding and block.any())
            if not zeros or (not tensor.is_padding and checksums[name] != _checksum(crc)):
                must = "hold zeros" if tensor.is_padding else f"have the checksum {checksums[name]}"
                raise FormatError(f"{self.path}: tensor {name!r} must {must}; got {_checksum(crc)}: it is damaged")


def open_file(path: str | os.PathLike[str], *, mmap: bool = True, kind: str = "wordvec") -> StoredFile:
    """Open a native file in constant time by one read-only map; with `mmap=False` read it into memory.

    A file that is compressed, in an archive, on standard input, in a pipe or behind a URL is read into memory, too (see
    `inputs.open_input`). FormatError where the file is damaged, truncated, or not native; the cost of these checks
    does not depend on the sizes that the file claims.
    """
    place = find(path)
    if place.path is not None and place.member is None and not is_pipe(place.path):
        name = place.path
        if not stat.S_ISREG(os.stat(name).st_mode):  # checked first, as opening a pipe would block
            raise FormatError(f"{place.name}: a native file must be a regular file; this is a folder, device or pipe")
        with open(name, "rb") as file:
            try:
                return _open(file, os.path.realpath(name), os.fstat(file.fileno()), mmap, kind)
            except FormatError as error:
                file.seek(0)
                if packing(file) is None:
                    raise FormatError(f"{os.fspath(path)}: {error}") from None
    with plain_file(path) as name, open(name, "rb") as file:  # a temporary file: it is read into memory
        try:
            return _open(file, place.name, os.fstat(file.fileno()), False, kind)
        except FormatError as error:
            raise FormatError(f"{place.name}: {error}") from None


def _open(file: BufferedReader, path: str, status: os.stat_result, mapped: bool, kind: str) -> StoredFile:
    size = header_size(file.read(8), status.st_size)
    layout, metadata = decode(file.read(size), status.st_size - 8 - size)
    config = _checked_metadata(layout, metadata, kind)
    if kind == "wordvec":
        _check_tensors(layout, config["codec"])
    elif kind == "wordvec-counts":
        _check_counts(layout)
    _check_alignment(layout, 8 + size)
    if mapped:
        try:
            buffer: Any = mmap.mmap(file.fileno(), status.st_size, access=mmap.ACCESS_READ)
        except ValueError:  # the file became shorter meanwhile
            raise FormatError(f"the file must keep its {status.st_size} bytes while it is opened") from None
    else:
        file.seek(0)
        buffer = _aligned(status.st_size)
        if file.readinto(buffer.data) != status.st_size:
            raise FormatError(f"the file must have {status.st_size} bytes; it became shorter while it was read")
        buffer.flags.writeable = False
    tensors = {
        name: np.frombuffer(buffer, tensor.dtype, math.prod(tensor.shape), 8 + size + tensor.start)
        if math.prod(tensor.shape)
        else np.empty(0, tensor.dtype)
        for name, tensor in layout.items()
    }
    tensors = {name: array.reshape(layout[name].shape) for name, array in tensors.items()}
    map = buffer if mapped else None
    return StoredFile(path, status.st_size, status.st_mtime_ns, tensors, config, metadata, layout, 8 + size, map)


def _checked_metadata(layout: Mapping[str, Tensor], metadata: dict[str, str], kind: str) -> dict[str, Any]:
    """The config; FormatError where kind, version, features or checksums are not those of a file that we can read."""
    version = metadata.get("wordvec.version")
    if version is None:
        names = ", ".join(list(layout)[:8])
        raise FormatError(f"wordvec.version must be given; this safetensors file is of another kind, and holds {names}")
    if (actual := metadata.get("format", KINDS[0])) != kind and actual in KINDS:
        holds = {
            "wordvec": "vectors, which wordvec.load opens",
            "wordvec-counts": "counts of pairs of words",
            "wordvec-map": "a map from one space to another, which wordvec.align.Map.load opens",
            "wordvec-classifier": "a classifier of texts, which wordvec.classify.TextClassifier.load opens",
            "wordvec-checkpoint": "a checkpoint, from which the command that wrote it goes on",
            "wordvec-phrases": "phrases, which wordvec.Phrases.load opens",
            "wordvec-form-context": "a form-context model, which wordvec.FormContext.load opens",
        }
        advice = {
            "wordvec": "train a model on counts, or open them with wordvec.Cooccurrence.load",
            "wordvec-counts": "count a corpus",
            "wordvec-map": "fit a map with wordvec.align",
            "wordvec-classifier": "train one with wordvec.classify",
            "wordvec-checkpoint": "give another folder",
            "wordvec-phrases": "find phrases with wordvec.Phrases or `wordvec phrases`",
            "wordvec-form-context": "fit one with wordvec.FormContext",
        }[kind]
        raise FormatError(f"the file must hold {holds[kind]}; it holds {holds[actual]}: {advice}")
    if version != VERSION:
        raise FormatError(f"the profile must be version {VERSION}; the file has {version[:40]!r}: update wordvec")
    for feature in filter(None, metadata.get("wordvec.requires", "").split(",")):
        if feature not in FEATURES:
            raise FormatError(f"the file requires the feature {feature[:80]!r}, which must be known: update wordvec")
    expected = {name for name, tensor in layout.items() if not tensor.is_padding} | {_HEADER}
    if set(_checksums(metadata)) != expected:
        odd = sorted(set(_checksums(metadata)) ^ expected)
        raise FormatError(f"every tensor must have a checksum, and no other; it is not so for {', '.join(odd)[:200]}")
    config = _loads(metadata.get("wordvec.config", ""), "wordvec.config")
    if not isinstance(config.get("metadata"), dict):
        raise FormatError("wordvec.config must have an object `metadata`; it has none")
    if kind == "wordvec":
        _check_config(config)
    return config


def _check_config(config: dict[str, Any]) -> None:
    """FormatError where the config of a file of vectors lacks what opening it needs."""
    vocab = config.get("vocab")
    if not isinstance(vocab, dict) or type(vocab.get("max_probe")) is not int or vocab["max_probe"] < 0:
        raise FormatError("wordvec.config must have a number vocab.max_probe; it has none")
    if not isinstance(config.get("codec"), str) or type(config.get("dim")) is not int:
        raise FormatError("wordvec.config must name the codec and give dim, the numbers in a vector; it does not")


def _check_tensors(layout: Mapping[str, Tensor], codec: str) -> None:
    """FormatError unless the tensors of version 1 are there with the dtypes and shapes of the profile.

    Other tensors are allowed. The tensors of a codec are checked where the codec is opened.
    """
    matrix, offsets = layout.get("embeddings"), layout.get("vocab.offsets")
    has_lines = matrix is None or codec == "float32" or len(matrix.shape) == 2  # else its codes stand in another order
    counted = matrix if has_lines else layout.get(_NORM)
    rows = counted.shape[0] if counted is not None and counted.shape else 0
    words = offsets.shape[0] - 1 if offsets is not None and offsets.shape and "vocab.row" in layout else rows
    sizes = {"R": rows, "V": words, "V+1": words + 1}
    code = "F32" if codec == "float32" or matrix is None else matrix.code
    own = {"embeddings": (code, ("R", "D"))} if has_lines else {}
    other = "vocab.hash" if "vocab.order" in layout else "vocab.order"
    _check_profile(layout, own | PROFILE, sizes, OPTIONAL | {other})


def _check_counts(layout: Mapping[str, Tensor]) -> None:
    """FormatError unless the tensors of counts have the dtypes and shapes of the profile; the values are not read."""
    data, offsets = layout.get("data"), layout.get("vocab.offsets")
    cells, ends = (tensor.shape[0] if tensor is not None and tensor.shape else 0 for tensor in (data, offsets))
    _check_profile(layout, COUNTS, {"N": cells, "V": ends - 1, "V+1": ends}, {"counts", "offsets"})


def _check_profile(
    layout: Mapping[str, Tensor],
    profile: Mapping[str, tuple[str, tuple[str, ...]]],
    sizes: Mapping[str, int],
    optional: Collection[str],
) -> None:
    """FormatError names a tensor that does not match the profile."""
    for name, (code, shape) in profile.items():
        wanted = [sizes.get(size, size) for size in shape]
        tensor = layout.get(name)
        if tensor is None and name in optional:
            continue
        if (
            tensor is None
            or tensor.code != code
            or len(tensor.shape) != len(shape)
            or any(isinstance(size, int) and size != got for size, got in zip(wanted, tensor.shape))
        ):
            got = "none" if tensor is None else f"{tensor.code} {list(tensor.shape)}"
            raise FormatError(f"tensor {name!r} must be {code} [{', '.join(map(str, wanted))}]; the file has {got}")


def _check_alignment(layout: Mapping[str, Tensor], data_start: int) -> None:
    for tensor in layout.values():
        step = PAGE if len(tensor.shape) > 1 else ALIGNMENT
        if not tensor.is_padding and tensor.stop > tensor.start and (data_start + tensor.start) % step:
            raise FormatError(
                f"tensor {tensor.name!r} must start at a multiple of {step} bytes; "
                f"it starts at {data_start + tensor.start}"
            )


def _aligned(size: int) -> NDArray[np.uint8]:
    """[size] bytes that start on a page, like a mapped file."""
    block = np.empty(size + PAGE, np.uint8)
    skip = -block.ctypes.data % PAGE
    return block[skip : skip + size]


def _checksums(metadata: Mapping[str, str]) -> dict[str, Any]:
    return _loads(metadata.get("wordvec.checksums", ""), "wordvec.checksums")


def _checksum(crc: int) -> str:
    return f"crc32:{crc:08x}"


def _loads(text: str, name: str) -> dict[str, Any]:
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
    if not isinstance(value, dict):
        raise FormatError(f"{name} must be a JSON object; got {text[:40]!r}")
    return value


def _json(config: Mapping[str, Any]) -> str:
    """The config as ASCII JSON; numpy's scalars and arrays become numbers and lists."""

    def plain(value: Any) -> Any:
        if hasattr(value, "tolist"):
            return value.tolist()
        raise TypeError(f"{value!r} of type {type(value).__name__}")

    try:
        return json.dumps(config, default=plain, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise OptionError(f"metadata must be what JSON can say, with finite numbers; got {error}") from None
