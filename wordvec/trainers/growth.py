"""Growth: vectors that are trained on with new text keep their words, get the new ones, and say how far they moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.base.arguments import strings
from wordvec.base.errors import CorpusError, OptionError
from wordvec.base.logs import warn
from wordvec.base.options import Options, option
from wordvec.corpus import EncodedCorpus, merged_vocabulary
from wordvec.corpus.encoded import fingerprint
from wordvec.vectors import KeyedVectors
from wordvec.vectors.attributes import Attributes
from wordvec.vocabulary import Vocabulary

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

NEAREST = 10  # neighbours that are compared before and after
SAMPLE, CANDIDATES = 500, 20_000  # old words whose neighbours are compared, and among which they are looked for
BLOCK = 64
OWN = ("trainer", "options", "library", "corpus", "loss", "block", "init", "matrices")  # metadata that training sets


@dataclass(frozen=True, kw_only=True)
class Growth(Options):
    """How new words start, and how fast all words learn."""

    new_words: Literal["auto", "random"] = option(
        "auto", "new words start from the n-grams of init, else from their contexts (A La Carte); random: at random"
    )
    growth_alpha: Literal["given", "end"] = option(
        "given",
        "learning rate: given: from alpha to min_alpha, as usual; end: that at which the training of init ended",
    )

    def trainer(self, trainer: Any, init: KeyedVectors) -> Any:
        """The trainer with the learning rate of growth."""
        if self.growth_alpha == "given":
            return trainer
        if not hasattr(trainer, "min_alpha"):
            raise OptionError(
                f'growth_alpha="end" serves models whose alpha falls to min_alpha; {trainer.name} has none'
            )
        end = (init.metadata.get("options") or {}).get("min_alpha")
        if not isinstance(end, (int, float)) or not end > 0:
            raise OptionError(
                'growth_alpha="end" needs init to tell at which min_alpha it ended; it does not: give alpha'
            )
        return replace(trainer, alpha=end, min_alpha=end)


def growth_of(grow: Any, init: Any) -> Growth | None:
    """The options of growth of an argument `grow`; None where nothing grows."""
    if grow is False or grow is None:
        return None
    if grow is not True and not isinstance(grow, Growth):
        raise OptionError(f"grow must be True, False, or Growth(...) with its options; got {grow!r:.60}")
    if init is None:
        raise OptionError("grow needs init, the vectors that are to grow")
    return Growth() if grow is True else grow


def frozen_mask(freeze: Any, init: Any) -> Mask | None:
    """[words of init] the frozen words; None where all of them move."""
    if freeze is None:
        return None
    if not isinstance(init, KeyedVectors):
        raise OptionError("freeze needs init, the vectors whose words are to be frozen")
    if isinstance(freeze, str):
        if freeze != "known":
            raise OptionError(f'freeze must be "known", a list of words, or a mask; got {freeze!r:.60}')
        return np.ones(len(init), np.bool_)
    if isinstance(freeze, np.ndarray) and freeze.dtype == np.bool_:
        if freeze.shape != (len(init),):
            raise OptionError(f"a mask of frozen words must be of shape ({len(init)},), as init; got {freeze.shape}")
        return freeze.copy()
    words = strings(freeze, "freeze")
    rows = init.vocabulary.ids(words)
    if (rows < 0).any():
        first = words[int(np.argmax(rows < 0))]
        raise OptionError(
            f"freeze must be words of init; {int((rows < 0).sum()):,} of {len(words):,} are not, such as {first!r}"
        )
    mask = np.zeros(len(init), np.bool_)
    mask[rows] = True
    return mask


def regrown(corpus: EncodedCorpus, old: Vocabulary) -> EncodedCorpus:
    """A corpus that is encoded already, with all words of an old vocabulary; counts are added, words by the sums."""
    own = corpus.vocabulary
    known = old if old.counts is not None else old.recounted(np.zeros(len(old), np.int64))
    vocabulary = merged_vocabulary([known, own])
    ids = vocabulary.rows_of(own.data, own.offsets).astype(np.int32)[corpus.ids]
    digest = fingerprint(vocabulary, ids, corpus.offsets)
    options = {**corpus.options, "vocabulary": "grown"}
    return replace(corpus, vocabulary=vocabulary, ids=ids, fingerprint=digest, options=options)


def occurring(init: KeyedVectors, corpus: EncodedCorpus) -> int:
    """How many words of `init` occur in a corpus that has all of them; a warning where none does."""
    from wordvec.contexts.means import occurrences  # here, as most trainings do not grow

    words = corpus.vocabulary
    known = init.vocabulary.rows_of(words.data, words.offsets) >= 0
    shared = int((known & (occurrences(corpus.ids, len(words)) > 0)).sum())
    if not shared:
        warn(
            f"none of the {len(init):,} words of init is in the corpus, so that old and new words are trained apart "
            "and not in one space: look whether both are lower-cased and cut in the same way"
        )
    return shared


def starting_vectors(
    init: KeyedVectors, corpus: EncodedCorpus, growth: Growth, window: int, threads: int
) -> tuple[KeyedVectors, dict[str, int]]:
    """Vectors of the words of a corpus that `init` does not have; how many start in which way.

    A start is the mean of the n-grams of `init`, else the vector that A La Carte induces from the contexts. Words
    without one are left out: they start at random.
    """
    words = corpus.vocabulary
    new = np.flatnonzero(init.vocabulary.rows_of(words.data, words.offsets) < 0)
    starts, known = np.zeros((len(new), init.vector_size), np.float32), np.zeros(len(new), np.bool_)
    ways = {"ngrams": 0, "contexts": 0, "random": 0}
    if growth.new_words == "auto" and len(new):
        if init.subwords is not None:
            starts, known = init.subwords.compose([words[row] for row in new.tolist()])
            ways["ngrams"] = int(known.sum())
        rest = np.flatnonzero(~known)
        if len(rest):
            starts[rest], known[rest] = _induced(init, corpus, new[rest], window, threads)
            ways["contexts"] = int(known[rest].sum())
    ways["random"] = int((~known).sum())
    return KeyedVectors(words.take(new[known]), starts[known]), ways


def _induced(
    init: KeyedVectors, corpus: EncodedCorpus, new: NDArray[np.int64], window: int, threads: int
) -> tuple[Floats, Mask]:
    """The vectors of new words, by id, that A La Carte induces; whether they have a known context."""
    from wordvec.contexts.means import means_of, of_corpus
    from wordvec.contexts.options import Induction
    from wordvec.contexts.regression import fitted

    options = Induction(window=window, workers=threads)
    sentences = of_corpus(init, corpus, options)
    try:
        matrix = fitted(init, sentences, options).matrix
    except CorpusError:  # no known word stands near another
        return np.zeros((len(new), init.vector_size), np.float32), np.zeros(len(new), np.bool_)
    target = np.full(len(corpus.vocabulary), -1, np.int32)
    target[new] = np.arange(len(new), dtype=np.int32)
    seen = means_of(init, sentences, target, len(new), options)
    return (seen.means @ matrix.T).astype(np.float32), seen.known


def carried(vectors: KeyedVectors, init: KeyedVectors) -> KeyedVectors:
    """The grown vectors with what `init` holds beside its rows; a warning names what they cannot hold."""
    vocabulary = init.vocabulary
    rows = vectors.vocabulary.rows_of(vocabulary.data, vocabulary.offsets)
    lost = [name for name in ("subwords", "tokenizer", "transforms") if getattr(init, name) is not None]
    if vectors.subwords is not None:
        lost = [name for name in lost if name != "subwords"]
    if lost:
        names = {"subwords": "its n-grams", "tokenizer": "its tokenizer", "transforms": "the list of its transforms"}
        warn(
            f"the result does not have all that init holds: {', '.join(names[name] for name in lost)} would not fit "
            f"vectors that {vectors.metadata.get('trainer')} has trained on; keep init, too"
        )
    attributes = Attributes.merged([init.attributes], [rows], len(vectors), last=False)
    grown = vectors._derived(attributes=attributes, context=vectors.context)
    for key, value in init.metadata.items():
        if key not in OWN and key not in grown.metadata:
            grown.metadata[key] = value
    policy = init._policy
    return grown if policy.public == "auto" else grown.with_oov(policy)


def neighbours_kept(before: KeyedVectors, after: KeyedVectors, seed: int = 1) -> dict[str, Any]:
    """How many of the nearest old words of a sample of old words are still among their nearest old words.

    `before` are the old vectors; `after` has all of their words. Cosines of at most 20,000 words, the first ones.
    """
    size = min(len(before), CANDIDATES)
    count = min(NEAREST, size - 1)
    if count < 1:
        return {}
    places = after.vocabulary.rows_of(before.vocabulary.data, before.vocabulary.offsets)[:size]
    sample = np.sort(np.random.default_rng(seed).choice(size, min(SAMPLE, size), replace=False))
    old, new = (_unit(kv, rows) for kv, rows in ((before, np.arange(size)), (after, places)))
    kept = 0
    for first in range(0, len(sample), BLOCK):
        part = sample[first : first + BLOCK]
        pairs = zip(_nearest(old, part, count), _nearest(new, part, count), strict=True)
        kept += sum(len(np.intersect1d(one, other)) for one, other in pairs)
    cosines = np.einsum("ij,ij->i", old[sample], new[sample])
    return {
        "sample": len(sample),
        "nearest": count,
        "kept": kept / (count * len(sample)),
        "cosine": float(cosines.mean()),
    }


def _unit(vectors: KeyedVectors, indices: NDArray[np.int64]) -> Floats:
    unit = np.empty((len(indices), vectors.vector_size), np.float32)
    for first in range(0, len(indices), 1024):  # in blocks, which are wider for a moment
        rows = vectors._take(indices[first : first + 1024]).astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
        unit[first : first + 1024] = rows / np.where(lengths > 0, lengths, 1)
    return unit


def _nearest(unit: Floats, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    scores = unit[rows] @ unit.T
    scores[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-scores, count - 1, axis=1)[:, :count]


__all__ = [
    "Growth",
    "carried",
    "frozen_mask",
    "growth_of",
    "neighbours_kept",
    "occurring",
    "regrown",
    "starting_vectors",
]
