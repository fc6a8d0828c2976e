"""DeepWalk (Perozzi et al. 2014) and node2vec (Grover and Leskovec 2016): skip-gram on random walks over a graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set
from wordvec.corpus.options import CorpusOptions
from wordvec.graphs.graph import Graph
from wordvec.graphs.walks import walk_corpus
from wordvec.optim.callbacks import Callback
from wordvec.optim.checkpoints import Checkpoint, begun
from wordvec.trainers.base import TextTrainer, Trainer, finished, fit_options, shared_words
from wordvec.trainers.line import EDGES, LINE
from wordvec.trainers.word2vec import SkipGram
from wordvec.vectors import KeyedVectors

OF_SKIPGRAM = ("vector_size", "window", "epochs", "alpha", "min_alpha", "negative", "ns_exponent", "hs", "seed")


@dataclass(frozen=True, kw_only=True)
class DeepWalk(Trainer):
    """DeepWalk: skip-gram on uniform random walks (Perozzi et al. 2014)."""

    vector_size: int = with_default(TextTrainer, "vector_size", 128)
    walks: int = option(80, "walks from every node", low=1)
    walk_length: int = option(40, "nodes of a walk", low=2, high=1 << 20)
    window: int = option(10, "nodes of context on either side", low=1, high=1000)
    epochs: int = option(1, "passes over the walks", low=1)
    alpha: float = with_default(SkipGram, "alpha", 0.025)
    min_alpha: float = with_default(SkipGram, "min_alpha", 1e-4)
    negative: int = with_default(SkipGram, "negative", 5)
    ns_exponent: float = with_default(SkipGram, "ns_exponent", 0.75)
    hs: bool = option(False, "hierarchical softmax, as in the paper, instead of negative sampling")
    directed: bool = with_default(LINE, "directed", False)
    seed: int = with_default(CorpusOptions, "seed", 1)
    workers: int | None = with_default(SkipGram, "workers", None)

    name: ClassVar[str] = "deepwalk"
    shares_rows: ClassVar[bool] = True
    takes: ClassVar[tuple[type, ...]] = (Graph,)
    reads: ClassVar[tuple[str, str]] = EDGES

    def fit(
        self,
        corpus: Any,
        *,
        init: KeyedVectors | None = None,
        keep_context: bool = False,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> KeyedVectors:
        """Walk and train; the vectors of the nodes, float32 [V, vector_size], by falling number of visits.

        `corpus` is anything that `wordvec.graphs.Graph.of` takes. The other arguments are those of `SkipGram.fit`.
        Walks are kept in memory, four bytes a step. Raises CorpusError for what is no graph, TrainingError when
        training diverges.

        >>> from wordvec import DeepWalk
        >>> vectors = DeepWalk(vector_size=8, workers=1).fit([("a", "b"), ("b", "c")])
        >>> vectors.vectors.shape
        (3, 8)
        """
        instruction_set()
        if self.hs and keep_context:
            raise OptionError("keep_context needs one output row for each node; got hs=True, which has none")
        options = fit_options(self.vector_size, init, keep_context, callbacks, progress, checkpoint)
        graph = Graph.of(corpus, directed=self.directed or None, workers=self.threads, progress=progress)
        skipgram = SkipGram(
            **{name: getattr(self, name) for name in OF_SKIPGRAM}, sample=0.0, min_count=1, workers=self.workers
        )
        with begun(options.checkpoints, lambda: self.identity(graph, options)):
            p, q = self._bias()
            walks = walk_corpus(
                graph,
                walks=self.walks,
                walk_length=self.walk_length,
                p=p,
                q=q,
                seed=self.seed,
                workers=self.threads,
            )
            facts = self.metadata(graph)
            if options.init is not None:
                facts["init"] = shared_words(options.init, walks.vocabulary, grows=False)
            vectors = skipgram._fit(walks, options)
        vectors.metadata = {**vectors.metadata, **facts}
        return finished(vectors)

    def _bias(self) -> tuple[float, float]:
        """P and q of the walks."""
        return 1.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Node2Vec(DeepWalk):
    """node2vec: skip-gram on walks that stay near or go away (Grover and Leskovec 2016)."""

    walks: int = with_default(DeepWalk, "walks", 10)
    walk_length: int = with_default(DeepWalk, "walk_length", 80)
    p: float = option(1.0, "return parameter: below 1 walks turn back more often", above=0)
    q: float = option(
        1.0, "in-out parameter: below 1 walks go away from the node before, above 1 they stay near", above=0
    )

    name: ClassVar[str] = "node2vec"

    def _bias(self) -> tuple[float, float]:
        return self.p, self.q
