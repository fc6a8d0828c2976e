"""spaCy: vectors in the vocabulary of a pipeline, or saved as one."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from typing import Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.interop.libraries import library
from wordvec.outputs import output_folder
from wordvec.subwords import Subwords
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import ROWS, SUBWORDS, WORDS, tell


def to_spacy(
    vectors: KeyedVectors,
    nlp_or_lang: Any = "en",
    path: str | os.PathLike[str] | None = None,
    attr: str = "ORTH",
) -> Any:
    """A spaCy pipeline with these vectors: a blank one of a language such as "en", or the one that is given, changed.

    Words are found by their text (`attr="ORTH"`) or by their lower-cased text ("LOWER"; words that are not lower-cased
    can then not be found, and a warning says how many). spaCy knows a word by 64 bits of its hash: words with the same
    ones are reported by a warning, and the first keeps its vector. With `path`, the pipeline is also saved there, in a
    folder that must not exist. Unknown words have zeros in spaCy, and a warning says so where the vectors have n-grams
    that would compose them; but vectors with the n-gram table of floret become spaCy's floret vectors, which compose
    every word from that table alone, unless steps that are not linear, such as Unit, come after that. A warning names
    what else spaCy has no place for, and how many words have other vectors than the table composes. (Without spaCy,
    save them as .floret: `spacy init vectors LANG FILE FOLDER --mode floret` reads that.)
    """
    if attr not in ("ORTH", "LOWER"):
        raise OptionError(f'attr must be "ORTH" or "LOWER"; got {attr!r}')
    spacy, module = library("spacy", "spacy>=3.8"), library("spacy.vectors", "spacy>=3.8")
    nlp = spacy.blank(nlp_or_lang) if isinstance(nlp_or_lang, str) else nlp_or_lang
    subwords = None if _misses(vectors) or vectors.subwords is None else vectors.subwords.plain()
    tell(vectors, "spaCy", {WORDS, ROWS, SUBWORDS}, _misses, {SUBWORDS: "unknown words have zeros there"})
    if subwords is not None:
        for word in vectors:
            with suppress(UnicodeEncodeError):
                nlp.vocab.strings.add(word)
        _warn_of_others(vectors, subwords)
        nlp.vocab.vectors = module.Vectors(
            strings=nlp.vocab.strings, data=np.array(subwords.table, np.float32), name="wordvec", mode="floret",
            minn=subwords.min_n, maxn=subwords.max_n, hash_count=subwords.hash_count, hash_seed=subwords.hash_seed,
            bow="<", eow=">", attr=attr,
        )  # fmt: skip
    else:
        nlp.vocab.vectors = _table(vectors, nlp.vocab.strings, module, attr)
    if path is not None:
        with output_folder(path, force=False) as folder:
            nlp.to_disk(folder)
    return nlp


def _misses(vectors: KeyedVectors) -> set[str]:
    """N-grams that are no table of floret alone."""
    subwords = vectors.subwords
    return {SUBWORDS} if subwords is not None and (subwords.kind != "floret" or not subwords.is_linear) else set()


def _warn_of_others(vectors: KeyedVectors, subwords: Subwords) -> None:
    """Warn of words whose rows are not what the table composes for them, and is all that spaCy sees."""
    words, other = vectors.vocabulary, 0
    for first, block in vectors.blocks():
        made = np.empty(block.shape, np.float32)
        subwords.compose_into(made, words.data, words.offsets[first : first + len(block) + 1])
        near = np.isclose(made, block, rtol=1e-3, atol=1e-3 * float(np.abs(block).max(initial=0)))
        other += int((~near.all(axis=1)).sum())
    if other > 1:  # floret itself has one: its trainer adds a row of its own to the first word
        warnings.warn(
            f"{other} of {len(vectors)} words have other vectors than the table of n-grams composes, which is all that "
            "spaCy sees: leave the n-grams out by vectors.without('subwords') to keep those of the words",
            stacklevel=3,
        )


def _table(vectors: KeyedVectors, strings: Any, module: Any, attr: str) -> Any:
    """The table of the words and their rows, as spaCy has it."""
    words = list(vectors.index_to_key)
    try:
        hashes = np.fromiter(map(strings.add, words), np.uint64, len(words))
    except UnicodeEncodeError as error:
        raise OptionError(f"words must be valid text to be strings of spaCy; got {error.object!r}") from None
    rows = vectors.rows.row_of
    distinct, first = np.unique(hashes, return_index=True)
    if len(distinct) < len(words):
        lost = np.setdiff1d(np.arange(len(words)), first)
        some = ", ".join(repr(words[place]) for place in lost[:3].tolist())
        warnings.warn(f"{len(lost)} words have the hash of another word in spaCy, and its vector: {some}", stacklevel=3)
    if attr == "LOWER" and (hidden := sum(word != word.lower() for word in words)):
        warnings.warn(f"{hidden} of {len(words)} words are not lower-cased: spaCy cannot find them", stacklevel=3)
    table = module.Vectors(strings=strings, shape=vectors.vectors.shape, name="wordvec", attr=attr)
    table.data = np.array(vectors.vectors, np.float32)
    for place in np.sort(first).tolist():
        table.add(int(hashes[place]), row=place if rows is None else int(rows[place]))
    return table
