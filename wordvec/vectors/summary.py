"""What a notebook shows of vectors: facts about them and their first words. No row is read."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from wordvec.base import html
from wordvec.vectors.parts import ATTRIBUTES, CODEC, COUNTS, METADATA, ROWS, WORDS, parts_of

_FIRST = 10
# Parts that are said in other words.
_SAID = (WORDS, CODEC, METADATA, ROWS, ATTRIBUTES, COUNTS)


def summary(vectors: Any) -> str:
    """Facts of vectors beside their first words with counts, as HTML."""
    counts, words = vectors.vocabulary.counts, list(islice(vectors, _FIRST))
    columns = [words] if counts is None else [words, counts[: len(words)].tolist()]
    first = html.table(["word", "count"][: len(columns)], list(zip(*columns)), title="first words", total=len(vectors))
    facts = html.facts(facts_of(vectors), title=repr(vectors))
    return html.fragment(f'<div class="side">{facts}</div>', f'<div class="side">{first}</div>')


def facts_of(vectors: Any) -> dict[str, Any]:
    """Words, dimensions, codec, metric, the parts that not all vectors have, and how the vectors were made."""
    rows, parts, metadata = vectors.rows, parts_of(vectors), vectors.metadata
    facts: dict[str, Any] = {
        "words": len(vectors),
        "dimensions": vectors.vector_size,
        "codec": f"{rows.name}, {rows.nbytes / max(1, len(rows)):,.0f} bytes per row",
        "metric": vectors.metric,
        **({"rows": parts[ROWS]} if ROWS in parts else {}),
        "counts": COUNTS in parts,
        **{name: text for name, text in parts.items() if name not in _SAID},
    }
    if vectors.attributes:
        facts["attributes"] = {name: kind_of(values) for name, values in vectors.attributes.items()}
    return facts | _making(metadata)


def kind_of(values: Any) -> str:
    """The type of an attribute's values: "int32", "float32[3]", "text, 12 distinct"."""
    if hasattr(values, "names"):
        return f"text, {len(values.names)} distinct"
    return f"{values.dtype}{list(values.shape[1:]) if values.ndim > 1 else ''}"


def _making(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """How the vectors were made: trainer, options that are set, corpus, last loss; the names of all else."""
    known = {name: metadata[name] for name in ("trainer", "options", "library") if name in metadata}
    corpus, losses = metadata.get("corpus"), metadata.get("loss")
    if isinstance(known.get("options"), Mapping):
        known["options"] = {name: value for name, value in known["options"].items() if value is not None}
    if isinstance(corpus, Mapping) and "read" in corpus and "kept" in corpus:
        known["corpus"] = f"{corpus['kept']:,} of {corpus['read']:,} tokens kept"
    if isinstance(losses, list) and losses:
        known["loss"] = losses[-1]
    others = [str(name) for name in metadata if name not in known]
    return known | ({"other metadata": others} if others else {})
