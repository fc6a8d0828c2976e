"""Magnitude: a SQLite file with a row of integers for each word; read only."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError
from wordvec.formats.format import Format
from wordvec.formats.io.binary_matrix import within_float32
from wordvec.formats.io.matrix_and_words import choose
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.inputs import plain_file
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary, packed

if TYPE_CHECKING:
    import sqlite3

NAME = "magnitude"
_MAGIC = b"SQLite format 3\x00"
_BLOCK = 1 << 18  # numbers decoded at a time
# A plain table: views and virtual tables could run code, and computed columns have parentheses.
_PLAIN = re.compile(rb"CREATE TABLE [^()]*\([^()]*\)\s*")
_LONGEST_ROW = 1 << 26  # bytes of a row, at most; a million numbers take a tenth
_LEAST = 1 << 16  # bytes that a row may always have
_MOST_FACTS = 1 << 16  # rows of the table of facts; real ones have one for each dimension and a few more


def recognise(source: Source) -> bool:
    """Whether the file is a SQLite database; no other format of vectors is one."""
    return source.head.startswith(_MAGIC)


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read words and vectors with their norms; tables of n-grams and of the approximate index are left out.

    FormatError where the database is damaged or not Magnitude's.
    """
    if source.compression is not None:  # SQLite needs a seekable file
        with plain_file(source.path) as path:
            return load(replace(source, path=path, compression=None, size=os.path.getsize(path)), select)
    with _database(source.path) as database:
        facts, dim = _facts(database, source.path), _dimensions(database, source.path)
        places, words = _words(database, source, dim)
        kept, rows, repeated = choose(Vocabulary(*packed(words)), select, source.path)
        del words
        matrix = np.empty((len(rows), dim), np.float32)
        divisor = np.float64(10) ** facts["precision"]
        for first, last, values in _blocks(database, source.path, places, rows, dim):
            with within_float32(source.path):
                matrix[first:last] = values[:, :dim] / divisor * values[:, dim:]
    metadata = {"source": {"format": NAME, "rows": len(places), "duplicates": repeated}, "magnitude": facts}
    return KeyedVectors(kept, matrix, metadata=metadata)


@contextmanager
def _database(path: str) -> Iterator[sqlite3.Connection]:
    """The database, opened for selecting from the two tables only; damage is a FormatError."""
    import sqlite3

    allowed = {"magnitude", "magnitude_format", "sqlite_master"}

    def authorise(action: int, first: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_SELECT or (action == sqlite3.SQLITE_READ and first in allowed):
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    try:
        location = Path(path).absolute().as_uri() + "?mode=ro&immutable=1"
        with closing(sqlite3.connect(location, uri=True)) as database:
            for option in ("trusted_schema = 0", "cell_size_check = 1", "mmap_size = 0"):
                database.execute(f"PRAGMA {option}")
            if hasattr(database, "setlimit"):  # since Python 3.11
                database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(max(_LEAST, os.path.getsize(path)), _LONGEST_ROW))
            database.text_factory = bytes
            database.set_authorizer(authorise)
            yield database
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        raise FormatError(f"{path}: a Magnitude file must be a whole SQLite database of its tables; {error}") from None


def unread(path: str, vectors: KeyedVectors) -> list[str]:
    """The tables that are not read, other than those that SQLite makes itself."""
    query = "SELECT name, type FROM sqlite_master LIMIT 100"
    with _database(path) as database:
        entries = [(name, kind) for name, kind in database.execute(query) if isinstance(name, bytes)]
    names = sorted(name.decode("utf-8", "replace") for name, kind in entries if kind == b"table")
    others = [name for name in names if name not in ("magnitude", "magnitude_format") and name[:7] != "sqlite_"]
    return [f"table {name}" for name in others]


def _facts(database: sqlite3.Connection, path: str) -> dict[str, int]:
    """The integers of the table of facts, except those of each dimension."""
    query = "SELECT name, type, sql FROM sqlite_master WHERE name IN ('magnitude', 'magnitude_format')"
    tables = {name for name, kind, sql in database.execute(query) if kind == b"table" and _PLAIN.fullmatch(sql or b"")}
    for name in ("magnitude", "magnitude_format"):
        if name.encode() not in tables:
            raise FormatError(f"{path}: a Magnitude file must have a plain table {name}; it has none")
    facts: dict[str, int] = {}
    rows = database.execute(f"SELECT key, value FROM magnitude_format LIMIT {_MOST_FACTS}")
    for key, value in rows:
        if isinstance(key, bytes) and key != b"entropy" and type(value) is int and len(facts) < 100:
            facts[key[:64].decode("utf-8", "replace")] = value
    if not 0 <= facts.get("precision", -1) <= 18:
        raise FormatError(f"{path}: magnitude_format must give a precision of 0 to 18; it does not")
    return facts


def _dimensions(database: sqlite3.Connection, path: str) -> int:
    columns = [column[0] for column in database.execute("SELECT * FROM magnitude LIMIT 0").description]
    dim = len(columns) - 2
    if dim < 1 or columns != ["key", *(f"dim_{i}" for i in range(dim)), "magnitude"]:
        raise FormatError(f"{path}: the table magnitude must have columns key, dim_0 and on, magnitude; it has others")
    return dim


def _words(database: sqlite3.Connection, source: Source, dim: int) -> tuple[NDArray[np.int64], list[bytes]]:
    """(rising row ids, words)."""
    most = source.size // (dim + 2)  # a row takes at least a byte a column; a damaged tree could repeat rows
    places: list[int] = []
    words: list[bytes] = []
    left = source.size  # bytes for words; cells of a damaged tree may share their text
    for place, word in database.execute("SELECT rowid, key FROM magnitude ORDER BY rowid"):
        if len(places) >= most or (places and place <= places[-1]):
            raise FormatError(f"{source.path}: rows must come once, in order; the table is damaged")
        if not isinstance(word, bytes):
            raise FormatError(f"{source.path}: keys must be text; row {place} has {type(word).__name__}")
        if (left := left - len(word)) < 0:
            raise FormatError(f"{source.path}: keys must take no more bytes than the file has; the table is damaged")
        places.append(place)
        words.append(word)
    return np.array(places, np.int64), words


def _blocks(
    database: sqlite3.Connection, path: str, places: NDArray[np.int64], rows: NDArray[np.int64], dim: int
) -> Iterator[tuple[int, int, NDArray[np.float64]]]:
    """(first, last, numbers [n, dim + 1]) of blocks of the rows to keep; rows far apart are looked up one by one."""
    columns = ", ".join(f"dim_{i}" for i in range(dim)) + ", magnitude"
    step = max(1, _BLOCK // (dim + 1))
    for first in range(0, len(rows), step):
        wanted = places[rows[first : first + step]].tolist()
        last = first + len(wanted)
        if wanted[-1] - wanted[0] < 2 * len(wanted):  # close together: one range of the tree
            query = f"SELECT rowid, {columns} FROM magnitude WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
            chosen = set(wanted)
            table = (row for row in database.execute(query, (wanted[0], wanted[-1])) if row[0] in chosen)
        else:
            query = f"SELECT rowid, {columns} FROM magnitude WHERE rowid = ?"
            table = (row for place in wanted for row in database.execute(query, (place,)))
        try:  # row by row, so that a long text in place of a number is an error at once
            values = np.fromiter(chain.from_iterable(islice(table, len(wanted))), np.float64)
        except (TypeError, ValueError) as error:
            raise FormatError(f"{path}: rows {wanted[0]} to {wanted[-1]} must hold numbers; {error}") from None
        complete = len(values) == len(wanted) * (dim + 2) and next(table, None) is None
        if not complete or not np.array_equal(values[:: dim + 2], np.array(wanted, np.float64)):
            raise FormatError(f"{path}: a row must be found by its number; the table is damaged")
        if np.isnan(values).any():  # SQLite has no NaN
            raise FormatError(f"{path}: rows {wanted[0]} to {wanted[-1]} must hold numbers; one has NULL")
        yield first, last, values.reshape(len(wanted), dim + 2)[:, 1:]


FORMAT = Format(
    NAME,
    "Magnitude, read only",
    recognise,
    load,
    unread=unread,
)
