"""gensim's own files, of KeyedVectors and of models: the pickle is read as plain data, no code of it can run."""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.errors import FormatError
from wordvec.formats import pickles
from wordvec.formats.npy import StoredArray
from wordvec.formats.pickle_machine import Array, Inert
from wordvec.formats.pieces import choose, packed
from wordvec.formats.rows import MAX_DIM
from wordvec.formats.selection import Selection
from wordvec.formats.source import Source
from wordvec.formats.subword_tables import read_subwords
from wordvec.keyed_vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

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
            if subwords is None and sum(_shape(self.array(self.wv, "vectors_ngrams"))[:1]):
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
        return None if array is None or _shape(array)[:1] != (total,) else self._part(array, rows, total, "syn1neg")

    def array(self, owner: Inert, *names: str) -> Array | StoredArray | None:
        """An array of an object by the first of its names that is there: in the pickle, or in a side file."""
        for name in names:
            value = owner.state.get(name)
            if isinstance(value, Array) and value.values is not None:
                return value
            aside = owner.state.get("__numpys")
            if isinstance(aside, list) and name in aside:
                return self._side_file(f"{self.places[id(owner)]}.{name}")
        return None

    def _side_file(self, stem: str) -> StoredArray:
        zipped = self.path.endswith((".gz", ".bz2"))
        path = f"{stem}.npz" if zipped else f"{stem}.npy"
        if not os.path.exists(path):
            raise FormatError(
                f"{self.path}: gensim put an array of this model into {os.path.basename(path)}, which must lie beside "
                "it; it does not: copy it there"
            )
        return StoredArray(path, "val.npy" if zipped else None)

    def _part(
        self, array: Array | StoredArray | None, rows: NDArray[np.int64], total: int, what: str, may_map: bool = True
    ) -> NDArray[np.float32]:
        """[len(rows), D] float32: the rows to keep of an array that must have `total` rows."""
        shape = _shape(array)
        if array is None or len(shape) != 2 or shape[0] != total or not 1 <= shape[1] <= MAX_DIM:
            raise FormatError(
                f"{self.path}: {what} must be a matrix of {total} rows, one for each word; "
                + (
                    f"it is {' x '.join(map(str, shape))}"
                    if array is not None
                    else "the file has none: was it trained?"
                )
            )
        if not isinstance(array, StoredArray):
            assert array.values is not None
            return np.array(array.values if len(rows) == total else array.values[rows], np.float32, order="C")
        if may_map and self.select.mmap and len(rows) == total and array.dtype == np.dtype("<f4"):
            whole = array.mapped()
            if whole is not None:
                return whole
        return array.rows(rows, what).astype(np.float32, copy=False)

    def _subwords(self) -> Any:
        """The vectors of n-grams, None where the file has none that fastText's hash finds.

        Before 3.8 gensim had a hash of its own: then words have vectors, unknown words have none.
        """
        state = self.wv.state
        ngrams = self.array(self.wv, "vectors_ngrams")
        if ngrams is None or not sum(_shape(ngrams)[:1]) or not state.get("compatible_hash") or "hash2index" in state:
            return None
        every = np.arange(_shape(ngrams)[0], dtype=np.int64)
        table, lengths = self._part(ngrams, every, len(every), "vectors_ngrams"), {}
        for name in ("min_n", "max_n"):
            lengths[name] = state.get(name)
            if type(lengths[name]) is not int:
                raise FormatError(f"{self.path}: n-grams must have lengths min_n and max_n; the file has none")
        return read_subwords(self.path, "fasttext", table, **lengths)

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
            return packed([word.encode("utf-8", "surrogateescape") for word in words], self._counts(words))
        except UnicodeEncodeError as error:
            raise FormatError(f"{self.path}: words must be valid text; {error.object[:40]!r} is not") from None

    def _counts(self, words: list[str]) -> NDArray[np.int64] | None:
        """[V] from gensim 4's attribute of all words, or from gensim 3's object of each."""
        attributes, vocab = self.wv.state.get("expandos"), self.wv.state.get("vocab")
        if isinstance(attributes, dict) and isinstance(array := attributes.get("count"), Array):
            counts = array.values
        elif isinstance(vocab, dict):
            found = [vocab.get(word) for word in words]
            numbers = [item.state.get("count") if isinstance(item, Inert) else None for item in found]
            if not all(type(number) is int and 0 <= number < 2**63 for number in numbers):
                return None
            counts = np.array(numbers, np.int64)
        else:
            return None
        if counts is None or counts.shape != (len(words),) or counts.dtype.kind not in "iu":
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


def _shape(array: Array | StoredArray | None) -> tuple[int, ...]:
    if array is None:
        return ()
    return array.shape if isinstance(array, StoredArray) else np.shape(array.values)  # type: ignore[arg-type]
