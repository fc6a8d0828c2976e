"""A machine for Python pickles that makes plain data: names stand for classes, nothing is imported or called."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError

# What a file may call. A name becomes a `Name`, a piece of text: no class or function is ever looked up. Any other, as
# that of a user's `hashfxn`, is a `Foreign` one: it may lie in the data, and a plain object may be of it.
_ALLOWED = {
    "builtins": {"int", "float", "object", "hash", "list", "dict", "set", "frozenset", "tuple", "str", "bytes"},
    "collections": {"OrderedDict", "defaultdict"},
    "copyreg": {"_reconstructor"},
    "_codecs": {"encode"},
    "functools": {"partial"},
    "numpy": {"ndarray", "dtype", "float16", "float32", "float64", "int32", "int64", "uint32", "uint64", "bool_"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
}
_RENAMED = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "UserString": "collections",  # as Python 3 wrote collections for Python 2 until 3.4
    "UserDict": "collections",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "numpy._core.numeric": "numpy.core.numeric",
}
_AS_INT = ("__builtin__.long", "builtins.long")  # what Python 3 wrote for int in protocols 0 to 2
_FAMILIES = ("gensim.", "numpy.random.")  # any class of these is kept as an `Inert` object
_NUMBERS = re.compile(r"[biuf][1248]|f16")
_SHORT = 16  # parts of a tuple that is a key
_LONGEST_NUMBER = 400  # digits
_BIGGEST = 1 << 60  # integers that are keys: bigger ones can be made to collide in a dict


Steps = Sequence["Callable[[Machine], None] | None"]  # by opcode


class Name(str):
    """The name of a class or function in the file: `module.name`."""

    __slots__ = ()


class Foreign(Name):
    """The name of something that no file of vectors needs: never imported, never called."""

    __slots__ = ()


class Inert:
    """An object of the file: the name of its class and its state, without behaviour."""

    __slots__ = ("name", "state")

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: dict[Any, Any] = {}


class Array:
    """A numpy array of the file. `values` is None until it is filled, and for arrays of objects, which are `items`."""

    __slots__ = ("items", "values")

    def __init__(self) -> None:
        self.values: NDArray[Any] | None = None
        self.items: list[Any] | None = None


class _Dtype:
    """The code of a numpy dtype and its byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "<"

    def dtype(self) -> np.dtype[Any] | None:
        """The dtype, None where it is not of plain numbers."""
        order = "<" if self.order == "|" else self.order
        return np.dtype(order + self.code) if _NUMBERS.fullmatch(self.code) and self.code != "f16" else None


class Machine:
    """The stack machine of the pickle format, for the opcodes that data needs."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.at, self.size = data, 0, len(data)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.budget = 4 * self.size + 1024  # items that may be copied; in a real file each item is stored itself
        self.encoded: dict[int, tuple[str, bytes]] = {}  # by identity: a repeated string is encoded once

    def run(self, steps: Steps, why: Mapping[int, str]) -> Any:
        """Run the opcodes to the end; the value on the stack. `why` has the reasons for refused opcodes."""
        while True:
            code = self._frequent()
            step = steps[code]
            if step is None:
                if code == 0x2E:  # STOP
                    return self.stack.pop()
                raise FormatError(why.get(code, f"must be an instruction; it is 0x{code:02x}"))
            step(self)

    def _frequent(self) -> int:
        """Run the opcodes of words and rows in one loop, for speed, up to another opcode, which is returned.

        A truncated file shows as an index beyond the data.
        """
        data, at, stack, memo = self.data, self.at, self.stack, self.memo
        try:
            while True:
                code = data[at]
                at += 1
                if code == 0x94:  # MEMOIZE
                    memo[len(memo)] = stack[-1]
                elif code == 0x8C:  # SHORT_BINUNICODE
                    start = at + 1
                    at = start + data[at]
                    stack.append(data[start:at].decode("utf-8", "surrogatepass"))
                elif code == 0x58:  # BINUNICODE
                    start = at + 4
                    at = start + int.from_bytes(data[at:start], "little")
                    stack.append(data[start:at].decode("utf-8", "surrogatepass"))
                elif code == 0x6A:  # LONG_BINGET
                    stack.append(memo[int.from_bytes(data[at : at + 4], "little")])
                    at += 4
                elif code == 0x4A:  # BININT
                    stack.append(int.from_bytes(data[at : at + 4], "little", signed=True))
                    at += 4
                elif code == 0x72:  # LONG_BINPUT
                    memo[int.from_bytes(data[at : at + 4], "little")] = stack[-1]
                    at += 4
                elif code == 0x71:  # BINPUT
                    memo[data[at]] = stack[-1]
                    at += 1
                elif code == 0x68:  # BINGET
                    stack.append(memo[data[at]])
                    at += 1
                else:
                    return code
        finally:
            self.at = at

    # What opcodes use

    def read(self, size: int) -> bytes:
        """The next bytes."""
        start = self.skip(size)
        return self.data[start : self.at]

    def skip(self, size: int) -> int:
        """Skip `size` bytes, which must be there; the position of the first."""
        start = self.at
        if size > self.size - start:
            raise FormatError(f"must be followed by {size} bytes; the file has {self.size - start}")
        self.at = start + size
        return start

    def number(self, size: int) -> int:
        """The next `size` bytes as an unsigned integer."""
        return int.from_bytes(self.read(size), "little")

    def line(self, longest: int) -> bytes:
        """The bytes up to the end of the line."""
        step = 256
        while True:
            part = self.data[self.at : self.at + min(step, longest + 1)]
            end = part.find(b"\n")
            if end >= 0:
                self.at += end + 1
                return part[:end]
            if len(part) < step:
                raise FormatError(f"must start a line of at most {longest} bytes; it does not end")
            step *= 4

    def items(self) -> list[Any]:
        """Remove and return the items on the stack above the last mark."""
        start = self.marks.pop()
        if start > len(self.stack):
            raise FormatError("must find its mark on the stack; it was taken off")
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def spend(self, items: int) -> None:
        """Count items that are copied, as a few bytes could copy the same thousands of items again and again."""
        self.budget -= items
        if self.budget < 0:
            raise FormatError("must make what the file holds; it copies the same items again and again")

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    # Containers

    def extend(self, items: list[Any]) -> None:
        """Append to the list on the stack."""
        target = self.stack[-1]
        if type(target) is not list:
            raise FormatError("must append to a list; it is another thing")
        target.extend(items)

    def update(self, items: list[Any]) -> None:
        """Set alternating keys and values in the dict on the stack."""
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise FormatError("must set pairs of a dict; it does not")
        keys = items[::2]
        if set(map(type, keys)) != {str}:  # words: checked at once
            keys = list(map(checked_key, keys))
        target.update(zip(keys, items[1::2]))

    # Names, objects

    def name(self, module: str, name: str) -> Name:
        """The name of a class or function; `Foreign` where it must not be called."""
        if f"{module}.{name}" in _AS_INT:
            return Name("builtins.int")
        module = _RENAMED.get(module, module)
        allowed = (f"{module}.".startswith(_FAMILIES) and name.isidentifier()) or name in _ALLOWED.get(module, ())
        return (Name if allowed else Foreign)(f"{module}.{name}")

    def make(self, name: Any, values: Any) -> Any:
        """The result of calling `name`, for the few calls that make data; otherwise an inert object."""
        if not isinstance(name, Name) or type(values) is not tuple:
            raise FormatError("must make an object of a named class; it does not")
        if type(name) is Name and (name.startswith(_FAMILIES) or name == "functools.partial"):
            return Inert(name)
        make = _MAKERS.get(name)
        parts = [name, *values] if name != "copyreg._reconstructor" else []  # which checks its parts itself
        foreign = next((value for value in parts if type(value) is Foreign), name if make is None else None)
        if make is None or foreign is not None:
            raise refused(str(foreign))
        return make(self, values)

    def new(self, name: Any, values: Any) -> Any:
        """A new object without a call: of any class, if there are no arguments."""
        return Inert(name) if type(name) is Foreign and values == () else self.make(name, values)

    def latin1(self, text: Any) -> bytes | memoryview:
        """The bytes that Python 2 or protocol 2 wrote as text."""
        if type(text) is not str:
            if type(text) not in (bytes, memoryview):
                raise FormatError("must have bytes as the data of an array; it has not")
            return text  # type: ignore[no-any-return]
        if id(text) not in self.encoded:
            self.encoded[id(text)] = (text, text.encode("latin-1"))
        return self.encoded[id(text)][1]

    def build(self) -> None:
        """Set the state of the object on the stack."""
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is Inert:
            parts = state if type(state) is tuple and len(state) == 2 else (state,)
            for part in parts:
                if type(part) is dict:
                    self.spend(len(part))
                    target.state.update(part)
        elif type(target) is Array:
            _, shape, dtype, fortran, data = state
            target.values = self.array(data, dtype, shape, bool(fortran))
            target.items = data if type(data) is list else None
        elif type(target) is _Dtype:
            order, parts = state[1], state[2:5]
            target.order = order if order in ("<", ">", "|") else "<"
            if any(part is not None for part in parts):
                target.code = "V"  # a dtype with fields: not numbers
        else:
            raise FormatError("must give a state to an object; it is another thing")

    def array(self, data: Any, dtype: Any, shape: Any, fortran: bool) -> NDArray[Any] | None:
        """The numbers as a view of the file; None where they are not plain numbers."""
        if type(dtype) is not _Dtype or type(shape) is not tuple or len(shape) > 8:
            raise FormatError("must fill an array of a dtype and a shape; it does not")
        plain = dtype.dtype()
        if plain is None:
            return None
        flat = np.frombuffer(self.latin1(data), plain)
        if any(type(size) is not int or not 0 <= size <= self.size for size in shape):
            raise FormatError("must fill an array of the shape that its data have; it does not")
        return flat.reshape(shape, order="F" if fortran else "C")


def refused(name: str) -> FormatError:
    """The error for a name that must not be called."""
    return FormatError(f"names {name[:160]}, which is refused, as a pickle could run code with it")


def checked_key(key: Any) -> Any:
    """A key of a dict or an item of a set, which must be hashable in one step, without nesting."""
    kind = type(key)
    if kind is tuple and len(key) <= _SHORT and all(type(part) in (str, bytes) for part in key):
        return key  # the keys of Phrases
    if kind not in (str, bytes, int, float, bool, type(None)) or (kind is int and not -_BIGGEST < key < _BIGGEST):
        raise FormatError("must have strings and numbers as keys; it has others")
    return key


def checked_text(value: Any) -> str:
    """A value that must be a string."""
    if type(value) is not str:
        raise FormatError("must have text here; it has not")
    return value


def _scalar(machine: Machine, values: tuple[Any, ...]) -> Any:
    dtype, data = values
    if type(dtype) is _Dtype and dtype.code[:1] == "U":  # np.str_, as keys may be
        raw = bytes(machine.latin1(data))
        return raw.decode("utf-32-be" if dtype.order == ">" else "utf-32-le", "surrogatepass").rstrip("\0")
    if type(dtype) is not _Dtype or (plain := dtype.dtype()) is None or len(data) != plain.itemsize:
        raise FormatError("must be a number of a numpy dtype; it is not")
    return np.frombuffer(machine.latin1(data), plain)[0].item()


def _frombuffer(machine: Machine, values: tuple[Any, ...]) -> Array:
    data, dtype, shape, order = values
    array = Array()
    array.values = machine.array(data, dtype, shape, order == "F")
    return array


def _pairs(machine: Machine, values: tuple[Any, ...]) -> dict[Any, Any]:
    pairs = values[0] if values else []
    if type(pairs) is list:
        machine.spend(len(pairs))
    if type(pairs) is not list or any(type(pair) not in (list, tuple) or len(pair) != 2 for pair in pairs):
        raise FormatError("must have pairs in an OrderedDict; it has not")
    return {checked_key(pair[0]): pair[1] for pair in pairs}


def _items_of(kind: type) -> Callable[[Machine, tuple[Any, ...]], Any]:
    def make(machine: Machine, values: tuple[Any, ...]) -> Any:
        items = values[0] if values else []
        if type(items) is not list:
            raise FormatError("must make a set of a list; it does not")
        machine.spend(len(items))
        return kind(map(checked_key, items))

    return make


def _no_bytes(machine: Machine, values: tuple[Any, ...]) -> bytes:
    if values:
        raise FormatError("must make no bytes but of none; it does")
    return b""


def _encode(machine: Machine, values: tuple[Any, ...]) -> Any:
    text, encoding = values
    if encoding not in ("latin1", "latin-1"):
        raise FormatError("must encode bytes as latin1; it does not")
    return machine.latin1(checked_text(text))


def _reconstructor(machine: Machine, values: tuple[Any, ...]) -> Any:
    name, base, _ = values
    if base != "builtins.object":
        raise FormatError("must make a plain object; it does not")
    return machine.new(name, ())


def _integer(machine: Machine, values: tuple[Any, ...]) -> int:
    """An integer from its digits, as protocols 0 to 2 write large integers of Python 2."""
    text = values[0] if len(values) == 1 else None
    if type(text) is int:
        return text
    if type(text) is not str or len(text) > _LONGEST_NUMBER:
        raise FormatError("must make an integer of its digits; it does not")
    return int(text.rstrip("L"))


_MAKERS: dict[str, Callable[[Machine, tuple[Any, ...]], Any]] = {
    "builtins.int": _integer,
    "numpy.core.multiarray._reconstruct": lambda machine, values: Array(),
    "numpy.core.multiarray.scalar": _scalar,
    "numpy.core.numeric._frombuffer": _frombuffer,
    "numpy.dtype": lambda machine, values: _Dtype(checked_text(values[0])[:16]),
    "builtins.bytes": _no_bytes,
    "collections.OrderedDict": _pairs,
    "collections.defaultdict": lambda machine, values: {},
    "builtins.set": _items_of(set),
    "builtins.frozenset": _items_of(frozenset),
    "_codecs.encode": _encode,
    "copyreg._reconstructor": _reconstructor,
}
