"""Poincare embeddings (Nickel & Kiela 2017, 2018): the nodes of a tree as points of hyperbolic space."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec._kernels import poincare as kernel
from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.corpus.options import CorpusOptions
from wordvec.corpus.relations import Relations
from wordvec.optim.callbacks import Callback, Epoch, ends, listed
from wordvec.optim.checkpoints import Checkpoint, Checkpoints, begun
from wordvec.optim.descent import check_finite, descend, put
from wordvec.optim.epochs import Runs
from wordvec.trainers.base import FitOptions, TextTrainer, Trainer, finished, shared_words
from wordvec.trainers.tree_points import by_h_mds, combinatorial, to_ball, to_hyperboloid
from wordvec.trainers.word2vec import noise_table
from wordvec.vectors import KeyedVectors
from wordvec.vectors.poincare import PoincareVectors
from wordvec.vocabulary import Vocabulary

EPSILON = 1e-5  # points stay at a length of at most 1 - this
START = 1e-3  # the coordinates of points at the start are uniform in +- this
CHUNK = 1024  # pairs: some milliseconds
CEILING = 100.0  # a distance is at most 2 ln(2 / EPSILON) = 24.4, and a loss not much more


@dataclass(frozen=True, kw_only=True)
class Poincare(Trainer):
    """Poincare embeddings: points of the ball whose distances say which nodes are related (Nickel & Kiela 2017)."""

    vector_size: int = with_default(TextTrainer, "vector_size", 50)
    epochs: int = option(50, "passes over the pairs after the burn-in", low=1)
    alpha: float = option(0.3, "learning rate", above=0)
    negative: int = option(10, "negatives: nodes that are no parents of the child, for each pair", low=1, high=1000)
    ns_exponent: float = option(
        0.0, "negatives are drawn by the number of their pairs to this power; 0: all nodes alike", low=-10, high=10
    )
    burn_in: int = option(10, "epochs at the start in which nodes find their directions", low=0)
    burn_in_alpha: float = option(0.01, "learning rate of these epochs", above=0)
    manifold: Literal["ball", "lorentz"] = option(
        "ball",
        "coordinates of training: the ball, with a first-order step (2017), or the hyperboloid, with the exponential "
        "map (2018)",
    )
    regularization: float = option(
        0.0, "weight of the squared length of the parent, in the ball; 1 in gensim, 0 in the papers", low=0
    )
    method: Literal["sgd", "combinatorial", "h-mds"] = option(
        "sgd",
        "gradient descent, by the options above, or points that are computed from the edges of the tree: the "
        "combinatorial construction, or hyperbolic MDS",
    )
    edge_length: float | None = option(
        None, "of points that are computed, the distance of a child and its parent; as long as float64 allows", above=0
    )
    seed: int = with_default(CorpusOptions, "seed", 1)
    workers: int | None = with_default(CorpusOptions, "workers", None)

    name: ClassVar[str] = "poincare"
    shares_rows: ClassVar[bool] = True
    takes: ClassVar[tuple[type, ...]] = (Relations,)
    reads: ClassVar[tuple[str, str]] = (
        "RELATIONS",
        "files of lines `child TAB parent` (also .gz .bz2 .xz .zst), URLs; - is stdin",
    )

    def fit(
        self,
        corpus: Any,
        *,
        init: PoincareVectors | None = None,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> PoincareVectors:
        """Train on relations; points of the ball, float64 [nodes, vector_size], nodes by falling number of pairs.

        `corpus` is a file of lines `child TAB parent`, pairs of names, or anything else that `Relations.of` takes. For
        hypernyms give the transitive closure: a node is drawn to all it is paired with, and held apart from the rest.
        `init` are the starting points of the nodes it has; with `burn_in=0` they keep their places at first.
        `callbacks`, `progress` and `checkpoint` are those of every trainer; the burn-in counts as epochs.

        Raises CorpusError for what is no relation, TrainingError when training diverges. Warns of pairs that are left
        out, and of cycles.

        >>> from wordvec import Poincare
        >>> tree = [("cat", "pet"), ("dog", "pet"), ("cat", "animal"), ("dog", "animal"), ("pet", "animal")]
        >>> vectors = Poincare(vector_size=2, workers=1).fit(tree)
        >>> vectors.vectors.shape, vectors.metric
        ((4, 2), 'poincare')
        """
        checkpoints = Checkpoints.of(checkpoint)
        if checkpoints is not None and self.method != "sgd":
            raise OptionError(f"checkpoint serves models that learn in steps; method {self.method} is computed at once")
        if init is not None:
            self._check_init(init)
        options = FitOptions(init, callbacks=listed(callbacks), progress=progress, checkpoints=checkpoints)
        relations = Relations.of(corpus)
        if self.method != "sgd":
            return finished(self._computed(relations, options))
        with begun(checkpoints, lambda: self.identity(relations, options)):
            return finished(self._descend(relations, options))

    def _computed(self, relations: Relations, options: FitOptions) -> PoincareVectors:
        """The points of the construction or of hyperbolic MDS; callbacks are called once."""
        started = time.monotonic()
        if self.method == "combinatorial":
            built = combinatorial(relations, self.vector_size, self.edge_length, self.seed)
        else:
            built = by_h_mds(relations, self.vector_size, self.edge_length)
        facts = {"edge_length": built.edge_length, "edges": built.edges, "radius": built.radius}
        metadata = self.metadata(relations) | {"tree": facts}
        vectors = PoincareVectors(relations.vocabulary, built.points, metadata=metadata)
        ends(options.callbacks, Epoch(1, 1, None, 0.0, len(relations), time.monotonic() - started, vectors))
        return vectors

    def _descend(self, relations: Relations, options: FitOptions) -> PoincareVectors:
        """Burn-in, then the other epochs."""
        points = self._start(relations.vocabulary, options.init)
        metadata = self.metadata(relations)
        if options.init is not None:
            metadata["init"] = shared_words(options.init, relations.vocabulary, grows=False)

        def vectors() -> PoincareVectors:
            return PoincareVectors(relations.vocabulary, self._in_ball(points), metadata=metadata)

        metadata["loss"] = descend(
            self._steps(relations, points),
            np.append(np.arange(0, len(relations), CHUNK), len(relations)),
            epochs=self.burn_in + self.epochs,
            alpha=self.alpha,
            min_alpha=self.alpha,
            burn_in=(self.burn_in, self.burn_in_alpha),
            seed=self.seed,
            workers=self.threads,
            ceiling=CEILING,
            vectors=vectors,
            callbacks=options.callbacks,
            progress=options.progress,
            unit="pairs",
            state={"points": points},
            checkpoints=options.checkpoints,
        )
        check_finite(points, self.alpha)
        return vectors()

    def _check_init(self, init: Any) -> None:
        """OptionError unless training can start from these points."""
        if not isinstance(init, PoincareVectors):
            raise OptionError(f"init must be PoincareVectors, points of the ball; got {type(init).__name__}")
        if self.method != "sgd":
            raise OptionError(f"init serves points that learn in steps; method {self.method} is computed: leave it out")
        if init.vector_size != self.vector_size:
            raise OptionError(f"init must have vectors of vector_size {self.vector_size}; got {init.vector_size}")

    def _start(self, nodes: Vocabulary, init: KeyedVectors | None) -> NDArray[np.float64]:
        """[V, D] the points of `init`, else random ones near the origin, in the coordinates of training."""
        ball = np.random.default_rng(self.seed).uniform(-START, START, (len(nodes), self.vector_size))
        if init is not None:
            put(ball, init.vectors, init.vocabulary.ids(nodes))
            ball *= np.minimum(1, (1 - EPSILON) / np.linalg.norm(ball, axis=1, keepdims=True))
        return to_hyperboloid(ball) if self.manifold == "lorentz" else ball

    def _in_ball(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """A copy of the points, in coordinates of the ball."""
        return to_ball(points) if self.manifold == "lorentz" else points.copy()

    def _steps(self, relations: Relations, points: NDArray[np.float64]) -> Any:
        """The step function for `descend`."""
        indptr, parents = relations.parents()
        longest = 1 - EPSILON
        fixed: dict[str, Any] = {
            "points": points,
            "pairs": relations.pairs,
            "indptr": indptr,
            "parents": parents,
            "noise": noise_table(np.asarray(relations.vocabulary.counts), self.ns_exponent),
        }
        settings: dict[str, Any] = {
            "negative": self.negative,
            "reach": 2 * longest / (1 - longest**2) if self.manifold == "lorentz" else longest,
            "regularization": self.regularization,
            "lorentz": self.manifold == "lorentz",
        }
        places = np.append(np.arange(0, len(relations), CHUNK), len(relations))
        orders: dict[int, NDArray[np.int64]] = {}  # of the present epoch; made twice where two threads come first

        def step(part: slice, runs: Runs) -> None:
            order = orders.get(runs.epoch)
            if order is None:
                order = np.random.default_rng([self.seed, runs.epoch, 3]).permutation(len(relations))
                orders.clear()
                orders[runs.epoch] = order
            kernel.train(
                **fixed,
                order=order,
                chunks=places[part.start : part.stop + 1],
                alphas=runs.alphas[part],
                seeds=runs.seeds[part],
                losses=runs.losses[part],
                targets=runs.targets[part],
                stop=runs.stop,
                **settings,
            )

        return step
