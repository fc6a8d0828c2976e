"""Reading gensim's pickles as plain data: the opcodes of the format, and those that are refused."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Callable
from typing import Any

from wordvec.base.errors import FormatError
from wordvec.formats.io.pickle_machine import Foreign, Inert, Machine, checked_key, checked_text, refused

_LINE = 1024  # bytes of a line that is not a string
_DIGITS = 400  # digits of a number in text
_ESCAPE = re.compile(rb"\\([4-7][0-7]{2}|.)", re.DOTALL)
_ESCAPES = b"\n\\'\"abfnrtv01234567xNuU"
_MEMO_DIGITS = 10  # digits of a key of the memo


def read(data: bytes | mmap.mmap, path: str) -> Any:
    """The content of a pickle of protocol 0 to 5: None, bool, int, float, str, bytes, containers, `Array`, `Inert`.

    The name of anything else is text, `Foreign`. FormatError where it is called, and where the bytes are damaged.
    Nothing is called, so no code of the file can run. At most one step a byte, no recursion, and memory in proportion
    to the file.
    """
    machine = Machine(data)
    try:
        value = machine.run(_STEPS, _WHY)
        if isinstance(name := value.name if type(value) is Inert else value, Foreign):
            raise refused(name)
        return value
    except FormatError as error:
        raise FormatError(f"{path}: byte {machine.at} of the pickle {error}") from None
    except MemoryError:
        raise FormatError(f"{path}: byte {machine.at} of the pickle needs more memory than there is") from None
    except (IndexError, KeyError, ValueError, TypeError, OverflowError, struct.error, UnicodeError) as error:
        why = f"{type(error).__name__}: {str(error)[:80]}"
        raise FormatError(f"{path}: the pickle must be whole; at byte {machine.at} it is damaged ({why})") from None


# The opcodes; one function makes those that take the same steps.


def _constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(value)


def _integer(size: int) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(machine.number(size))


def _long(size: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        length = machine.number(size)
        if length > _DIGITS:
            raise FormatError(f"must have numbers of at most {_DIGITS} bytes; one has {length}")
        machine.stack.append(int.from_bytes(machine.read(length), "little", signed=True))

    return step


def _string(size: int, encoding: str, errors: str) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        machine.stack.append(machine.read(machine.number(size)).decode(encoding, errors))

    return step


def _bytes(size: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        length = machine.number(size)
        start = machine.skip(length)
        large = length > 1 << 12  # large values stay in the file
        view = memoryview(machine.data)[start : start + length] if large else machine.data[start : start + length]
        machine.stack.append(view)

    return step


def _tuple(size: int) -> Callable[[Machine], None]:
    def step(machine: Machine) -> None:
        stack = machine.stack
        if len(stack) < size:
            raise FormatError("must find what a tuple is made of on the stack; it is not there")
        stack[len(stack) - size :] = [tuple(stack[len(stack) - size :])]

    return step


def _of_items(kind: Callable[[list[Any]], Any]) -> Callable[[Machine], None]:
    return lambda machine: machine.push(kind(machine.items()))


def _put(machine: Machine) -> None:
    # Larger numbers could be chosen to collide in the dict.
    machine.memo[int(machine.line(_MEMO_DIGITS))] = machine.stack[-1]


def _text_number(machine: Machine) -> None:
    line = machine.line(_DIGITS)
    machine.push({b"00": False, b"01": True}[line] if line in (b"00", b"01") else int(line.rstrip(b"L")))


def _python2_string(machine: Machine) -> None:
    text = machine.line(machine.size).strip()
    if len(text) < 2 or text[:1] not in (b"'", b'"') or text[-1:] != text[:1]:
        raise FormatError("must have a string in quotes; it has not")
    machine.push(_ESCAPE.sub(_known_escape, text[1:-1]).decode("unicode_escape"))


def _known_escape(found: re.Match[bytes]) -> bytes:
    """An escape as Python 2 reads it: unknown ones stay, numbers are reduced to a byte."""
    what = found[1]
    if len(what) == 3:
        return b"\\%03o" % (int(what, 8) & 255)
    return found[0] if what in _ESCAPES else b"\\" + found[0]


def _dict(machine: Machine) -> None:
    items = machine.items()
    machine.push({})
    machine.update(items)


def _append(machine: Machine) -> None:
    item = machine.stack.pop()
    machine.extend([item])


def _set_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.update([key, value])


def _add_items(machine: Machine) -> None:
    items = machine.items()
    if type(machine.stack[-1]) is not set:
        raise FormatError("must add to a set; it is another thing")
    machine.stack[-1].update(map(checked_key, items))


def _pop(machine: Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.stack.pop()


def _protocol(machine: Machine) -> None:
    if machine.number(1) > 5:
        raise FormatError("must be of protocol 0 to 5; it is newer")


def _frame(machine: Machine) -> None:
    size = machine.number(8)
    if size > machine.size - machine.at:
        raise FormatError(f"must start a frame of {size} bytes; the file has {machine.size - machine.at}: cut off?")


def _global(machine: Machine) -> None:
    module = machine.line(_LINE).decode()
    machine.push(machine.name(module, machine.line(_LINE).decode()))


def _stack_global(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.push(machine.name(checked_text(module), checked_text(name)))


def _reduce(machine: Machine) -> None:
    values, name = machine.stack.pop(), machine.stack.pop()
    machine.push(machine.make(name, values))


def _newobj(machine: Machine) -> None:
    values, name = machine.stack.pop(), machine.stack.pop()
    machine.push(machine.new(name, values))


def _newobj_ex(machine: Machine) -> None:
    named, values, name = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    if named != {}:
        raise FormatError("must make an object without named arguments; it has some")
    machine.push(machine.make(name, values))


def _inst(machine: Machine) -> None:
    module = machine.line(_LINE).decode()
    name = machine.name(module, machine.line(_LINE).decode())
    machine.push(machine.make(name, tuple(machine.items())))


def _obj(machine: Machine) -> None:
    items = machine.items()
    machine.push(machine.make(items[0], tuple(items[1:])))


_OPCODES: dict[bytes, Callable[[Machine], None]] = {
    b"\x80": _protocol,
    b"\x95": _frame,
    b"(": lambda machine: machine.marks.append(len(machine.stack)),
    b"0": _pop,
    b"1": lambda machine: machine.items().clear(),
    b"2": lambda machine: machine.push(machine.stack[-1]),
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b")": _constant(()),
    b"]": lambda machine: machine.stack.append([]),
    b"}": lambda machine: machine.stack.append({}),
    b"\x8f": lambda machine: machine.stack.append(set()),
    b"I": _text_number,
    b"L": _text_number,
    b"K": _integer(1),
    b"M": _integer(2),
    b"\x8a": _long(1),
    b"\x8b": _long(4),
    b"F": lambda machine: machine.push(float(machine.line(_DIGITS))),
    b"G": lambda machine: machine.push(struct.unpack(">d", machine.read(8))[0]),
    b"S": _python2_string,
    b"T": _string(4, "latin-1", "strict"),
    b"U": _string(1, "latin-1", "strict"),
    b"V": lambda machine: machine.push(machine.line(machine.size).decode("raw-unicode-escape")),
    b"\x8d": _string(8, "utf-8", "surrogatepass"),
    b"B": _bytes(4),
    b"C": _bytes(1),
    b"\x8e": _bytes(8),
    b"\x96": _bytes(8),
    b"a": _append,
    b"e": lambda machine: machine.extend(machine.items()),
    b"l": _of_items(list),
    b"t": _of_items(tuple),
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"d": _dict,
    b"s": _set_item,
    b"u": lambda machine: machine.update(machine.items()),
    b"\x90": _add_items,
    b"\x91": _of_items(lambda items: frozenset(map(checked_key, items))),
    b"g": lambda machine: machine.push(machine.memo[int(machine.line(_DIGITS))]),
    b"p": _put,
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _reduce,
    b"\x81": _newobj,
    b"\x92": _newobj_ex,
    b"i": _inst,
    b"o": _obj,
    b"b": Machine.build,
}
_STEPS = [_OPCODES.get(bytes([code])) for code in range(256)]
_WHY = {
    **dict.fromkeys(b"PQ", "must hold its data; it names an object that lies elsewhere, which is refused"),
    **dict.fromkeys(b"\x82\x83\x84", "must name its classes; it uses a number of a registry, which is refused"),
    **dict.fromkeys(b"\x97\x98", "must hold its data; it refers to a buffer that lies elsewhere"),
}
