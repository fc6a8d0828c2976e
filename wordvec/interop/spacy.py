"""spaCy: vectors in the vocabulary of a pipeline, or saved as one."""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from typing import Any

import numpy as np

from wordvec.base.errors import OptionError
from wordvec.base.libraries import library
from wordvec.outputs import output_folder
from wordvec.subwords import HashedNGrams, Subwords
from wordvec.vectors import KeyedVectors
from wordvec.vectors.parts import ROWS, SUBWORDS, WORDS, tell


def to_spacy(
    vectors: KeyedVectors,
    nlp_or_lang: Any = "en",
    path: str | os.PathLike[str] | None = None,
    attr: str = "ORTH",
) -> Any:
    """A spaCy pipeline with these vectors: a blank one of a language such as "en", or a given one, which is changed.

    Words are found by their text (`attr="ORTH"`) or by their lower-cased text ("LOWER": other words cannot be found,
    and a warning gives their number). spaCy identifies a word by 64 bits of its hash: a warning names words with equal
    hashes, of which the first keeps its vector. With `path`, the pipeline is also saved to that folder, which must not
    exist.

    Vectors with floret's n-gram table become spaCy's floret vectors, which compose every word from the table alone,
    unless they go through steps that are not linear, such as Unit. With other vectors, unknown words have zeros in
    spaCy; a warning says so where the vectors have n-grams. Warnings also name other parts that spaCy cannot hold, and
    the number of words whose vectors differ from those that the table composes. (Without spaCy, save them as .floret,
    which `spacy init vectors LANG FILE FOLDER --mode floret` reads.)
    """
    if attr not in ("ORTH", "LOWER"):
        raise OptionError(f'attr must be "ORTH" or "LOWER"; got {attr!r}')
    spacy, module = library("spacy", "spacy>=3.8"), library("spacy.vectors", "spacy>=3.8")
    nlp = spacy.blank(nlp_or_lang) if isinstance(nlp_or_lang, str) else nlp_or_lang
    subwords = None if _misses(vectors) or vectors.subwords is None else vectors.subwords.plain()
    tell(vectors, "spaCy", {WORDS, ROWS, SUBWORDS}, _misses, {SUBWORDS: "unknown words have zeros there"})
    if isinstance(subwords, HashedNGrams):
        for word in vectors:
            with suppress(UnicodeEncodeError):
                nlp.vocab.strings.add(word)
        _warn_of_others(vectors, subwords)
        nlp.vocab.vectors = module.Vectors(
            strings=nlp.vocab.strings,
            data=np.array(subwords.table, np.float32),
            name="wordvec",
            mode="floret",
            minn=subwords.min_n,
            maxn=subwords.max_n,
            hash_count=subwords.hash_count,
            hash_seed=subwords.hash_seed,
            bow="<",
            eow=">",
            attr=attr,
        )
    else:
        nlp.vocab.vectors = _table(vectors, nlp.vocab.strings, module, attr)
    if path is not None:
        with output_folder(path, force=False) as folder:
            nlp.to_disk(folder)
    return nlp


def _misses(vectors: KeyedVectors) -> set[str]:
    """Subwords other than a floret table."""
    subwords = vectors.subwords
    return {SUBWORDS} if subwords is not None and (subwords.kind != "floret" or not subwords.is_linear) else set()


def _warn_of_others(vectors: KeyedVectors, subwords: Subwords) -> None:
    """Warn of words whose vectors differ from those composed by the table, which are all that spaCy sees."""
    words, other = vectors.vocabulary, 0
    for first, block in vectors.blocks():
        composed = np.empty(block.shape, np.float32)
        subwords.compose_into(composed, words.data, words.offsets[first : first + len(block) + 1])
        near = np.isclose(composed, block, rtol=1e-3, atol=1e-3 * float(np.abs(block).max(initial=0)))
        other += int((~near.all(axis=1)).sum())
    if other > 1:  # floret's own models have one: its trainer adds an own row to the first word
        warnings.warn(
            f"{other} of {len(vectors)} words have other vectors than the table of n-grams composes, which is all that "
            "spaCy sees: leave the n-grams out by vectors.without('subwords') to keep those of the words",
            stacklevel=3,
        )


def _table(vectors: KeyedVectors, strings: Any, module: Any, attr: str) -> Any:
    """The words and their rows as a table of spaCy."""
    words = list(vectors.index_to_key)
    try:
        hashes = np.fromiter(map(strings.add, words), np.uint64, len(words))
    except UnicodeEncodeError as error:
        raise OptionError(f"words must be valid text to be strings of spaCy; got {error.object!r}") from None
    rows = vectors.rows.row_of
    distinct, first = np.unique(hashes, return_index=True)
    if len(distinct) < len(words):
        lost = np.setdiff1d(np.arange(len(words)), first)
        names = ", ".join(repr(words[place]) for place in lost[:3].tolist())
        problem = "words have the hash of another word in spaCy, and its vector"
        warnings.warn(f"{len(lost)} {problem}: {names}", stacklevel=3)
    if attr == "LOWER" and (hidden := sum(word != word.lower() for word in words)):
        warnings.warn(f"{hidden} of {len(words)} words are not lower-cased: spaCy cannot find them", stacklevel=3)
    table = module.Vectors(strings=strings, shape=vectors.vectors.shape, name="wordvec", attr=attr)
    table.data = np.array(vectors.vectors, np.float32)
    for place in np.sort(first).tolist():
        table.add(int(hashes[place]), row=place if rows is None else int(rows[place]))
    return table
