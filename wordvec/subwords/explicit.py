"""Tables whose n-grams are listed by name, as in finalfusion's explicit vocabularies and old files of gensim."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wordvec.base.errors import FormatError, OptionError
from wordvec.subwords.base import Bytes, Int32, Int64, Subwords, misplaced, whole_numbers
from wordvec.subwords.hashed import PRUNABLE
from wordvec.subwords.ngrams import check_lengths, listed_rows, ngram_strings
from wordvec.subwords.tables import EncodedTable
from wordvec.transforms import Transforms
from wordvec.vocabulary import Vocabulary, packed

KIND = "explicit"


class ExplicitNGrams(Subwords):
    """N-grams that are listed: n-gram i of `names` has the row rows[i], or row i. N-grams not listed have no row.

    >>> names = Vocabulary.from_words(["<n", "no"])
    >>> subwords = ExplicitNGrams(np.eye(2, 3), names, min_n=2, max_n=2)
    >>> subwords.ngrams("no")
    [('<n', (0,)), ('no', (1,)), ('o>', ())]
    """

    __slots__ = ("_names", "_rows")

    def __init__(
        self,
        table: ArrayLike | EncodedTable,
        names: Vocabulary,
        rows: ArrayLike | None = None,
        *,
        min_n: int,
        max_n: int,
        bucket: int | None = None,
        after: Transforms | None = None,
    ) -> None:
        super().__init__(KIND, table, min_n, max_n, bucket, after)
        check_lengths(min_n, max_n)
        listed = len(names) if rows is None else len(np.asarray(rows))
        self._names = names
        self._rows = None if rows is None else np.asarray(rows, np.uint32)
        most = len(names) if self._rows is None else int(self._rows.max(initial=0)) + 1
        if listed != len(names) or (len(names) and most > self.table.shape[0]):
            raise OptionError(
                f"every one of {len(names)} n-grams must have a row below {self.table.shape[0]}; "
                f"got {listed} rows below {most}"
            )

    @classmethod
    def make(cls, kind: str, table: ArrayLike | EncodedTable, **options: Any) -> ExplicitNGrams:
        """As the constructor; `kind` is "explicit"."""
        return cls(table, **options)

    def rows(self, data: Bytes, offsets: Int64, *, workers: int | None = None) -> tuple[Int64, Int32]:
        """The rows of packed words in CSR form: indptr [N+1] and rows; n-grams that the table lacks have none."""
        return listed_rows(data, offsets, self.min_n, self.max_n, self._names, self._rows)

    def ngrams(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """The n-grams of a word in order, each with its row in the table; none for an n-gram that the table lacks."""
        data, offsets = packed([word])
        _, grams, ends = ngram_strings(data, offsets, self.min_n, self.max_n, edges=True)
        strings = [grams[a:b].tobytes().decode("utf-8", "surrogateescape") for a, b in pairwise(ends.tolist())]
        places = [(string, self._names.get(string)) for string in strings]
        return [(string, () if place is None else (self._row(place),)) for string, place in places]

    def _row(self, place: int) -> int:
        return place if self._rows is None else int(self._rows[place])

    def _kind_tensors(self) -> dict[str, NDArray[Any]]:
        names = self._names
        tensors: dict[str, NDArray[Any]] = {"data": names.data, "offsets": names.offsets}
        tensors |= names.index_of_words.tensors()
        return tensors if self._rows is None else tensors | {"row": self._rows}

    def _kind_config(self) -> dict[str, Any]:
        return {"max_probe": self._names.max_probe}

    @classmethod
    def _from_parts(
        cls, table: Any, tensors: Mapping[str, NDArray[Any]], config: Mapping[str, Any], options: dict[str, Any]
    ) -> Subwords:
        if "data" not in tensors or "pruned" in tensors:
            raise misplaced(KIND, PRUNABLE)
        index = {"order": tensors["order"]} if "order" in tensors else {"hash": tensors["hash"]}
        names = Vocabulary(tensors["data"], tensors["offsets"], max_probe=config["max_probe"], **index)
        rows = whole_numbers(tensors, "row")
        if rows is not None and rows.ndim != 1:
            raise FormatError(f"subword.row must be one row of integers; its shape is {rows.shape}")
        return cls(table, names, rows, **options)
