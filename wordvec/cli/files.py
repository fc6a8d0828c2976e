"""The verbs on files of vectors: info, convert, verify."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordvec.base.errors import FormatError, OptionError, WordvecError
from wordvec.cli.output import (
    add_force,
    add_json,
    add_reading,
    add_vectors,
    check_output,
    count,
    no_words,
    print_json,
    print_rows,
    reading,
    tell_output,
    written_suffixes,
)

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors

_WITHOUT_WORDS = ("native", "floret")  # formats that hold a table of n-grams alone


def info_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    add_vectors(parser)
    add_reading(parser)
    add_json(parser)


def info(arguments: Namespace) -> None:
    """Print what a file holds: its size and where its vectors come from; of other files of ours what they are."""
    from wordvec.cli.kinds import facts_of
    from wordvec.formats import read

    facts = None if arguments.format else facts_of(arguments.vectors)
    if facts is None:
        name, vectors = read(arguments.vectors, **reading(arguments))
        facts = {"format": name, **_facts(vectors)}
    facts = {"file": arguments.vectors, **facts}
    if arguments.json:
        print_json(facts)
    else:
        print_rows(_flat(facts))


def _facts(vectors: KeyedVectors) -> dict[str, Any]:
    """What can be said of vectors without a look at their numbers, but for their lengths."""
    from wordvec.evaluate.compression import size_of

    size, subwords, transforms = size_of(vectors), vectors.subwords, vectors.transforms
    lengths = vectors.norms[vectors.norms != 0]
    from wordvec.texts.encoder import SAVED

    encoder = isinstance(vectors.metadata.get(SAVED), dict)
    return {
        **({"holds": "an encoder of texts, which `wordvec encode` takes"} if encoder else {}),
        "words": len(vectors),
        "vector_size": vectors.vector_size,
        "rows": size.rows,
        "codec": size.codec,
        "codec_options": _codec_options(vectors.vectors),
        "bytes_per_row": round(size.row_bytes, 1),
        "normalised": bool(len(lengths) and (abs(lengths - 1) < 1e-3).all()),
        "counts": vectors.vocabulary.counts is not None,
        "context": vectors.context is not None,
        "attributes": {name: _kind(values) for name, values in vectors.attributes.items()} or None,
        "subwords": subwords and {name: getattr(subwords, name) for name in ("kind", "min_n", "max_n", "bucket")},
        "transforms": transforms and str(transforms),
        "first_words": list(vectors.index_to_key[:10]),
        "metadata": vectors.metadata,
    }


def _kind(values: Any) -> str:
    """What an attribute holds."""
    from wordvec.vectors.categories import Categories

    if isinstance(values, Categories):
        return f"text, {len(values.names)} distinct"
    return f"{values.dtype}{list(values.shape[1:]) if values.ndim > 1 else ''}"


def _codec_options(matrix: Any) -> dict[str, Any] | None:
    """What `wordvec compress` was told of the codec: m and opq of pq, rescore and candidates of bits."""
    from wordvec.rows import Rows

    if not isinstance(matrix, Rows):
        return None
    options = {name: value for name, value in matrix.config().items() if name != "dim"}
    if matrix.name == "pq":
        tensors = matrix.tensors()
        options |= {"m": tensors[""].shape[1], "opq": ".rotation" in tensors}
    return options or None


def _flat(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Facts as rows of a name and a value; what is nested gets names with dots."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _flat(value, "" if name == "metadata" else f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, " ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in value)
        elif value is None or isinstance(value, bool):
            yield prefix + name, "yes" if value else "no"
        else:
            yield prefix + name, str(value)


def convert_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.formats import FORMATS

    writable = {name: format for name, format in FORMATS.items() if format.save is not None}
    parser.add_argument("input", metavar="IN", help="vectors, of any format that wordvec reads")
    parser.add_argument(
        "output", metavar="OUT", help=f"what to write; its suffix says the format: {written_suffixes()}"
    )
    parser.add_argument("--to", metavar="FORMAT", choices=writable, help=f"the format to write: {', '.join(writable)}")
    parser.add_argument("--limit", type=count, metavar="N", help="the first N words only")
    parser.add_argument("--words", metavar="FILE", help="only the words of this file, one a line")
    parser.add_argument("--min-count", type=count, metavar="N", help="only words that occurred N times or more")
    add_reading(parser)
    parser.add_argument(
        "--unwritable",
        choices=("error", "skip"),
        default="error",
        help="words that the format cannot hold: refuse, or leave them out (default: %(default)s)",
    )
    add_force(parser)
    add_json(parser)


def convert(arguments: Namespace) -> None:
    """Write vectors, or some of them, in the format that `--to` or the suffix of the output names."""
    from wordvec import formats

    name = arguments.to or formats.format_of(arguments.output)  # an unknown suffix is wrong usage
    folder, read = "/" in formats.FORMATS[name].suffixes, [arguments.input, arguments.words]
    output = check_output(arguments.output, arguments.force, folder, read, arguments.json)
    words = None if arguments.words is None else Path(arguments.words)
    part = {"limit": arguments.limit, "words": words, "min_count": arguments.min_count}
    vectors = formats.load(arguments.input, **part, **reading(arguments))
    name = arguments.to or formats.format_of(arguments.output, vectors)
    if not len(vectors):
        given = " and ".join(f"--{flag.replace('_', '-')}" for flag, value in part.items() if value is not None)
        if given:
            raise OptionError(f"{given} must leave a word of {arguments.input}; none is left")
        if vectors.subwords is None or name not in _WITHOUT_WORDS:
            raise WordvecError(f"{no_words(arguments.input, vectors)}: give --words FILE, a file of words to compose")
    written = formats.write(vectors, output, name, unwritable=arguments.unwritable)
    if arguments.json:
        facts = {"output": arguments.output, "format": name, "words": len(written), "vector_size": vectors.vector_size}
        print_json(facts)
    else:
        tell_output(output)


def verify_arguments(parser: ArgumentParser, words: Sequence[str]) -> None:
    from wordvec.formats import FORMATS

    add_vectors(parser)
    parser.add_argument("--format", choices=FORMATS, metavar="NAME", help="what the file is, which is not doubted")
    add_json(parser)


def verify(arguments: Namespace) -> None:
    """Check a file: of a native one every byte, by its checksums; of any other that all of it can be read.

    In both the numbers must be finite; words must be distinct, and as many as the file says. What the file holds and
    vectors have no place for is not checked: it is named.
    """
    from wordvec.formats import read
    from wordvec.formats.io.unread import unread

    path = arguments.vectors
    name, vectors = read(path, format=arguments.format)
    if name == "native":
        vectors.verify()
    if repeated := vectors.metadata.get("source", {}).get("duplicates", 0) if name != "native" else 0:
        raise FormatError(f"{path}: the words must be distinct; {repeated} rows have the word of another row")
    zeros = _check_numbers(vectors, path)
    left = unread(path, name or "", vectors)
    if arguments.json:
        facts = {"file": path, "format": name, "whole": True, "words": len(vectors), "zero_rows": zeros}
        print_json({**facts, **({"not_read": left} if left else {})})
        return
    sys.stdout.write(f"{path}: whole\n")
    if zeros:
        sys.stderr.write(f"{path}: {zeros} of {len(vectors.vectors)} rows are zeros\n")
    if left:
        sys.stderr.write(f"{path}: not read: {', '.join(left)}\n")


def _check_numbers(vectors: KeyedVectors, path: str) -> int:
    """FormatError names the first word whose vector is not finite; how many rows are zeros."""
    import numpy as np

    zeros, step = 0, max(1, (4 << 20) // (4 * vectors.vector_size))
    for first in range(0, len(vectors.vectors), step):
        block = vectors.vectors[first : first + step]
        bad = np.flatnonzero(~np.isfinite(block).all(axis=1))
        if len(bad):
            row = first + int(bad[0])
            word = vectors.index_to_key[row]
            raise FormatError(f"{path}: the numbers must be finite; row {row + 1} ({word!r}) holds NaN or infinity")
        zeros += int((~block.any(axis=1)).sum())
    parts: dict[str, Any] = {"context": vectors.context}
    parts["n-grams"] = None if vectors.subwords is None else vectors.subwords.table
    for part, rows in parts.items():
        for first in range(0, 0 if rows is None else len(rows), step):
            bad = np.flatnonzero(~np.isfinite(rows[first : first + step]).all(axis=1))
            if len(bad):
                raise FormatError(
                    f"{path}: the numbers must be finite; row {first + int(bad[0]) + 1} of the {part} holds NaN or "
                    "infinity"
                )
    return zeros
