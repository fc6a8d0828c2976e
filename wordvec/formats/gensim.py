"""gensim's own files of KeyedVectors and models; the pickle is read as plain data, so that no code can run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.base.logs import warn
from wordvec.formats.format import Format
from wordvec.formats.io.gensim_saved import Saved
from wordvec.formats.io.matrix_and_words import choose
from wordvec.formats.io.npy import ZippedArray
from wordvec.formats.io.pickle_machine import Array, Inert
from wordvec.formats.io.row_reader import MAX_DIM
from wordvec.formats.io.selection import Selection
from wordvec.formats.io.source import Source
from wordvec.subwords import ExplicitNGrams, HashedNGrams, PrunedNGrams, Subwords
from wordvec.vectors import KeyedVectors
from wordvec.vectors.categories import Categories
from wordvec.vocabulary import Vocabulary, packed

NAME = "gensim"
_DERIVED = ("count", "sample_int", "code", "point")  # attributes that are counts or derived from them
_TAGS = ("vectors_docs", "doctag_syn0")  # document vectors before gensim 4


def recognise(source: Source) -> bool:
    """Whether the file is a pickle that first names something of gensim."""
    head = source.head[:256]
    return (head[:1] == b"\x80" or head.startswith((b"ccopy_reg\n", b"ccopyreg\n"))) and b"gensim." in head


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read files of gensim's `save`: KeyedVectors, Word2Vec, FastText and the words of Doc2Vec, of gensim 0.12 to 4.

    Large arrays are in files beside it, `<file>.wv.vectors.npy`: all rows of float32 are mapped, a selection is read.
    The output matrix of negative sampling becomes `context`, n-gram vectors become `subwords`; attributes of numbers or
    text are kept. Integer keys, such as tags of Doc2Vec, become their digits, which `source["int_keys"]` in the
    metadata says. A warning names what else the file has; `wordvec.gensim` loads whole models. FormatError where the
    pickle calls anything other than gensim, numpy and the standard containers, and where a side file is missing.
    """
    saved = Saved(source, select)
    part = Part(saved, saved.wv)
    vectors = part.vectors(saved.output("syn1neg"))
    lost = [*part.lost, *_lost(saved)]
    if lost:
        warn(f"{source.path}: not read: {'; '.join(lost)}")
    return vectors


def _lost(saved: Saved) -> list[str]:
    """The parts of a model other than words and their vectors, for a warning."""
    lost, models = [], f"wordvec.gensim.{saved.name}.load"
    tags = document_part(saved)
    if tags is not None and tags.owner is not saved.wv:
        lost.append(f"the vectors of {tags.size} documents (dv), which {models}(path).dv has")
    syn1, syn1neg = saved.output("syn1"), saved.output("syn1neg")
    if syn1 is not None:
        lost.append("the tree of hierarchical softmax (syn1), of which no row is that of a word")
    if syn1neg is not None and saved.option("dm_concat"):
        lost.append("the output matrix (syn1neg) of dm_concat=1, whose rows are longer than the vectors")
    if "Poincare" in saved.wv.name:
        lost.append("that distances in this space are hyperbolic: all queries here take cosines")
    return lost


def document_part(saved: Saved) -> Part | None:
    """The document vectors of a Doc2Vec; None where there are none."""
    owner = saved.inner("dv", "docvecs")
    if owner is None and any(name in saved.root.state for name in _TAGS):
        owner = saved.root
    return None if owner is None else Part(saved, owner, documents=True)


class Part:
    """An object with keys and their vectors: words, or tags of documents."""

    def __init__(self, saved: Saved, owner: Inert, documents: bool = False) -> None:
        self.saved, self.owner, self.path = saved, owner, saved.path
        self.lost: list[str] = []
        documents = documents or any(name in owner.state for name in _TAGS)
        self.own = saved.array(owner, *_TAGS, "vectors") if documents else saved.array(owner, "vectors", "syn0")
        self.whole = self.own if self.own is not None else saved.array(owner, "vectors_vocab", "syn0_vocab")
        self.size = self.whole.shape[0] if self.whole is not None and self.whole.shape else 0
        self.keys = self._tags() if documents else self._listed()

    def vectors(self, outputs: NDArray[Any] | ZippedArray | None = None) -> KeyedVectors:
        """The selected keys with their vectors; the same rows of `outputs` are the context."""
        saved, select = self.saved, self.saved.select
        words, places = self._words()
        means = select.duplicates == "mean"
        kept, chosen, repeated = choose(words, replace(select, duplicates="first") if means else select, self.path)
        rows, subwords = places[chosen], self._subwords()
        if self.own is None and self.whole is not None and subwords is None and self._ngrams() is not None:
            raise FormatError(f"{self.path}: n-grams must be found by a hash or by name; the file does not say how")
        self._check(places)
        composed = self.own is None and subwords is not None
        floats = saved.rows(self.whole, rows, "the vectors", may_map=not composed)
        if composed and subwords is not None:  # gensim 4 stores the own rows alone
            subwords.compose_into(floats, kept.data, kept.offsets, own=True)
        if means and repeated:
            floats = self._means(words, places, kept, floats)
        context = None
        if outputs is not None and outputs.shape == (self.size, floats.shape[1]):
            context = saved.rows(outputs, rows, "syn1neg")
        source = {"format": NAME, "class": saved.name, "rows": len(self.keys), "duplicates": repeated + self.unreached}
        if self.numbered:
            source["int_keys"] = "str"  # as in interop.from_gensim
        options = saved.options()
        return KeyedVectors(
            kept,
            floats,
            metadata={"source": source, "options": options} if options else {"source": source},
            context=context,
            subwords=subwords,
            attributes=self._attributes(rows),
        )

    def _check(self, places: NDArray[np.int64]) -> None:
        """FormatError where a word has no row; rows without a word are noted as lost."""
        if self.whole is None:
            return
        if len(self.whole.shape) != 2 or self.size < len(self.keys) or not 1 <= self.whole.shape[1] <= MAX_DIM:
            shape = " x ".join(map(str, self.whole.shape))
            raise FormatError(
                f"{self.path}: the vectors must be a matrix of {len(self.keys)} rows, one for each word; it is {shape}"
            )
        if self.size > (owned := len(places) + self.unreached):
            unused = np.setdiff1d(np.arange(self.size), [row for row, key in enumerate(self.keys) if key is not None])
            if self.saved.rows(self.whole, unused, "the vectors").any():
                self.lost.append(f"{self.size - owned} rows of which no word is known")

    def _means(
        self, words: Vocabulary, places: NDArray[np.int64], kept: Vocabulary, floats: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The vectors, where repeated words get the mean of their rows."""
        owners = kept.rows_of(words.data, words.offsets)
        several = np.flatnonzero(np.bincount(owners[owners >= 0], minlength=len(kept)) > 1)
        floats = np.array(floats)
        for row in several.tolist():
            floats[row] = self.saved.rows(self.whole, places[owners == row], "the vectors").mean(axis=0)
        return floats

    def _subwords(self) -> Subwords | None:
        """The n-gram table; None where the file has none.

        N-grams are found by fastText's hash, before gensim 3.8 by gensim's own, or by name; some tables lack rows.
        """
        state, ngrams = self.owner.state, self._ngrams()
        if ngrams is None:
            return None
        least, most = state.get("min_n"), state.get("max_n")
        if type(least) is not int or type(most) is not int:
            raise FormatError(f"{self.path}: n-grams must have lengths min_n and max_n; the file has none")
        table = self.saved.rows(ngrams, None, "n-grams")
        size: dict[str, Any] = {"min_n": least, "max_n": most}
        names, index = state.get("ngrams"), state.get("hash2index")
        try:
            if isinstance(names, dict):
                return ExplicitNGrams(table, _texts(list(names)), _numbers(names.values()), **size)
            kind = "fasttext" if state.get("compatible_hash") else "gensim"
            if not isinstance(index, dict):
                return HashedNGrams(kind, table, **size)
            pairs = np.stack([_numbers(index), _numbers(index.values())], axis=1)
            bucket = state.get("bucket") if type(state.get("bucket")) is int else int(pairs[:, 0].max(initial=0)) + 1
            return PrunedNGrams(kind, table, pairs, **size, bucket=bucket)
        except OptionError as error:
            raise FormatError(f"{self.path}: {error}") from None

    def _ngrams(self) -> NDArray[Any] | ZippedArray | None:
        """The rows of n-grams; None where there are none."""
        ngrams = self.saved.array(self.owner, "vectors_ngrams", "syn0_ngrams", "syn0_all")
        return None if ngrams is None or ngrams.shape[:1] in ((), (0,)) else ngrams

    def _listed(self) -> list[Any]:
        """The words in row order."""
        for name in ("index_to_key", "index2word", "index2entity"):
            if isinstance(words := self.owner.state.get(name), list):
                return words
        raise FormatError(f"{self.path}: the file must hold words and vectors; this {self.saved.root.name} has none")

    def _tags(self) -> list[Any]:
        """The tags of documents in row order: before gensim 4, integers from 0 on, then texts."""
        state = self.owner.state
        if isinstance(state.get("index_to_key"), list):
            return self._listed()
        texts = state.get("offset2doctag", state.get("index2doctag"))
        texts, least = texts if isinstance(texts, list) else [], state.get("max_rawint")
        numbers = least + 1 if type(least) is int else self.size - len(texts)
        if not 0 <= numbers <= self.size:
            raise FormatError(f"{self.path}: tags must have a row each of {self.size}; {numbers} integers have not")
        return [*range(numbers), *texts]

    def _words(self) -> tuple[Vocabulary, NDArray[np.int64]]:
        """(the keys as words with counts, the row of each); rows without a key are left out."""
        keys, number = self.keys, self.owner.state.get("key_to_index")
        places = np.arange(len(keys), dtype=np.int64)
        if None in keys:  # allocated for more keys than were added
            places = np.array([row for row, key in enumerate(keys) if key is not None], np.int64)
        if not all(type(key) in (str, int, bytes, type(None)) for key in keys):
            raise FormatError(f"{self.path}: words must be strings or integers; the file has keys of another kind")
        used: list[Any] = [keys[row] for row in places]
        if sum(len(key) for key in used if type(key) is not int) > 4 * self.saved.size + 1024:
            raise FormatError(f"{self.path}: words must be distinct; the file repeats a long one again and again")
        self.numbered = any(type(key) is int for key in used)
        texts = [key if type(key) in (str, bytes) else str(key) for key in used]
        self.unreached = 0
        if len(set(texts)) < len(set(used)):
            raise FormatError(f"{self.path}: words must be distinct; an integer and a string, or bytes, are the same")
        if not self.saved.select.duplicates_given and isinstance(number, dict) and len(set(texts)) != len(texts):
            reached = [number.get(key, row) == row for key, row in zip(used, places.tolist())]
            self.unreached = len(reached) - sum(reached)
            places, texts = places[reached], [text for text, is_reached in zip(texts, reached) if is_reached]
        try:
            return Vocabulary(*packed(texts), self._counts(places)), places
        except OptionError as error:
            raise FormatError(f"{self.path}: {error}") from None

    def _counts(self, places: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """[n] the counts, from gensim 4's attribute or gensim 3's object of each word; None where there are none."""
        attributes, vocab = self.owner.state.get("expandos"), self.owner.state.get("vocab")
        if isinstance(attributes, dict) and isinstance(array := attributes.get("count"), Array):
            counts = array.values
            if counts is None or counts.ndim != 1 or len(counts) < len(self.keys) or counts.dtype.kind not in "iuf":
                return None
            counts = counts[places]
        elif isinstance(vocab, dict) and vocab:
            items = [vocab.get(self.keys[row]) for row in places]
            numbers: list[Any] = [item.state.get("count") if isinstance(item, Inert) else None for item in items]
            if not all(type(number) is int for number in numbers):
                return None
            counts = np.array([max(-1, min(number, 2**63)) for number in numbers], object)
            counts = np.full(len(numbers), -1) if counts.max(initial=0) == 2**63 else counts.astype(np.int64)
        else:
            return None
        if len(counts) and not 0 <= float(counts.min()) <= float(counts.max()) < 2**63:
            self.lost.append("counts, as counts must be 0 to 2^63 - 1; one is not, so all are left out")
            return None
        return counts.astype(np.int64)

    def paths(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint8]] | None:
        """(offsets [V + 1], inner nodes, code bits) of hierarchical softmax; None where the file has no valid paths."""
        attributes, vocab = self.owner.state.get("expandos"), self.owner.state.get("vocab")
        objects = [vocab.get(key) for key in self.keys] if isinstance(vocab, dict) else []
        names, size, parts = ("point", "code"), len(self.keys), []
        for name in names:
            if isinstance(attributes, dict) and isinstance(array := attributes.get(name), Array):
                items = array.items or []
            else:
                items = [item.state.get(name) if isinstance(item, Inert) else None for item in objects]
            arrays = [part.values for part in items if isinstance(part, Array) and part.values is not None]
            if len(arrays) != size or any(part.ndim != 1 or part.dtype.kind not in "iu" for part in arrays):
                return None
            parts.append(arrays)
        sizes = [[len(part) for part in arrays] for arrays in parts]
        path, code = (np.concatenate(arrays).astype(np.int64) if arrays else np.empty(0, np.int64) for arrays in parts)
        if sizes[0] != sizes[1] or not len(path) or path.min() < 0 or path.max() >= size or not set(code) <= {0, 1}:
            return None
        offsets = np.concatenate([[0], np.cumsum(sizes[0])]).astype(np.int64)
        return offsets, path.astype(np.int32), code.astype(np.uint8)

    def _attributes(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        """The attributes of numbers or text in files of gensim 4, other than counts."""
        expandos, attributes = self.owner.state.get("expandos"), dict[str, Any]()
        for name, array in expandos.items() if isinstance(expandos, dict) else ():
            if name in _DERIVED or not isinstance(array, Array):
                continue
            values, items = array.values, array.items
            if isinstance(name, str) and items is not None and len(items) >= len(self.keys):
                texts = ["" if type(text) is int and text == 0 else text for text in items]  # 0 stands for no value
                if all(type(text) is str for text in texts):
                    attributes[name] = Categories.of(texts)[rows]
                    continue
            if not isinstance(name, str) or values is None or values.ndim < 1 or len(values) < len(self.keys):
                self.lost.append(f"the attribute {name!r}, which is not a number or text for each word")
            else:
                attributes[name] = values.astype(values.dtype.newbyteorder("="))[rows]
        return attributes


def _texts(words: list[Any]) -> Vocabulary:
    """The names of n-grams; OptionError where they are not distinct texts."""
    if not all(type(word) is str for word in words):
        raise OptionError("n-grams must be text; some are not")
    return Vocabulary.from_words(words)


def _numbers(values: Any) -> NDArray[np.int64]:
    """Rows of a table; OptionError for other values."""
    rows = list(values)
    if not all(type(value) is int and 0 <= value < 2**31 for value in rows):
        raise OptionError("rows of n-grams must be numbers below 2^31; some are not")
    return np.array(rows, np.int64)


FORMAT = Format(
    NAME,
    "what gensim's save() writes, read without running any code",
    recognise,
    load,
)
