"""The header of a safetensors file: the position of each tensor, checked before any byte of it is used."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wordvec.base.errors import FormatError, OptionError

MAX_HEADER = 100_000_000  # the limit of other readers of safetensors
PAGE = 4096  # matrices start on a page, so that each can be mapped and advised on its own
ALIGNMENT = 64  # everything else starts on a cache line
RESERVE = 16 * 1024  # room for the tensors and checksums, which are known only after the rows are written
PAD = "_pad."

DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),  # numpy has no such dtype: the bits
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
    "I16": np.dtype("<i2"),
    "U16": np.dtype("<u2"),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "I64": np.dtype("<i8"),
    "U64": np.dtype("<u8"),
    "BOOL": np.dtype("?"),
}
CODES = {dtype: code for code, dtype in reversed(DTYPES.items()) if code != "BF16"}


@dataclass(frozen=True)
class Tensor:
    """The position of a tensor: `start` and `stop` count from the first byte after the header."""

    name: str
    code: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The numpy dtype, little-endian."""
        return DTYPES[self.code]

    @property
    def is_padding(self) -> bool:
        """Whether this is a padding tensor, which holds zeros."""
        return self.name.startswith(PAD)


def layout(
    shapes: Iterable[tuple[str, np.dtype[Any], tuple[int, ...]]], bfloat16: Collection[str] = ()
) -> list[Tensor]:
    """Consecutive tensors: matrices start on pages, others on cache lines, and a padding tensor fills every gap.

    Those named in `bfloat16` hold bfloat16 bits.
    """
    tensors: list[Tensor] = []
    end = pads = 0
    for name, dtype, shape in shapes:
        step = PAGE if len(shape) > 1 else ALIGNMENT
        start = -(-end // step) * step
        if start > end:
            tensors.append(Tensor(f"{PAD}{pads}", "U8", (start - end,), end, start))
            pads += 1
        end = start + math.prod(shape) * dtype.itemsize
        code = "BF16" if name in bfloat16 else CODES[dtype.newbyteorder("<")]
        tensors.append(Tensor(name, code, shape, start, end))
    return tensors


def reserve(config: str) -> int:
    """The bytes reserved for the JSON; with the 8 before it they fill whole pages."""
    return -(-(8 + len(json.dumps(config)) + RESERVE) // PAGE) * PAGE - 8


def encode(tensors: Iterable[Tensor], metadata: Mapping[str, str], size: int) -> bytes:
    """The header of `8 + size` bytes: its length and the JSON, padded with spaces."""
    text = to_json(tensors, metadata)
    if len(text) > min(size, MAX_HEADER):
        raise OptionError(f"a header must fit in {min(size, MAX_HEADER)} bytes; got {len(text)}: shorten the metadata")
    return size.to_bytes(8, "little") + text.ljust(size)


def to_json(tensors: Iterable[Tensor], metadata: Mapping[str, str]) -> bytes:
    """The JSON of a header, without padding."""
    entries: dict[str, Any] = {"__metadata__": dict(metadata)}
    for tensor in tensors:
        entries[tensor.name] = {
            "dtype": tensor.code,
            "shape": list(tensor.shape),
            "data_offsets": [tensor.start, tensor.stop],
        }
    return json.dumps(entries, separators=(",", ":")).encode("ascii")


def header_size(first: bytes, file_size: int) -> int:
    """The length of the JSON, from the first 8 bytes of a file of `file_size` bytes."""
    if len(first) < 8:
        raise FormatError(f"a safetensors file must start with 8 bytes of header size; the file has {len(first)} bytes")
    size = int.from_bytes(first, "little")
    if not 2 <= size <= min(MAX_HEADER, file_size - 8):
        raise FormatError(
            f"the header must take 2 to {MAX_HEADER} bytes and lie inside the file of {file_size}; "
            f"the file says {size}: it is truncated or not a safetensors file"
        )
    return size


def decode(text: bytes, data_size: int) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors by name in file order, metadata) from the JSON of a file with `data_size` bytes of tensors."""
    try:
        entries = json.loads(text.decode("utf-8"), object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the header must be JSON; {error}") from None
    if not isinstance(entries, dict):
        raise FormatError(f"the header must be a JSON object; got {type(entries).__name__}")
    metadata = entries.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise FormatError("__metadata__ must map strings to strings")
    tensors = sorted((_tensor(name, entry) for name, entry in entries.items()), key=lambda t: (t.start, t.stop))
    end = 0
    for tensor in tensors:
        if tensor.start != end:
            word = "overlaps the one before it" if tensor.start < end else "leaves a gap before it"
            raise FormatError(f"tensors must follow one another; {tensor.name!r} starts at {tensor.start} and {word}")
        end = tensor.stop
    if end != data_size:
        raise FormatError(
            f"the tensors must fill the file; they take {end} bytes, the file has {data_size}: truncated?"
        )
    return {tensor.name: tensor for tensor in tensors}, metadata


def _tensor(name: str, entry: Any) -> Tensor:
    """One entry of the header. Python's integers do not overflow, so products of hostile shapes are exact."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise FormatError(f"tensor {name!r} must have dtype, shape and data_offsets")
    code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(code, str) or code not in DTYPES:
        raise FormatError(f"tensor {name!r} must have one of the dtypes {', '.join(DTYPES)}; got {str(code)[:40]!r}")
    if not _is_naturals(shape) or len(shape) > 32 or not _is_naturals(offsets) or len(offsets) != 2:
        raise FormatError(f"tensor {name!r} must have lists of integers as shape and data_offsets")
    tensor = Tensor(name, code, tuple(shape), offsets[0], offsets[1])
    if math.prod(size for size in shape if size) * tensor.dtype.itemsize >= 2**63:  # what numpy refuses, even if empty
        raise FormatError(f"tensor {name!r} must be smaller than 2^63 bytes in all but empty dimensions; got {shape}")
    if math.prod(shape) * tensor.dtype.itemsize != tensor.stop - tensor.start:
        raise FormatError(
            f"tensor {name!r} of shape {shape} must take {math.prod(shape) * tensor.dtype.itemsize} bytes; "
            f"its data_offsets hold {tensor.stop - tensor.start}"
        )
    return tensor


def _is_naturals(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**63 for value in values)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        name = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise FormatError(f"{name[:80]!r} must be there once; it is there twice")
    return entries


def _no_constant(name: str) -> Any:
    raise FormatError(f"numbers must be finite; got {name}")
