"""The parts of vectors by name, and the warning about parts that a format or another library has no place for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from wordvec.base.arguments import check_vectors, is_one_of
from wordvec.base.errors import OptionError

# The parts by name, and what follows where one is left out. The loss of a loud part is worth a warning. The loss of a
# quiet one, such as the counts of every trained model, is only named in a warning about another part.
WORDS, SUBWORDS, CONTEXT, TRANSFORMS = "words", "subwords", "context", "transforms"
ATTRIBUTES, TOKENIZER, OOV = "attributes", "tokenizer", "oov"
COUNTS, ROWS, CODEC, METADATA, METRIC = "counts", "rows", "codec", "metadata", "metric"
PARTS: dict[str, str] = {
    WORDS: "there is no list of words to search in",
    METRIC: "distances will be taken by the cosine, which is wrong for these points, and float32 rounds them",
    SUBWORDS: "words without a row will have no vector",
    TOKENIZER: "texts will be cut at white space",
    CONTEXT: "training cannot go on from it",
    ATTRIBUTES: "what was set for words is gone",
    OOV: "unknown words get what is the default",
    TRANSFORMS: "other vectors cannot be brought in",
    COUNTS: "how often words occurred is not known",
    ROWS: "rows that words share are repeated",
    CODEC: "rows are float32",
    METADATA: "how the vectors were made is not known",
}
LOUD = (WORDS, METRIC, SUBWORDS, TOKENIZER, CONTEXT, ATTRIBUTES, OOV)
# Loud where another library gets a copy. A context is not: training goes on from the vectors here.
COPIED = (WORDS, METRIC, SUBWORDS, TOKENIZER, ATTRIBUTES, OOV)
EVERY = frozenset(PARTS)
Misses = Callable[[Any], Collection[str]]


def parts_of(vectors: Any) -> dict[str, str]:
    """The parts that vectors have, by name, in the order of `PARTS`, each with what it is.

    >>> from wordvec import KeyedVectors
    >>> parts_of(KeyedVectors(["a", "b"], [[1, 2], [3, 4]], counts=[5, 1], attributes={"year": [1987, 0]}))
    {'words': '2 words', 'attributes': 'attributes year', 'counts': 'counts'}
    """
    subwords, policy, rows = vectors.subwords, vectors.oov, vectors.rows
    texts = {
        WORDS: f"{len(vectors)} words" if len(vectors) else "",
        METRIC: "" if vectors.metric == "cosine" else f"the metric {vectors.metric}",
        SUBWORDS: "" if subwords is None else _ngrams(subwords),
        TOKENIZER: "a tokenizer of pieces" if vectors.tokenizer is not None else "",
        CONTEXT: _context_rows(vectors),
        ATTRIBUTES: f"attributes {', '.join(vectors.attributes)}" if vectors.attributes else "",
        OOV: ""
        if vectors._policy.is_default
        else f"the policy {policy if isinstance(policy, str) else 'of a function'}",
        TRANSFORMS: "" if vectors.transforms is None else str(vectors.transforms),
        COUNTS: "" if vectors.vocabulary.counts is None else "counts",
        ROWS: "" if rows.row_of is None else f"{len(rows)} rows for {len(vectors)} words",
        CODEC: "" if rows.is_dense else rows.name,
        METADATA: ", ".join(map(str, vectors.metadata)),
    }
    return {name: text for name, text in texts.items() if text}


def lost_parts(vectors: Any, holds: Collection[str], misses: Misses | None = None) -> dict[str, str]:
    """The parts that vectors would lose in a place that `holds` some parts; `misses` says which of these do not fit."""
    held = set(holds) - (set() if misses is None else set(misses(vectors)))
    lost = {name: text for name, text in parts_of(vectors).items() if name not in held}
    default = "raise" if vectors.subwords is None or SUBWORDS not in held else "subword"
    if vectors.oov == default:  # vectors that are read from there have it as well
        lost.pop(OOV, None)
    return lost


def tell_lost(
    lost: Mapping[str, str],
    place: str,
    advice: str,
    loud: Collection[str] = LOUD,
    means: Mapping[str, str] = PARTS,
    stacklevel: int = 2,
) -> None:
    """Give one warning that names all parts that are left out, where one of them is loud.

    `place` is the format or library, `advice` says how to keep the parts, `means` what follows from the lack of each.
    """
    main = [name for name in lost if name in loud]
    if not main:
        return
    names = [*main, *(name for name in lost if name not in loud)]
    what = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    details = "; ".join(f"{lost[name]}: {means.get(name, PARTS[name])}" for name in main)
    are, them = ("are", "them") if len(names) > 1 or names[0].endswith("s") else ("is", "it")
    warnings.warn(
        f"{what} {are} left out, as {place} has no place for {them} ({details}); {advice}", stacklevel=stacklevel + 1
    )


def tell(
    vectors: Any,
    place: str,
    holds: Collection[str],
    misses: Misses | None = None,
    means: Mapping[str, str] = PARTS,
    stacklevel: int = 2,
) -> None:
    """Warn of loud parts that another library has no place for; the vectors here keep them."""
    check_vectors(vectors=vectors)
    advice = "vectors.without(...) takes parts out before"
    tell_lost(lost_parts(vectors, holds, misses), place, advice, COPIED, means, stacklevel + 1)


def tell_unmerged(vectors: Any, others: Sequence[Any], stacklevel: int = 2) -> None:
    """Warn of parts of other vectors that cannot be merged: there is one of each, that of the first vectors."""
    for number, other in enumerate(others, 1):
        lost = {
            name
            for name in (SUBWORDS, TRANSFORMS, TOKENIZER)
            if getattr(other, name) is not None and getattr(other, name) is not getattr(vectors, name)
        }
        if other.contexts is not None and other.contexts is not vectors.contexts:
            lost.add(CONTEXT)
        if not other._policy.is_default and other._policy.public != vectors._policy.public:
            lost.add(OOV)
        if lost:
            what = ", ".join(text for name, text in parts_of(other).items() if name in lost)
            warnings.warn(
                f"{what} of argument {number} cannot be merged and are left out: those of the first vectors stay",
                stacklevel=stacklevel + 1,
            )


def check_names(names: Collection[str]) -> None:
    """OptionError for a name that is not that of an optional part."""
    optional = [name for name in PARTS if name not in (WORDS, ROWS, CODEC, METRIC)]
    for name in names:
        if not is_one_of(name, optional):
            raise OptionError(f"parts must be among {', '.join(optional)}; got {name!r}")


def _ngrams(subwords: Any) -> str:
    """The kind of n-grams, whether the table is pruned, and the transforms of composed vectors."""
    text = f"n-grams of the kind {getattr(subwords, 'kind', 'of a function')}"
    if getattr(subwords, "lacks_rows", False):
        text += ", pruned"
    return text if getattr(subwords, "is_linear", True) else f"{text}, composed ones being moved by {subwords.after!r}"


def _context_rows(vectors: Any) -> str:
    """The rows of the output matrix, and those of contexts with a vocabulary of their own."""
    kept = [] if vectors.context is None else [f"context rows {_shape(vectors.context)}"]
    if vectors.contexts is not None:
        kept.append(f"{len(vectors.contexts)} contexts of {vectors.contexts.vector_size} numbers")
    return " and ".join(kept)


def _shape(array: Any) -> str:
    return " x ".join(map(str, array.shape))
