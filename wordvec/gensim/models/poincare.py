"""gensim.models.poincare: PoincareModel, its relations and vectors, with gensim's arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from wordvec import vectors as keyed_vectors
from wordvec.base.errors import OptionError
from wordvec.corpus.relations import Relations, pairs_of
from wordvec.trainers.poincare import Poincare

__all__ = ["PoincareKeyedVectors", "PoincareModel", "PoincareRelations"]


class PoincareKeyedVectors(keyed_vectors.PoincareVectors):
    """`wordvec.PoincareVectors` whose `most_similar` gives distances, as gensim's does."""

    @classmethod
    def of(cls, vectors: keyed_vectors.PoincareVectors) -> Any:
        """The same points, not copied, as an object of this class."""
        return vectors.with_oov("raise")._twin(cls)

    @classmethod
    def load(cls, fname: Any, mmap: bool | str | None = None) -> Any:
        """The points of a native file; in memory, or mapped ("r")."""
        return cls.of(keyed_vectors.PoincareVectors.load(fname, mmap=mmap))  # type: ignore[arg-type]

    def most_similar(self, node_or_vector: Any, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:  # type: ignore[override]
        """The nearest nodes: [(node, distance)]; with `topn=None` the distances of all."""
        if topn is None:
            return self.distances(node_or_vector)
        near = super().most_similar(node_or_vector, None, topn, restrict_vocab=restrict_vocab)
        return [(node, 1 / similarity - 1) for node, similarity in near]

    def words_closer_than(self, w1: str, w2: str) -> list[str]:
        """`closer_than`."""
        return self.closer_than(w1, w2)


class PoincareRelations:
    """The pairs of a file of lines `child TAB parent`, or with another delimiter; can be iterated again and again."""

    def __init__(self, file_path: Any, encoding: str = "utf8", delimiter: str = "\t") -> None:
        self.file_path, self.encoding, self.delimiter = file_path, encoding, delimiter

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from pairs_of(self.file_path, encoding=self.encoding, delimiter=self.delimiter)


class PoincareModel:
    """`wordvec.Poincare` with gensim's arguments and defaults: negatives by count, the parent's length regularised.

    `workers` may be above 1. One pair makes a step, not `batch_size` of them; `print_every` and
    `check_gradients_every` make no difference. A second `train` gives what one of all epochs would have.

    >>> model = PoincareModel([("kangaroo", "mammal"), ("kangaroo", "animal"), ("mammal", "animal")], size=2)
    >>> model.train(epochs=5)
    >>> len(model.kv), model.kv.most_similar("mammal", topn=1)[0][1] > 0
    (3, True)
    """

    def __init__(
        self,
        train_data: Any,
        size: int = 50,
        alpha: float = 0.1,
        negative: int = 10,
        workers: int = 1,
        epsilon: float = 1e-5,
        regularization_coeff: float = 1.0,
        burn_in: int = 10,
        burn_in_alpha: float = 0.01,
        init_range: tuple[float, float] = (-0.001, 0.001),
        dtype: Any = np.float64,
        seed: int = 0,
    ) -> None:
        if (epsilon, tuple(init_range)) != (1e-5, (-0.001, 0.001)):
            raise OptionError("epsilon and init_range must be gensim's defaults, 1e-5 and (-0.001, 0.001)")
        self.relations = Relations.of(train_data if isinstance(train_data, str) else list(train_data))
        self.options: dict[str, Any] = {"vector_size": size, "alpha": alpha, "negative": negative, "workers": workers}
        self.options |= {"regularization": regularization_coeff, "burn_in": burn_in, "burn_in_alpha": burn_in_alpha}
        self.options |= {"ns_exponent": 1.0, "seed": seed}
        self.epochs = 0
        self.kv: Any = None

    def train(
        self,
        epochs: int,
        batch_size: int = 10,
        print_every: int = 1000,
        check_gradients_every: int | None = None,
    ) -> None:
        """Train for some epochs, after the burn-in; `kv` has the points."""
        self.epochs += epochs
        self.kv = PoincareKeyedVectors.of(Poincare(**self.options, epochs=self.epochs).fit(self.relations))
