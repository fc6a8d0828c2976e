"""KeyedVectors: words and their vectors; look-up, and gensim's query names as thin calls into search."""

from __future__ import annotations

import os
from typing import Any

from wordvec.keyed_vectors.compressing import Compressing
from wordvec.keyed_vectors.editing import Editing
from wordvec.keyed_vectors.files import Files
from wordvec.keyed_vectors.queries import Queries

__all__ = ["KeyedVectors"]


class KeyedVectors(Queries, Editing, Compressing, Files):
    """Words and their vectors: in memory, or in a file that is mapped and shared between processes.

    `vectors` is a float32 array [V, D], or what can become one; a view with padded rows is kept as it is, not copied.
    Arrays are read-only: what is cached about them stays true. Copy to change.

    >>> kv = KeyedVectors(["king", "queen", "apple"], [[1, 2], [1, 3], [-2, 1]], counts=[9, 4, 2])
    >>> kv["queen"].tolist(), "prince" in kv, len(kv), kv.vector_size
    ([1.0, 3.0], False, 3, 2)
    >>> [(word, round(score, 3)) for word, score in kv.most_similar("king", topn=1)]
    [('queen', 0.99)]
    """

    # What lies above this layer, and is imported when it is asked for.

    def save_word2vec_format(self, fname: str | os.PathLike[str], binary: bool = False) -> None:
        """Write a word2vec file, text or binary, without counts; words with white space are refused."""
        from wordvec.formats import save

        save(self, fname, "word2vec-binary" if binary else "word2vec-text")

    @classmethod
    def load_word2vec_format(
        cls, fname: str | os.PathLike[str], binary: bool | None = None, limit: int | None = None
    ) -> KeyedVectors:
        """Read a word2vec file, compressed or not; text, binary and a missing header are recognised by content."""
        from wordvec.formats import load

        return load(fname, limit=limit)

    def evaluate_word_pairs(self, pairs: str | os.PathLike[str], **options: Any) -> Any:
        """How well similarities follow the scores of people in a file of word pairs: see `wordvec.evaluate`."""
        from wordvec.evaluate import word_pairs

        return word_pairs(self, pairs, **options)

    def evaluate_word_analogies(self, analogies: str | os.PathLike[str], **options: Any) -> Any:
        """How many analogies of a file are solved: see `wordvec.evaluate`."""
        from wordvec.evaluate import analogies as evaluate

        return evaluate(self, analogies, **options)
