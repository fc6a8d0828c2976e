"""`wordvec info`: what a file holds, and where its vectors come from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wordvec.cli.flags import add_json, add_reading, add_vectors, reading
from wordvec.cli.output import print_json, print_rows
from wordvec.cli.parsing import Parser

if TYPE_CHECKING:
    from wordvec.vectors import KeyedVectors


def add_arguments(parser: Parser) -> None:
    add_vectors(parser)
    add_reading(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Print facts of vectors, or of another file that wordvec writes, such as counts or a classifier."""
    from wordvec.cli.other_files import facts_of
    from wordvec.formats import read

    facts = None if arguments.format else facts_of(arguments.vectors) or _facts_of_url(arguments.vectors)
    if facts is None:
        name, vectors = read(arguments.vectors, **reading(arguments))
        facts = {"format": name, **_facts(vectors)}
    facts = {"file": arguments.vectors, **facts}
    if arguments.json:
        print_json(facts)
    else:
        print_rows(_flat(facts))


def _facts(vectors: KeyedVectors) -> dict[str, Any]:
    """Facts of vectors that need no pass over the rows, but for the norms."""
    from wordvec.evaluate.compression import size_of
    from wordvec.texts.encoder import SAVED
    from wordvec.vectors.summary import kind_of

    size, subwords, transforms = size_of(vectors), vectors.subwords, vectors.transforms
    norms = vectors.norms[vectors.norms != 0]
    is_encoder = isinstance(vectors.metadata.get(SAVED), dict)
    return {
        **({"holds": "an encoder of texts, which `wordvec encode` takes"} if is_encoder else {}),
        "words": len(vectors),
        "vector_size": vectors.vector_size,
        **({"metric": vectors.metric} if vectors.metric != "cosine" else {}),
        "rows": size.rows,
        "codec": size.codec,
        "codec_options": _codec_options(vectors.vectors),
        "bytes_per_row": round(size.row_bytes, 1),
        "normalised": bool(len(norms) and (abs(norms - 1) < 1e-3).all()),
        "counts": vectors.vocabulary.counts is not None,
        "context": vectors.context is not None,
        "attributes": {name: kind_of(values) for name, values in vectors.attributes.items()} or None,
        "subwords": subwords and {name: getattr(subwords, name) for name in ("kind", "min_n", "max_n", "bucket")},
        "transforms": transforms and str(transforms),
        "first_words": list(vectors.index_to_key[:10]),
        "metadata": vectors.metadata,
    }


def _facts_of_url(name: str) -> dict[str, Any] | None:
    """Facts of a native file behind an http(s) URL, from its header alone; None for anything else."""
    if not name.lower().startswith(("http://", "https://")):
        return None
    from wordvec.store.remote import remote_header

    header = remote_header(name)
    if header is None:
        return None
    config, tensors = header.config, header.tensors
    own = {name: tensor for name, tensor in tensors.items() if not tensor.is_padding}
    facts: dict[str, Any] = {
        "format": "native" if header.kind == "wordvec" else header.kind,
        "read": "the header alone",
    }
    if "vocab.offsets" in own:
        facts["words"] = own["vocab.offsets"].shape[0] - 1
    if header.kind == "wordvec":
        facts |= {
            "vector_size": config.get("dim"),
            "metric": config.get("metric", "cosine"),
            "codec": config.get("codec"),
            "counts": "counts" in own,
            "context": "context" in own,
            "subwords": config.get("subword"),
            "metadata": config.get("metadata"),
        }
    shapes = {name: f"{tensor.code} {' x '.join(map(str, tensor.shape))}" for name, tensor in own.items()}
    return {**facts, "file_bytes": header.file_bytes, "tensors": shapes}


def _codec_options(matrix: Any) -> dict[str, Any] | None:
    """The codec's options: m and opq of pq, rescore and candidates of bits."""
    from wordvec.rows import Rows

    if not isinstance(matrix, Rows):
        return None
    options = {name: value for name, value in matrix.config().items() if name != "dim"}
    if matrix.name == "pq":
        tensors = matrix.tensors()
        options |= {"m": tensors[""].shape[1], "opq": ".rotation" in tensors}
    return options or None


def _flat(facts: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Facts as rows of a name and a value; nested ones have names with dots."""
    for name, value in facts.items():
        if isinstance(value, dict):
            yield from _flat(value, "" if name == "metadata" else f"{prefix}{name}.")
        elif isinstance(value, list):
            yield prefix + name, " ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in value)
        elif value is None or isinstance(value, bool):
            yield prefix + name, "yes" if value else "no"
        else:
            yield prefix + name, str(value)
