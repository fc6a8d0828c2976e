"""KeyedVectors: words and their vectors. Look-up is in core, and each group of methods in a file of its own."""

from __future__ import annotations

import os
from typing import Any

from wordvec.vectors import files
from wordvec.vectors.compression import Compression
from wordvec.vectors.editing import Editing
from wordvec.vectors.gensim_names import GensimNames
from wordvec.vectors.layouts import Layouts
from wordvec.vectors.queries import Queries
from wordvec.vectors.similarity import Similarity


class KeyedVectors(Queries, Similarity, Layouts, Editing, Compression, GensimNames):
    """Words and their vectors: in memory, or in a file that is mapped and shared between processes.

    `vectors` is an array [V, D], or `wordvec.rows.Rows` such as `Shared(matrix, row_of)` for words that share rows. A
    float32 array is not copied, also where it is a view with padded rows: do not write to it later. Counts and
    attributes are copied where they can be written to. All arrays are read-only. `add_vectors` and gensim's other
    methods that change vectors in place first copy the array; vectors that are mapped from a file can be changed after
    `to_memory()`. `oov` is the OOV policy, for words without a row: see `with_oov`.

    The methods are in groups, each in a file of its own: `Queries` (nearest words), `Similarity`, `Layouts`
    (points for maps), `Editing` (new vectors from old ones), `Compression` (smaller ones), `GensimNames` (changes in
    place, attributes, word2vec files).
    `Core` has the parts and look-up.

    >>> kv = KeyedVectors(["king", "queen", "apple"], [[1, 2], [1, 3], [-2, 1]], counts=[9, 4, 2])
    >>> kv["queen"].tolist(), "prince" in kv, len(kv), kv.vector_size
    ([1.0, 3.0], False, 3, 2)
    >>> [(word, round(score, 3)) for word, score in kv.most_similar("king", topn=1)]
    [('queen', 0.99)]
    """

    # Files and pictures. Both are in layers above, and are imported when they are needed.

    def save(self, path: str | os.PathLike[str], *, unwritable: str = "error") -> None:
        r"""Write the vectors in the format of the path's suffix; under any other name, all they hold in a native file.

        The suffixes are those of `wordvec.formats.FORMATS`: .bin (a fastText model where there are n-grams of its kind,
        else word2vec binary), .txt and .vec (word2vec text), .glove, .fifu, .floret, .npy, and "/" for a folder of
        model2vec; `wordvec.formats.save` takes the name of a format. One warning names the parts that the format has no
        place for (`without` takes parts out before); OptionError for a part that the format would store wrongly. Words
        that it cannot hold are an OptionError, or are left out with `unwritable="skip"`. The file appears when it is
        complete; OutputError where it cannot be written.

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
        """The vectors of a file of any known format; `wordvec.load` has more options.

        A native file is mapped: that takes less than a millisecond. With `mmap=False` or None it is read into memory;
        gensim's `mmap="r"` is True. FileNotFoundError where there is no file, FormatError where it is damaged or of no
        known format.
        """
        name, mapped = files.checked_path(path), files.checked_mmap(mmap)
        if os.path.isfile(name):
            with open(name, "rb") as file:
                head = file.read(9)
            if files.is_native(head):
                return files.open_native(cls, name, mapped)
        from wordvec.formats import load

        return load(name, mmap=mapped)

    def plot(self, words: Any, **options: Any) -> Any:
        """A map of words as a Figure of matplotlib: `wordvec.plot.map`, whose options and groups of words it takes.

        Nothing is shown; `wordvec.plot` has other pictures, and `save` to write them.
        """
        from wordvec.plot import map as map_of

        return map_of(self, words, **options)

    def verify(self) -> None:
        """Check every byte of the native file behind these vectors, and its index; FormatError says what is damaged."""
        files.verify(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by reference where the vectors are mapped from a file, which is opened again; else by value."""
        return files.reduced(self)
