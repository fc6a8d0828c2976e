"""gensim's names: vectors changed in place, attributes set one by one, word2vec files, evaluation, names of old."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from wordvec.base.arguments import array_of, strings
from wordvec.base.errors import OptionError
from wordvec.vectors import in_place, word2vec
from wordvec.vectors.arguments import vectors_of
from wordvec.vectors.attributes import COUNT, check_counts, check_fits, check_name, known_names
from wordvec.vectors.categories import TEXT
from wordvec.vectors.core import Core
from wordvec.vectors.files import checked_path
from wordvec.vocabulary import encoded

if TYPE_CHECKING:
    from typing_extensions import Self

    from wordvec.evaluate import AnalogyResult, WordPairsResult

RENAMED = {
    **dict.fromkeys(("index2word", "index2entity"), "index_to_key"),
    **dict.fromkeys(("syn0norm", "vectors_norm", "init_sims"), "get_normed_vectors()"),
    **dict.fromkeys(("syn1", "syn1neg"), "context"),
    **dict.fromkeys(("accuracy", "log_accuracy"), "evaluate_word_analogies"),
    "vocab": "key_to_index, and get_vecattr(word, 'count') for counts",
    "syn0": "vectors",
    "add": "add_vectors",
    "word_vec": "get_vector",
    "words_closer_than": "closer_than",
    "wv": "the object itself: it is the vectors",
    "size": "vector_size",
}
ELSEWHERE = {
    "expandos": "get_vecattr and set_vecattr",
    "next_index": "len(vectors)",
    "vectors_vocab": "vectors",
    "vectors_ngrams": "subwords.table",
    "vectors_lockf": "wordvec.gensim's models, whose wv has it; fit_inputs trains input rows alone, context as it is",
    "intersect_word2vec_format": "merge(wordvec.load(path), on_conflict='last', add=False)",
}


class _Old:
    """An attribute that is not there, and says what is. (`__getattr__` of the class would slow down all others.)"""

    def __init__(self, name: str, message: str) -> None:
        self._name, self._message = name, message

    def __get__(self, instance: object, owner: type) -> Any:
        raise AttributeError(f"{self._name!r} {self._message}")


class GensimNames(Core):
    """Methods that gensim's KeyedVectors has and that change vectors in place, or that have a simpler form here.

    Vectors that are mapped from a file cannot be changed: `to_memory()` gives some that can. After a change everything
    is as for vectors newly made of the same words and rows. No other thread may read the vectors during a change.
    """

    def __dir__(self) -> list[str]:
        """The names that are there."""
        return [name for name in super().__dir__() if not isinstance(vars(GensimNames).get(name), _Old)]

    # Changes of words and rows

    def add_vector(self, key: str, vector: ArrayLike) -> int:
        """Add a word and its vector [D]; its row. A known word keeps its vector: `kv[word] = vector` replaces it.

        A million calls take seconds: the rows have spare room. OptionError where the vector is of the wrong size or not
        finite.
        """
        rows, row = in_place.mutable_rows(self), cast(Any, vector)
        plain = row.__class__ is np.ndarray and row.dtype == np.float32 and row.shape == rows.row_shape
        if not plain or b"\0" in np.isfinite(row).tobytes():  # in half the time of isfinite(row).all()
            row = vectors_of([key], [vector], self.vector_size)[0]
        index = in_place.mutable_vocabulary(self).add(key)
        if index < 0:
            return self._row_of(key)
        rows.append(row)
        self._by_index = rows.array
        if self._attributes:
            self._attributes.extend(index + 1)
        else:
            self._attributes.size = index + 1
        return index

    def add_vectors(
        self,
        keys: str | Sequence[str],
        weights: ArrayLike,
        extras: Mapping[str, ArrayLike] | None = None,
        replace: bool = False,
    ) -> None:
        """Add words and their vectors [n, D]; known words keep their vectors, or with `replace` take the new ones.

        Of a word that is given several times, the last vector counts. `extras` has attributes, one value for each key.
        When this raises (OptionError, where vectors are of the wrong size or not finite), nothing has changed.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a"], [[1, 2]])
        >>> kv.add_vectors(["b", "a", "b"], [[1, 1], [2, 2], [3, 3]])
        >>> list(kv), kv["a"].tolist(), kv["b"].tolist()
        (['a', 'b'], [1.0, 2.0], [3.0, 3.0])
        """
        in_place.add_vectors(self, keys, weights, extras, replace)

    def __setitem__(self, keys: str | Sequence[str], weights: ArrayLike) -> None:
        """`add_vectors(keys, weights, replace=True)`."""
        in_place.add_vectors(self, keys, weights, None, True)

    def resize_vectors(self, seed: int = 0) -> None:
        """Does nothing: there is always one row for every word. gensim's models need it."""

    def fill_norms(self, force: bool = False) -> None:
        """Compute the norms of the rows now, not when they are first needed; with `force`, compute them again."""
        in_place.fill_norms(self, force)

    def unit_normalize_all(self) -> None:
        """Scale every vector to unit length, in place; zero vectors stay zero. Vectors from subwords are scaled too."""
        in_place.unit_normalize(self)

    def sort_by_descending_frequency(self) -> None:
        """Sort the words by falling counts, in place; words of the same count keep their order."""
        in_place.sort_by_counts(self)

    # Attributes of words

    def get_vecattr(self, key: str, attr: str) -> Any:
        """The attribute of a word under a name, a number or text: "count" is its count in the corpus.

        OptionError where there is no attribute of that name; UnknownWordError where the word has no row.
        """
        index = self._vocabulary.index(key)
        check_name(attr)
        if attr == COUNT:
            if self._vocabulary.counts is None:
                raise OptionError("counts must have been given or read with the vectors; these have none")
            return int(self._vocabulary.counts[index])
        if attr not in self._attributes:
            names = known_names(self._attributes)
            raise OptionError(f"attr must be the name of an attribute that has been set ({names}); got {attr!r}")
        value = self._attributes[attr][index]
        return value.item() if getattr(value, "ndim", 1) == 0 else value

    def get_vecattrs(self, attr: str) -> NDArray[Any]:
        """[V, ...] the attribute of all words in row order, texts as objects; OptionError for an unknown name."""
        if len(self):
            self.get_vecattr(self._vocabulary[0], attr)  # raises for an unknown name
        return np.asarray(self._vocabulary.counts if attr == COUNT else self._attributes[attr])

    def set_vecattr(self, key: str, attr: str, val: Any) -> None:
        """Set the attribute of a word: a number, true or false, or a text. Words without a value have 0, or "".

        The first value sets the type: OptionError where a later one does not fit it. Of texts, such as parts of
        speech, each distinct one is stored once, and a code for each word.

        >>> from wordvec import KeyedVectors
        >>> kv = KeyedVectors(["a", "b"], [[1, 2], [3, 4]])
        >>> kv.set_vecattr("b", "year", 1987)
        >>> kv.get_vecattr("b", "year"), kv.get_vecattr("a", "year")
        (1987, 0)
        >>> kv.set_vecattr("a", "pos", "NOUN")
        >>> kv.get_vecattr("a", "pos"), kv.get_vecattr("b", "pos")
        ('NOUN', '')
        """
        index = self._vocabulary.index(key)
        check_name(attr)
        value: Any = val
        if isinstance(val, str):
            encoded(val)  # OptionError for half of a surrogate pair
            dtype = TEXT
        else:
            value = array_of(val, "val", "one number, true or false, or one text")
            if value.ndim:
                raise OptionError(f"val must be one number, true or false, or one text; got shape {value.shape}")
            if attr == COUNT:
                check_counts(value)
            dtype = value.dtype
        self.allocate_vecattrs([attr], [dtype])
        in_place.set_attribute(self, attr, index, value)

    def allocate_vecattrs(self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None) -> None:
        """Add attributes of these names and types, 0 or "" for every word; attributes that are there stay as they are.

        OptionError for a type that is no number, boolean or `str`, or that does not fit the one an attribute has.
        """
        in_place.require_memory(self)
        names = strings(attrs or (), "attrs", mapping=True)
        columns = [(attr, np.dtype(kind)) for attr, kind in zip(names, types or ())]
        for attr, dtype in columns:  # all checks come before the first change
            if dtype.kind not in "biufU":
                raise OptionError(f"attribute {attr!r} must hold numbers, booleans or text; got {dtype}")
            if attr == COUNT:
                check_fits(attr, dtype, np.dtype(np.int64))
            elif attr in self._attributes:
                check_fits(attr, dtype, self._attributes[attr].dtype)
        for attr, dtype in columns:
            if attr == COUNT:
                in_place.mutable_vocabulary(self)
            else:
                self._attributes.allocate(attr, dtype)

    # Files of word2vec

    def save_word2vec_format(
        self,
        fname: str | os.PathLike[str],
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
        *,
        unwritable: str = "error",
    ) -> None:
        """Write a word2vec file, text or binary, sorted by falling counts or another attribute, where there is one.

        `fvocab` is a second file with a line `word count` for each word. Text without a header is GloVe's format.
        OptionError for words with white space, which `unwritable="skip"` leaves out with a warning, for `append`,
        because a file appears when it is complete, for another `total_vec` than the number of words, and for a binary
        file without a header, which nothing could read.
        """
        from wordvec.formats import write

        word2vec.check(total_vec, len(self), append, binary and not write_header)
        ordered = word2vec.ordered(self, sort_attr, prefix)
        name = "word2vec-binary" if binary else "word2vec-text" if write_header else "glove"
        written = write(ordered, checked_path(fname), name, unwritable, stacklevel=3)
        if fvocab is not None:
            word2vec.save_counts(written, fvocab, sort_attr)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: str | os.PathLike[str],
        fvocab: str | os.PathLike[str] | None = None,
        binary: bool | None = None,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: DTypeLike = "float32",
        no_header: bool | None = None,
    ) -> Self:
        """Read a word2vec file, compressed or not.

        Text, binary and a missing header are recognised by content, whatever `binary` and `no_header` say. `fvocab`
        has a line `word count` for each word. Words that are no UTF-8 are kept as they are. With another `encoding`
        words are decoded by it, and `unicode_errors` "ignore" or "replace" says what happens to invalid bytes.
        """
        from wordvec.formats import load

        word2vec.check_datatype(datatype)
        vectors: Self = word2vec.decoded(load(fname, limit=limit), encoding, unicode_errors)
        if fvocab is not None:
            vectors = word2vec.with_counts(vectors, fvocab, encoding, unicode_errors)
        return vectors

    # Evaluation

    def evaluate_word_pairs(self, pairs: str | os.PathLike[str], **options: Any) -> WordPairsResult:
        """The correlation of similarities with the scores of people in a file of word pairs: see `wordvec.evaluate`."""
        from wordvec.evaluate import word_pairs

        return word_pairs(cast(Any, self), pairs, **options)

    def evaluate_word_analogies(self, analogies: str | os.PathLike[str], **options: Any) -> AnalogyResult:
        """The share of a file's analogies that are solved: see `wordvec.evaluate`."""
        from wordvec.evaluate import analogies as evaluate

        return evaluate(cast(Any, self), analogies, **options)


for _name, _new in RENAMED.items():
    setattr(GensimNames, _name, _Old(_name, f"was a name of old gensim; use {_new}"))
for _name, _new in ELSEWHERE.items():
    setattr(GensimNames, _name, _Old(_name, f"is gensim's; what it was for is done by {_new}"))
