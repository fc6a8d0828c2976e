"""KeyedVectors: words and their vectors. Look-up is in core, and each group of methods in a file of its own."""

from __future__ import annotations

import os
from typing import Any

from wordvec.vectors import files
from wordvec.vectors.compression import Compression
from wordvec.vectors.editing import Editing
from wordvec.vectors.gensim_names import GensimNames
from wordvec.vectors.queries import Queries
from wordvec.vectors.similarity import Similarity


class KeyedVectors(Queries, Similarity, Editing, Compression, GensimNames):
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

    # Files. Formats are in a layer above, and are imported when they are needed.

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

        name = files.checked_path(path)
        write(self, name, format_of(name, self, default="native"), unwritable, stacklevel=3)

    @classmethod
    def load(cls, path: str | os.PathLike[str], mmap: bool | str | None = True) -> KeyedVectors:
        """The vectors of a file of any known format, as `wordvec.load` opens it, which has more options.

        A native file is mapped, in no time; with `mmap=False` or None it is read into memory. `mmap="r"`, of gensim,
        is True. FileNotFoundError where there is no file, FormatError where it is damaged or of no known format.
        """
        name, mapped = files.checked_path(path), files.checked_mmap(mmap)
        if os.path.isfile(name):
            with open(name, "rb") as file:
                head = file.read(9)
            if files.is_native(head):
                return files.open_native(cls, name, mapped)
        from wordvec.formats import load

        return load(name, mmap=mapped)

    def verify(self) -> None:
        """Check every byte of the native file behind these vectors, and its index; FormatError says what is damaged."""
        files.verify(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by reference where the vectors are mapped from a file, which is opened again; else by value."""
        return files.reduced(self)
