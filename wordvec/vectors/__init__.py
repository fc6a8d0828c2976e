"""KeyedVectors: words and their vectors; look-up, and gensim's query names as thin calls into search."""

from __future__ import annotations

import os
from typing import Any

from numpy.typing import DTypeLike

from wordvec.vectors import word2vec
from wordvec.vectors.compression import Compressing
from wordvec.vectors.concatenated import Concatenated
from wordvec.vectors.editing import Editing
from wordvec.vectors.files import Files, checked_mmap, checked_path, is_native
from wordvec.vectors.oov import Coverage
from wordvec.vectors.queries import Queries

__all__ = ["Concatenated", "Coverage", "KeyedVectors"]


class KeyedVectors(Queries, Editing, Compressing, Files):
    """Words and their vectors: in memory, or in a file that is mapped and shared between processes.

    `vectors` is a float32 array [V, D], or what can become one; a view with padded rows is kept as it is, not copied:
    nobody may write to an array after it was given. Counts, rows and attributes are copied where they can be written
    to. Arrays are read-only: what is cached about them stays true. `add_vectors` and gensim's other methods that change
    vectors in place do so on a copy of the array that was given; vectors mapped from a file are changed after
    `to_memory()`. `oov` is the policy for words without a row: see `with_oov`.

    >>> kv = KeyedVectors(["king", "queen", "apple"], [[1, 2], [1, 3], [-2, 1]], counts=[9, 4, 2])
    >>> kv["queen"].tolist(), "prince" in kv, len(kv), kv.vector_size
    ([1.0, 3.0], False, 3, 2)
    >>> [(word, round(score, 3)) for word, score in kv.most_similar("king", topn=1)]
    [('queen', 0.99)]
    """

    # What lies above this layer, and is imported when it is asked for.

    def save(self, path: str | os.PathLike[str], *, unwritable: str = "error") -> None:
        r"""Write the vectors in the format of the path's suffix; under any other name, all they hold in a native file.

        The suffixes are those of `wordvec.formats.FORMATS`: .bin (a fastText model where there are n-grams of its kind,
        else word2vec binary), .txt and .vec (word2vec text), .glove, .fifu, .floret, .npy, and "/" for a folder of
        model2vec; `wordvec.formats.save` takes the name of a format. One warning names what the format has no place
        for (`without` takes parts out before); what would be wrong there is an OptionError. `unwritable="skip"` leaves
        out the words that it cannot hold, else they are an OptionError. The file appears when it is complete;
        OutputError where it cannot be written.

        >>> from pathlib import Path; from tempfile import TemporaryDirectory
        >>> kv = KeyedVectors(["king", "queen"], [[1, 2], [1, 3]])
        >>> with TemporaryDirectory() as folder:
        ...     kv.save(Path(folder, "kv.vec"))
        ...     Path(folder, "kv.vec").read_text()
        '2 2\nking 1.0 2.0\nqueen 1.0 3.0\n'
        """
        from wordvec.formats import format_of, write

        name = checked_path(path)
        write(self, name, format_of(name, self, default="native"), unwritable, stacklevel=3)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool | str | None = True) -> KeyedVectors:
        """The vectors of a file of any known format, as `wordvec.load` opens it, which has more options.

        A native file is mapped, in no time; with `mmap=False` or None it is read into memory. `mmap="r"`, of gensim,
        is True. FileNotFoundError where there is no file, FormatError where it is damaged or of no known format.
        """
        name, mapped = checked_path(path), checked_mmap(mmap)
        if os.path.isfile(name):
            with open(name, "rb") as file:
                head = file.read(9)
            if is_native(head):
                return cls._load_native(name, mapped)
        from wordvec.formats import load

        return load(name, mmap=mapped)

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
    ) -> KeyedVectors:
        """Read a word2vec file, compressed or not.

        Text, binary and a missing header are recognised by content, whatever `binary` and `no_header` say. `fvocab`
        has a line `word count` for each word. Words that are no UTF-8 are kept as they are; with another `encoding`
        they are read in it, and `unicode_errors` "ignore" or "replace" does so to what is invalid.
        """
        from wordvec.formats import load

        word2vec.check_datatype(datatype)
        vectors = word2vec.decoded(load(fname, limit=limit), encoding, unicode_errors)
        return vectors if fvocab is None else word2vec.with_counts(vectors, fvocab, encoding, unicode_errors)

    def evaluate_word_pairs(self, pairs: str | os.PathLike[str], **options: Any) -> Any:
        """How well similarities follow the scores of people in a file of word pairs: see `wordvec.evaluate`."""
        from wordvec.evaluate import word_pairs

        return word_pairs(self, pairs, **options)

    def evaluate_word_analogies(self, analogies: str | os.PathLike[str], **options: Any) -> Any:
        """How many analogies of a file are solved: see `wordvec.evaluate`."""
        from wordvec.evaluate import analogies as evaluate

        return evaluate(self, analogies, **options)
