"""gensim's own files, of KeyedVectors and of models: the pickle is read as plain data, no code of it can run."""

from __future__ import annotations

import mmap
import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError, OptionError
from wordvec.formats import pickles
from wordvec.formats.matrices import choose
from wordvec.formats.npy import ZippedArray, open_npy
from wordvec.formats.pickle_machine import Array, Inert
from wordvec.formats.rows import MAX_DIM
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source
from wordvec.keyed_vectors import KeyedVectors
from wordvec.subwords import Subwords
from wordvec.vocabulary import Vocabulary, packed

NAME = "gensim"
_OPTIONS = (  # numbers of a model that say how it was trained
    *("vector_size", "window", "min_count", "epochs", "alpha", "min_alpha", "sample", "negative", "ns_exponent"),
    *("sg", "hs", "cbow_mean", "seed", "dm", "dbow_words", "corpus_count", "corpus_total_words"),
)


def recognise(source: Source) -> bool:
    """Whether the file is a pickle whose first name is of gensim."""
    head = source.head[:256]
    return (head[:1] == b"\x80" or head.startswith((b"ccopy_reg\n", b"ccopyreg\n"))) and b"gensim." in head


def load(source: Source, select: Selection) -> KeyedVectors:
    """Read what gensim's `save` wrote: KeyedVectors, Word2Vec, FastText, the words of Doc2Vec; gensim 1 to 4.

    Large arrays lie in files beside it, `<file>.wv.vectors.npy`: all rows of float32 are mapped, a part is read. The
    output matrix of negative sampling becomes `context`, n-gram vectors become `subwords`. FormatError where the
    pickle names a class that is not of gensim, numpy or the standard containers, and where a side file is missing.
    """
    root = pickles.read(_content(source), source.path)
    if not isinstance(root, Inert) or not root.name.startswith("gensim."):
        raise FormatError(f"{source.path}: the pickle must hold an object of gensim; it holds another thing")
    return _Model(source, root, select).vectors()


def _content(source: Source) -> bytes | mmap.mmap:
    """The bytes of a file, mapped where it is not compressed."""
    if source.compression is None:
        with open(source.path, "rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    blocks = []
    with source.open() as stream:
        while block := stream.read(1 << 20):
            blocks.append(block)
    return b"".join(blocks)


class _Model:
    """The objects of a file, and the side files of its arrays."""

    def __init__(self, source: Source, root: Inert, select: Selection) -> None:
        self.path, self.root, self.select = source.path, root, select
        inner = root.state.get("wv")
        self.wv = inner if isinstance(inner, Inert) else root  # before gensim 1 the model was its own vectors
        self.places = {id(root): source.path, id(self.wv): source.path if self.wv is root else f"{source.path}.wv"}

    def vectors(self) -> KeyedVectors:
        words = self._words()
        kept, rows, repeated = choose(words, self.select, self.path)
        subwords = self._subwords()
        matrix = self.array(self.wv, "vectors", "syn0")
        if matrix is None:  # gensim 4 leaves out what it can compose again
            matrix = self.array(self.wv, "vectors_vocab")
            if subwords is None and self._ngrams() is not None:
                raise FormatError(
                    f"{self.path}: n-grams must have the hash of fastText, as since gensim 3.8; these differ, and "
                    "the file has no vectors of whole words: load and save it again with gensim 3.8.3"
                )
            floats = self._part(matrix, rows, len(words), "the vectors", may_map=subwords is None)
            if subwords is not None:
                subwords.compose_into(floats, kept.data, kept.offsets, own=True)
        else:
            floats = self._part(matrix, rows, len(words), "the vectors")
        metadata, context = self._metadata(len(words), repeated), self._context(rows, len(words))
        return KeyedVectors(kept, floats, metadata=metadata, context=context, subwords=subwords)

    def _context(self, rows: NDArray[np.int64], total: int) -> NDArray[np.float32] | None:
        """The output matrix of negative sampling, where the file has it for just these words."""
        owner = self.root
        if isinstance(inner := owner.state.get("trainables"), Inert):
            owner = inner
            self.places[id(owner)] = f"{self.path}.trainables"
        array = self.array(owner, "syn1neg")
        return None if array is None or array.shape[:1] != (total,) else self._part(array, rows, total, "syn1neg")

    def array(self, owner: Inert, *names: str) -> NDArray[Any] | ZippedArray | None:
        """An array of an object by the first of its names that is there: in the pickle, or in a side file."""
        for name in names:
            value = owner.state.get(name)
            if isinstance(value, Array) and value.values is not None:
                return value.values
            aside = owner.state.get("__numpys")
            if isinstance(aside, list) and name in aside:
                return self._side_file(f"{self.places[id(owner)]}.{name}")
        return None

    def _side_file(self, stem: str) -> NDArray[Any] | ZippedArray:
        zipped = self.path.endswith((".gz", ".bz2"))
        path = f"{stem}.npz" if zipped else f"{stem}.npy"
        if not os.path.exists(path):
            raise FormatError(
                f"{self.path}: gensim put an array of this model into {os.path.basename(path)}, which must lie beside "
                "it; it does not: copy it there"
            )
        return ZippedArray(path, "val.npy") if zipped else open_npy(path)

    def _part(
        self,
        array: NDArray[Any] | ZippedArray | None,
        rows: NDArray[np.int64],
        total: int,
        what: str,
        may_map: bool = True,
    ) -> NDArray[np.float32]:
        """[len(rows), D] float32: the rows to keep of an array that must have `total` rows."""
        if array is None:
            raise FormatError(f"{self.path}: {what} must be in the file; they are not: was the model trained?")
        if len(array.shape) != 2 or array.shape[0] != total or not 1 <= array.shape[1] <= MAX_DIM:
            shape = " x ".join(map(str, array.shape))
            raise FormatError(f"{self.path}: {what} must be a matrix of {total} rows, one for each word; it is {shape}")
        if isinstance(array, ZippedArray):
            with np.errstate(over="ignore"):  # a float64 beyond float32 is infinite
                return array.rows(rows, what).astype(np.float32, copy=False)
        whole = len(rows) == total
        if may_map and self.select.mmap and whole and array.dtype == "<f4" and array.flags.aligned:
            return np.ascontiguousarray(array)
        with np.errstate(over="ignore"):
            return np.array(array if whole else array[rows], np.float32, order="C")

    def _subwords(self) -> Subwords | None:
        """The vectors of n-grams, None where the file has none that fastText's hash finds.

        Before 3.8 gensim had a hash of its own: then words have vectors, unknown words have none.
        """
        state, ngrams = self.wv.state, self._ngrams()
        least, most = state.get("min_n"), state.get("max_n")
        if ngrams is None or not state.get("compatible_hash") or "hash2index" in state:
            return None
        if type(least) is not int or type(most) is not int:
            raise FormatError(f"{self.path}: n-grams must have lengths min_n and max_n; the file has none")
        every = np.arange(ngrams.shape[0], dtype=np.int64)
        try:
            return Subwords("fasttext", self._part(ngrams, every, len(every), "n-grams"), min_n=least, max_n=most)
        except OptionError as error:
            raise FormatError(f"{self.path}: {error}") from None

    def _ngrams(self) -> NDArray[Any] | ZippedArray | None:
        """The rows of n-grams, None where there are none."""
        ngrams = self.array(self.wv, "vectors_ngrams")
        return None if ngrams is None or ngrams.shape[:1] in ((), (0,)) else ngrams

    def _words(self) -> Vocabulary:
        """The words in row order, with their counts where these are known."""
        state = self.wv.state
        names = ("index_to_key", "index2word", "index2entity")
        words = next((state[name] for name in names if isinstance(state.get(name), list)), None)
        if words is None:
            raise FormatError(f"{self.path}: the file must hold words and vectors; this {self.root.name} has none")
        if not all(type(word) is str for word in words):
            raise FormatError(f"{self.path}: words must be strings; the file has keys of another kind")
        if len(set(words)) != len(words):
            raise FormatError(f"{self.path}: words must be distinct; one is there twice")
        try:
            return Vocabulary(*packed(words), self._counts(words))
        except OptionError as error:
            raise FormatError(f"{self.path}: {error}") from None

    def _counts(self, words: list[str]) -> NDArray[np.int64] | None:
        """[V] from gensim 4's attribute of all words, or from gensim 3's object of each."""
        attributes, vocab = self.wv.state.get("expandos"), self.wv.state.get("vocab")
        if isinstance(attributes, dict) and isinstance(array := attributes.get("count"), Array):
            counts = array.values
        elif isinstance(vocab, dict):
            found = [vocab.get(word) for word in words]
            numbers: list[Any] = [item.state.get("count") if isinstance(item, Inert) else None for item in found]
            if not all(type(number) is int for number in numbers):
                return None
            counts = np.array([max(-1, min(number, 2**63)) for number in numbers], object)
            counts = np.full(len(words), -1) if counts.max(initial=0) == 2**63 else counts.astype(np.int64)
        else:
            return None
        if counts is None or counts.shape != (len(words),) or counts.dtype.kind not in "iu":
            return None
        if len(counts) and not 0 <= int(counts.min()) <= int(counts.max()) < 2**63:
            warnings.warn(f"{self.path}: counts must be 0 to 2^63 - 1; one is not, so all are left out", stacklevel=8)
            return None
        return counts.astype(np.int64)

    def _metadata(self, rows: int, repeated: int) -> dict[str, Any]:
        """Where the vectors come from, and the numbers that say how they were trained."""
        state, options = self.root.state, {}
        for name in _OPTIONS:
            value = state.get(name)
            if isinstance(value, (int, float)) and abs(value) < 2**63:  # no NaN, which JSON has not
                options[name] = value
        source = {"format": NAME, "class": self.root.name.rpartition(".")[2], "rows": rows, "duplicates": repeated}
        return {"source": source, "options": options} if options else {"source": source}
