"""Ways to damage the bytes of a file, for fuzzing: bits, runs, numbers in bytes and in text, parts of a native file."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import re

import numpy as np

INTEGERS = [0, 1, 2, 3, 7, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62]
INTEGERS += [2**63 - 1, -1, -2, -(2**31), -(2**63)]
FLOATS = [0.0, -0.0, 1e-45, 1e-30, 1.0, -1.0, 3e38, np.inf, -np.inf, np.nan]
NUMBERS = [b"0", b"-1", b"1e999", b"nan", b"inf", b"1e-400", b"99999999999999999999", b"2147483648", b"0x1", b""]
BYTES = [b"\0", b"\n", b" ", b"\t", b"\r", b"\xff", b"\x80", b"\xe2\x80", b"\xef\xbb\xbf", b"{", b"]", b'"', b"1" * 400]
ODD = [None, True, -1, 0, 1, 2**31, 2**63, 2**70, 0.5, 1e308, "", "x" * 300, "\0", [], {}, [[]], [1, "a"], {"a": 1}]
DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "BF16": "<u2", "I8": "i1", "U8": "u1", "I32": "<i4", "U32": "<u4"}
DTYPES |= {"I64": "<i8", "U64": "<u8", "BOOL": "u1", "U16": "<u2", "I16": "<i2"}
PACKED = {b"\x1f\x8b": gzip, b"BZh": bz2, b"\xfd7zXZ": lzma}


def damage(data, rng):
    """The bytes of a file, changed in one to four places."""
    for mark, module in PACKED.items():
        if data.startswith(mark) and rng.random() < 0.5:  # what is packed; else the packing
            options = {"mtime": 0} if module is gzip else {}  # a case is the same whenever it is made
            return module.compress(damage(module.decompress(data), rng), **options)
    for _ in range(int(rng.integers(1, 5))):
        native = len(data) > 9 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data) - 8
        if native and rng.random() < 0.7:
            data = _native(data, rng)
        else:
            data = WAYS[int(rng.integers(len(WAYS)))](data, rng)
    return data


def _at(data, rng, size=1):
    return int(rng.integers(0, max(1, len(data) - size + 1)))


def _one(some, rng):
    return some[int(rng.integers(len(some)))]


def _bit(data, rng):
    if not data:
        return b"\0"
    at = _at(data, rng)
    return data[:at] + bytes([data[at] ^ 1 << int(rng.integers(8))]) + data[at + 1 :]


def _byte(data, rng):
    at = _at(data, rng)
    return data[:at] + _one(BYTES, rng) + data[at + 1 :]


def _insert(data, rng):
    at = _at(data, rng)
    return data[:at] + _one(BYTES, rng) + data[at:]


def _delete(data, rng):
    at = _at(data, rng)
    return data[:at] + data[at + int(rng.integers(1, 40)) :]


def _cut(data, rng):
    return data[: _at(data, rng)]


def _repeat(data, rng):
    at, size = _at(data, rng), int(rng.integers(1, 200))
    return data[: at + size] * 1 + data[at : at + size] * int(rng.integers(1, 20)) + data[at + size :]


def _move(data, rng):
    at, to, size = _at(data, rng), _at(data, rng), int(rng.integers(1, 40))
    return data[:to] + data[at : at + size] + data[to + size :]


def _integer(data, rng):
    size, order = _one([1, 2, 4, 8], rng), _one(["little", "little", "big"], rng)
    at = _at(data, rng, size)
    at -= at % size if rng.random() < 0.7 else 0
    value = _one(INTEGERS, rng) & (1 << 8 * size) - 1
    return data[:at] + value.to_bytes(size, order) + data[at + size :]


def _number(data, rng):
    """A number in text, with as many characters as before or with others."""
    found = list(re.finditer(rb"-?[0-9][0-9.e+-]*", data[: 1 << 20]))
    if not found:
        return _integer(data, rng)
    match = _one(found, rng)
    new = _one(NUMBERS, rng)
    if rng.random() < 0.5:
        new = bytes(rng.integers(48, 58, len(match[0]), np.uint8))
    return data[: match.start()] + new + data[match.end() :]


WAYS = [_bit, _byte, _insert, _delete, _cut, _repeat, _move, _integer, _integer, _number, _number]


def _native(data, rng):
    """Numbers of a tensor, or a value of what the header says, of a native file, whose sizes go on to agree."""
    size = int.from_bytes(data[:8], "little")
    try:
        header = json.loads(data[8 : 8 + size])
        tensors = [entry for name, entry in header.items() if name != "__metadata__" and not name.startswith("_pad.")]
        config = json.loads(header["__metadata__"]["wordvec.config"])
        entry = _one(tensors, rng)
        dtype, (start, stop) = np.dtype(DTYPES[entry["dtype"]]), map(int, entry["data_offsets"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return _bit(data, rng)
    if rng.random() < 0.6 and 0 <= start < stop <= len(data) - 8 - size and (stop - start) % dtype.itemsize == 0:
        array = np.frombuffer(data, dtype, (stop - start) // dtype.itemsize, 8 + size + start).copy()
        for _ in range(int(rng.integers(1, 4))):
            where, value = int(rng.integers(len(array))), _one(FLOATS if dtype.kind == "f" else INTEGERS, rng)
            near = [0, 1, -1, len(array), len(array) - 1, int(array[_at(array, rng)]) if dtype.kind != "f" else 0]
            value = value if dtype.kind == "f" or rng.random() < 0.5 else _one(near, rng)
            with np.errstate(all="ignore"):
                array[where] = np.array(value if dtype.kind == "f" else value & 2**64 - 1).astype(dtype)
        return data[: 8 + size + start] + array.tobytes() + data[8 + size + stop :]
    if rng.random() < 0.7:
        if isinstance(config, dict):
            _odd(config, rng)
        header["__metadata__"]["wordvec.config"] = json.dumps(config)
    else:
        _odd(header, rng)
    text = json.dumps(header, separators=(",", ":")).encode()
    return data[:8] + text.ljust(size) + data[8 + size :] if len(text) <= size else data


def _odd(value, rng):
    """Put an odd value in the place of one somewhere inside."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = _one(keys, rng)
        if isinstance(value[key], (dict, list)) and value[key] and rng.random() < 0.8:
            value = value[key]
            continue
        if isinstance(value[key], int) and rng.random() < 0.5:
            value[key] = _one(INTEGERS, rng)
        elif isinstance(value, dict) and rng.random() < 0.2:
            del value[key]
        else:
            value[key] = _one(ODD, rng)
        return
