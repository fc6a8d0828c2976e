"""gensim.models.keyedvectors: wordvec's KeyedVectors with what gensim's have besides, or answer differently."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec import vectors as keyed_vectors
from wordvec.base.errors import OptionError
from wordvec.formats import write
from wordvec.vectors.files import checked_path

_METHODS: dict[str, Any] = {"most_similar": "3cosadd", "most_similar_cosmul": "3cosmul"}


class NoKeys(OptionError, ZeroDivisionError):
    """The mean of no words was asked for."""


class KeyedVectors(keyed_vectors.KeyedVectors):
    """Words and their vectors, as `model.wv`; made empty by `KeyedVectors(vector_size)`.

    Whatever `wordvec.KeyedVectors` has is there. Evaluation answers in tuples, as gensim's, `load` reads into memory
    unless `mmap="r"`, and `save` writes wordvec's native file under any name.

    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["a", "b"], [[1, 2], [2, 1]])
    >>> len(kv), kv.most_similar("a")[0][0]
    (2, 'b')
    """

    _locked: NDArray[np.float32]

    def __init__(
        self,
        vector_size: Any,
        vectors: Any = None,
        *arguments: Any,
        count: int = 0,
        dtype: Any = np.float32,
        mapfile_path: Any = None,
        **options: Any,
    ) -> None:
        if isinstance(vector_size, (int, np.integer)) and (vectors is None or isinstance(vectors, (int, np.integer))):
            super().__init__([], np.empty((0, int(vector_size)), np.float32))
        else:
            super().__init__(vector_size, vectors, *arguments, **options)

    @classmethod
    def of(cls, vectors: keyed_vectors.KeyedVectors) -> Any:
        """The same vectors, not copied, as an object of this class."""
        same = vectors.with_oov(vectors._policy)
        made = same._twin(cls)
        made.__dict__.pop("_as_lists", None)
        return made

    @classmethod
    def load(cls, fname: str | os.PathLike[str], mmap: bool | str | None = None) -> Any:
        """The vectors of any file that `wordvec.load` opens, or of gensim's models; in memory, or mapped ("r")."""
        return cls.of(keyed_vectors.KeyedVectors.load(fname, mmap=mmap))

    @classmethod
    def load_word2vec_format(cls, fname: str | os.PathLike[str], *arguments: Any, **options: Any) -> Any:
        """As of `wordvec.KeyedVectors`."""
        return cls.of(keyed_vectors.KeyedVectors.load_word2vec_format(fname, *arguments, **options))

    def save(self, fname: str | os.PathLike[str], **unused: Any) -> None:  # type: ignore[override]
        """Write one native file, whatever its name; gensim's options of pickles and side files make no difference."""
        write(self, checked_path(fname), "native", stacklevel=3)

    @property
    def index_to_key(self) -> Any:
        """The words in row order, as a list."""
        return self._listed()[0]

    @property
    def key_to_index(self) -> Any:
        """The row of every word, as a dict."""
        return self._listed()[1]

    def _listed(self) -> tuple[list[str], dict[str, int]]:
        """Both, made once for the words as they are."""
        kept, words = self.__dict__.get("_as_lists"), self._vocabulary
        if kept is None or kept[0] is not words or len(kept[1]) != len(words):
            kept = words, list(self.vocabulary), dict(super().key_to_index)
            self.__dict__["_as_lists"] = kept
        return kept[1], kept[2]

    @property
    def expandos(self) -> Mapping[str, NDArray[Any]]:
        """The attributes of all words by their names, `count` among them: read-only."""
        counts = self.vocabulary.counts
        own = {name: np.asarray(values) for name, values in self._attributes.items()}
        return {**({} if counts is None else {"count": counts}), **own}

    @property
    def vectors_lockf(self) -> NDArray[np.float32]:
        """How far each row goes for a step of training: 1, or what was set; one number is for all, 0 locks a row."""
        if "_locked" not in self.__dict__:
            self._locked = np.ones(1, np.float32)
        return self._locked

    @vectors_lockf.setter
    def vectors_lockf(self, values: Any) -> None:
        self._locked = np.array(values, np.float32)

    def init_sims(self, replace: bool = False) -> None:
        """As gensim 4 has it: norms are computed; with `replace`, vectors are brought to length 1."""
        if replace:
            self.unit_normalize_all()
        self.fill_norms()

    def n_similarity(self, ws1: Sequence[str], ws2: Sequence[str]) -> float:
        """The cosine of the means of two lists of words; none of them may be empty (ZeroDivisionError, as gensim's)."""
        if not len(ws1) or not len(ws2):
            raise NoKeys("both lists must hold a word; one is empty")
        return super().n_similarity(ws1, ws2)

    def evaluate_word_pairs(self, pairs: str | os.PathLike[str], delimiter: str = "\t", **options: Any) -> Any:
        """((Pearson, p), (Spearman, p), percentage of pairs with an unknown word), as gensim answers.

        `encoding` and `restrict_vocab` are as in gensim; `wordvec.evaluate.word_pairs` says more.
        """
        from wordvec.evaluate import word_pairs

        options = {"restrict_vocab": 300_000, **options}
        options.pop("encoding", None)
        found = word_pairs(self, pairs, delimiter=delimiter, **options)
        return (found.pearson, found.pearson_p), (found.spearman, found.spearman_p), 100 * found.oov_ratio

    def evaluate_word_analogies(  # type: ignore[override]
        self,
        analogies: str | os.PathLike[str],
        restrict_vocab: int | None = 300_000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
    ) -> tuple[float, list[dict[str, Any]]]:
        """(accuracy, sections), as gensim answers; "Total accuracy" is the last section.

        `correct` and `incorrect` of a section are as long as in gensim, but hold numbers in the place of questions.
        """
        from wordvec.evaluate import analogies as evaluate

        if similarity_function not in _METHODS:
            raise OptionError(f"similarity_function must be one of {', '.join(_METHODS)}; got {similarity_function!r}")
        found = evaluate(
            self,
            analogies,
            restrict_vocab=restrict_vocab,
            case_insensitive=case_insensitive,
            dummy4unknown=dummy4unknown,
            method=_METHODS[similarity_function],
        )
        told = [(section.name, section.correct, section.used) for section in found.sections]
        sections = [
            {"section": name, "correct": range(correct), "incorrect": range(used - correct)}
            for name, correct, used in [*told, ("Total accuracy", found.correct, found.used)]
        ]
        return found.accuracy or 0.0, sections


class TagVectors(KeyedVectors):
    """The vectors of documents, as `model.dv`: a tag is text, or an integer, which is the number of a row."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        size = len(self)
        _ = self._vocabulary.index_of_words  # builds it, which sets how words are found
        find = self._vocabulary._find

        def found(key: object) -> int:
            if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
                return int(key) if 0 <= int(key) < size else -1
            return find(key)

        self._vocabulary._find = found

    @classmethod
    def tagged(cls, tags: Sequence[Any], vectors: Any, attributes: Mapping[str, Any] | None = None) -> TagVectors:
        """Vectors of tags in their order, `tags` being all integers from 0 on, or all text."""
        numbers = all(isinstance(tag, (int, np.integer)) for tag in tags)
        told = {"int_tags": True} if numbers else {}
        return cls([str(tag) for tag in tags], vectors, metadata=told, attributes=attributes)

    @property
    def are_numbers(self) -> bool:
        """Whether tags are the numbers of rows."""
        return bool(self.metadata.get("int_tags"))

    def _taken(self, keys: Any) -> Any:
        """What is asked for with tags by their names: a tag, a vector, or a list of tags, vectors and weighted ones."""
        if isinstance(keys, (int, np.integer)):
            return [self._named_tag(keys)]
        if isinstance(keys, (list, tuple)):
            return [(self._named_tag(k[0]), k[1]) if isinstance(k, tuple) else self._named_tag(k) for k in keys]
        return keys

    def _named_tag(self, key: Any) -> Any:
        is_row = isinstance(key, (int, np.integer)) and 0 <= int(key) < len(self)
        return self.vocabulary[int(key)] if is_row else str(int(key)) if isinstance(key, (int, np.integer)) else key

    def __contains__(self, key: object) -> bool:
        return super().__contains__(self._named_tag(key))

    def most_similar(self, positive: Any = None, negative: Any = None, *arguments: Any, **options: Any) -> Any:
        """As of words; tags that are integers come back as integers."""
        found = super().most_similar(self._taken(positive), self._taken(negative), *arguments, **options)
        if not self.are_numbers or not isinstance(found, list):
            return found
        return [(int(tag), score) for tag, score in found]

    def get_mean_vector(self, keys: Any, *arguments: Any, **options: Any) -> Any:
        """As of words."""
        return super().get_mean_vector(self._taken(keys), *arguments, **options)

    def rank_by_centrality(self, words: Any, *arguments: Any, **options: Any) -> Any:
        """As of words, and so `doesnt_match`; tags that are integers come back as integers."""
        found = super().rank_by_centrality(self._taken(words), *arguments, **options)
        return [(score, int(tag)) for score, tag in found] if self.are_numbers else found

    def distances(self, word_or_vector: Any, other_words: Any = ()) -> Any:
        """As of words."""
        return super().distances(self._named_tag(word_or_vector), self._taken(other_words))

    def most_similar_to_given(self, key1: Any, keys_list: Any) -> Any:
        """As of words; a tag that is an integer comes back as an integer."""
        found = super().most_similar_to_given(self._named_tag(key1), self._taken(keys_list))
        return int(found) if self.are_numbers else found

    def n_similarity(self, ws1: Any, ws2: Any) -> Any:
        """As of words."""
        return super().n_similarity(self._taken(ws1), self._taken(ws2))

    @property
    def index_to_key(self) -> Any:
        """The tags in row order."""
        return list(range(len(self))) if self.are_numbers else self._listed()[0]

    @property
    def key_to_index(self) -> Any:
        """The row of every tag that is text: an integer is its own, and as in gensim not among these."""
        return {} if self.are_numbers else self._listed()[1]


def locks_of(vectors: Any) -> NDArray[np.float64] | None:
    """[V] how far each row goes for a step, as vectors_lockf says; None where all go all the way."""
    locks = getattr(vectors, "_locked", None)
    if locks is None or (locks == 1).all():
        return None
    if locks.ndim != 1 or not len(locks) or not np.isfinite(locks).all():
        raise OptionError(f"vectors_lockf must be one number, or one for each word; its shape is {locks.shape}")
    each: NDArray[np.float64] = locks[np.arange(len(vectors)) % len(locks)].astype(np.float64)
    return each


Word2VecKeyedVectors = EuclideanKeyedVectors = KeyedVectors  # names of gensim 3
