"""DeepWalk (Perozzi et al. 2014) and node2vec (Grover and Leskovec 2016): nodes, or attributes, on random walks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from wordvec.base.errors import OptionError
from wordvec.base.options import option, with_default
from wordvec.base.simd import instruction_set
from wordvec.corpus.encoded import EncodedCorpus
from wordvec.corpus.options import CorpusOptions
from wordvec.graphs.attributes import attributes_met, node_attributes, placed, unknown_nodes
from wordvec.graphs.columns import is_sparse
from wordvec.graphs.graph import Graph
from wordvec.graphs.pair_counts import PairCounts
from wordvec.graphs.walks import walk_corpus
from wordvec.optim.callbacks import Callback
from wordvec.optim.checkpoints import Checkpoint, begun
from wordvec.trainers.attributes import learn_attributes
from wordvec.trainers.base import FitOptions, TextTrainer, Trainer, finished, fit_options, shared_words
from wordvec.trainers.line import EDGES, LINE
from wordvec.trainers.pairs import Pairs
from wordvec.trainers.word2vec import SkipGram
from wordvec.vectors import KeyedVectors

OF_BOTH = ("vector_size", "epochs", "alpha", "min_alpha", "negative", "ns_exponent", "seed", "workers")
OF_SKIPGRAM = (*OF_BOTH, "window", "hs")


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
    scales: Literal["pooled", "multi"] = option(
        "pooled",
        "with attributes: one context for all distances up to the window (AE), or as many dimensions for each (MUSAE)",
    )
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
        attributes: Any = None,
        init: KeyedVectors | None = None,
        keep_context: bool = False,
        callbacks: Callback | Iterable[Callback] = (),
        progress: bool = False,
        checkpoint: Checkpoint | str | Path | None = None,
    ) -> KeyedVectors:
        """Walk and train; the vectors of the nodes, float32 [V, vector_size], by falling number of visits.

        `corpus` is anything that `wordvec.graphs.Graph.of` takes. With `attributes`, nodes predict the attributes of
        the nodes that they meet on walks, up to `window` steps away, in place of these nodes: see
        `wordvec.graphs.node_attributes` for what they may be, and `scales` (Rozemberczki, Allen and Sarkar 2021,
        algorithms 1 and 2). An epoch then draws as many pairs as the walks have steps, times `window`, and
        `keep_context` keeps the vectors of attributes, `vectors.contexts`. The other arguments are those of
        `SkipGram.fit`. Walks are kept in memory, four bytes a step. Raises CorpusError for what is no graph and for
        attributes of nodes that it does not have, OptionError for options that do not fit to attributes, TrainingError
        when training diverges.

        >>> from wordvec import DeepWalk
        >>> vectors = DeepWalk(vector_size=8, workers=1).fit([("a", "b"), ("b", "c")])
        >>> vectors.vectors.shape
        (3, 8)
        >>> DeepWalk(vector_size=8).fit([("a", "b"), ("b", "c")], attributes={"a": ["red"], "c": ["red", "round"]})
        KeyedVectors of 3 words x 8
        """
        instruction_set()
        if self.hs and keep_context:
            raise OptionError("keep_context needs one output row for each node; got hs=True, which has none")
        self._check_scales(attributes)
        options = fit_options(self.vector_size, init, keep_context, callbacks, progress, checkpoint)
        graph = Graph.of(corpus, directed=self.directed or None, workers=self.threads, progress=progress)
        own = None if attributes is None else node_attributes(attributes, workers=self.threads, progress=progress)
        unknown = 0 if own is None else unknown_nodes(own, graph.vocabulary, is_sparse(attributes))
        told = {} if own is None else {"attributes": own.fingerprint}
        with begun(options.checkpoints, lambda: self.identity(graph, options) | told):
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
            if own is None:
                skipgram = SkipGram(**{name: getattr(self, name) for name in OF_SKIPGRAM}, sample=0.0, min_count=1)
                vectors = skipgram._fit(walks, options)
            else:
                vectors = self._by_attributes(walks, own, unknown, options, facts)
        vectors.metadata = {**vectors.metadata, **facts}
        return finished(vectors)

    def _check_scales(self, attributes: Any) -> None:
        """Raise OptionError for scales and attributes that do not fit to each other, or to other options."""
        if attributes is None:
            if self.scales != "pooled":
                raise OptionError(f"attributes must be given where scales={self.scales!r} says how they are learned")
            return
        if self.hs:
            raise OptionError("hs must be False with attributes, which are learned by negative sampling")
        if self.window >= self.walk_length:
            raise OptionError(
                f"window must be below walk_length with attributes, which are met up to window={self.window} steps "
                f"away; got walk_length={self.walk_length}"
            )
        if self.scales == "multi" and self.window > self.vector_size:
            raise OptionError(
                f"vector_size must be at least window={self.window} with scales='multi', one for each distance; "
                f"got {self.vector_size}"
            )

    def _by_attributes(
        self, walks: EncodedCorpus, own: PairCounts, unknown: int, options: FitOptions, facts: dict[str, Any]
    ) -> KeyedVectors:
        """Train on the attributes that nodes meet on the walks."""
        weights = placed(own, walks.vocabulary)
        having = int((weights.sum(axis=1) > 0).sum())
        facts["attributes"] = {
            "fingerprint": own.fingerprint,
            "attributes": len(own.contexts),
            "nodes": having,
            "without": len(walks.vocabulary) - having,
            "unknown": unknown,
        }
        met = attributes_met(walks, weights, self.window, self.scales == "pooled")
        trainer = Pairs(**{name: getattr(self, name) for name in OF_BOTH})
        pairs = len(walks.ids) * self.window // len(met)  # one for each step and distance
        return learn_attributes(trainer, walks.vocabulary, met, own.contexts, pairs, options, facts)

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
