"""Compass training: slices of a corpus in one space, by a frozen context matrix of all of them (TWEC, CADE)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from numpy.typing import NDArray

from wordvec.align.temporal.slices import Slices
from wordvec.base.digests import digest_of
from wordvec.base.errors import CorpusError, OptionError, TrainingError
from wordvec.base.logs import LOG
from wordvec.base.options import Options, from_table, option
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.combine import restricted, together
from wordvec.trainers import TRAINERS
from wordvec.trainers.word2vec import Word2Vec
from wordvec.vectors import KeyedVectors

_BLOCK = 4096  # rows of a matrix taken at a time


@dataclass(frozen=True, kw_only=True)
class Compass(Options):
    """The options of `train_compass`."""

    slice_epochs: int | None = option(None, "epochs of the slices; none given: those of the compass", low=1)
    slice_min_count: int = option(1, "leave out words that occur less often in a slice", low=1)
    start: Literal["random", "compass"] = option("random", "input vectors that the slices start from")
    seeds: int = option(1, "trainings, each with the next seed; several give intervals of drift", low=1, high=1000)


def train_compass(
    slices: Mapping[str, Any],
    model: str | Word2Vec = "skipgram",
    options: Compass | None = None,
    *,
    compatible_with: KeyedVectors | None = None,
    progress: bool = False,
    **values: Any,
) -> Slices:
    """Vectors of every slice of a corpus in one space (Bianchi, Di Carlo, Nicoli, Palmonari 2020, CADE; 2019, TWEC).

    `slices` are corpora by name, of any kind that `wordvec.encode_corpus` takes. First, the compass is trained: a
    model of all slices together. Then the input vectors of each slice are trained against the context matrix of the
    compass, which is frozen. A word with the same contexts in two slices has similar vectors in them; a word whose
    contexts change moves. Each slice has the words of the compass that occur `slice_min_count` times or more in the
    slice; `min_count` applies to all slices together. Noise and subsampling follow the counts of the slice.

    `model` is the name of a trainer with negative sampling, or such a trainer. The options are those of `Compass`; they
    may be given by name, next to those of the trainer. `start="compass"` starts the slices from the vectors of the
    compass, which keeps rare words near to them; "random" is the published default.

    `compatible_with` are older vectors with their context matrix, used instead of a compass: vectors of new text are
    then comparable to them. Words that they lack are left out; see `compatible_update`, which keeps them.

    With `seeds` above 1 all of this is done again with the next seeds, on the same encoded text: the result has the
    later ones as `repeats`, from which `Slices.drift` takes intervals.

    The result has `slices`, `compass` and `overlaps`. The metadata of each slice has, under "compass", the checksum of
    the context rows that it was trained against. They are compared after the training: TrainingError if they changed.
    The same slices and seed give the same bytes with one worker.

    >>> past, now = [["cold", "cell", "wall"]] * 40, [["cell", "phone", "call"], ["cold", "wall", "call"]] * 40
    >>> slices = train_compass({"1970": past, "2020": now}, vector_size=8, min_count=1, workers=1)
    >>> slices
    Slices(1970: 3 words, 2020: 5 words)
    """
    own = {field.name for field in fields(Compass)}
    chosen = Compass.of(options, {name: value for name, value in values.items() if name in own})
    trainer = _trainer(model, {name: value for name, value in values.items() if name not in own})
    if not isinstance(slices, Mapping) or not slices or not all(isinstance(name, str) for name in slices):
        raise OptionError(f"slices must be corpora by name, a dict of one or more; got {type(slices).__name__}")
    slice_trainer = trainer if chosen.slice_epochs is None else replace(trainer, epochs=chosen.slice_epochs)
    encoded = _encoded(slices, trainer, progress)
    joined = None
    if compatible_with is None:
        joined = together(list(encoded.values()), min_count=trainer.min_count, max_vocab=trainer.max_vocab)
    runs: list[dict[str, KeyedVectors]] = []
    first = compatible_with
    for seed in range(trainer.seed, trainer.seed + chosen.seeds):
        compass = compatible_with
        if joined is not None:
            compass = replace(trainer, seed=seed).fit(joined, keep_context=True, progress=progress)
        assert compass is not None
        runs.append(_trained(encoded, replace(slice_trainer, seed=seed), compass, chosen, progress))
        first = compass if first is None else first
    used = {**trainer.recorded(), **chosen.recorded()}
    metadata = {"method": "compass", "trainer": trainer.name, "options": used}
    return Slices(runs[0], first, metadata=metadata, repeats=[Slices(run) for run in runs[1:]])


def _trained(
    encoded: Mapping[str, EncodedCorpus], trainer: Word2Vec, compass: KeyedVectors, options: Compass, progress: bool
) -> dict[str, KeyedVectors]:
    """The vectors of each slice, trained against the context matrix of the compass."""
    init = compass if options.start == "compass" else None
    trained: dict[str, KeyedVectors] = {}
    for name, corpus in encoded.items():
        try:
            restricted_corpus = restricted(corpus, compass.vocabulary, min_count=options.slice_min_count)
            vectors = trainer.fit_inputs(restricted_corpus, compass, init=init, progress=progress)
        except CorpusError as error:
            raise CorpusError(f"slice {name!r}: {error}") from None
        facts = {"slice": name, "start": options.start, "dropped": _dropped(corpus, restricted_corpus)}
        trained[name] = _checked(vectors, compass, facts)
    LOG.info("compass: %s", "; ".join(_summary(name, vectors) for name, vectors in trained.items()))
    return trained


def _summary(name: str, vectors: KeyedVectors) -> str:
    dropped = vectors.metadata["compass"]["dropped"]
    return f"{name} {len(vectors):,} words, {dropped['words']:,} left out ({dropped['tokens']:,} tokens)"


def _trainer(model: str | Word2Vec, options: Mapping[str, Any]) -> Word2Vec:
    """The trainer; OptionError for one without a context matrix that could be frozen."""
    models: dict[str, type[Word2Vec]] = {name: kind for name, kind in TRAINERS.items() if issubclass(kind, Word2Vec)}
    note, others = ", which learn by negative sampling", [field.name for field in fields(Compass)]
    trainer = from_table(Word2Vec, models, model, options, "model", note, others)
    if trainer.hs:
        raise OptionError("a compass must be trained with negative sampling; got hs=True, whose outputs are no words")
    return trainer


def _encoded(slices: Mapping[str, Any], trainer: Word2Vec, progress: bool) -> dict[str, EncodedCorpus]:
    """Each slice encoded with all its words: `min_count` is applied when all slices are counted."""
    reading = {**trainer.reading(), "min_count": 1, "max_vocab": None, "progress": progress}
    encoded: dict[str, EncodedCorpus] = {}
    for name, corpus in slices.items():
        try:
            encoded[name] = encode_corpus(corpus, **reading)
        except CorpusError as error:
            raise CorpusError(f"slice {name!r}: {error}") from None
    return encoded


def _dropped(corpus: EncodedCorpus, used: EncodedCorpus) -> dict[str, int]:
    """Words and tokens of a slice that have no vector."""
    return {"words": len(corpus.vocabulary) - len(used.vocabulary), "tokens": len(corpus.ids) - len(used.ids)}


def _checked(vectors: KeyedVectors, compass: KeyedVectors, facts: dict[str, Any]) -> KeyedVectors:
    """The vectors of a slice without the context matrix, once its rows are checked to equal those of the compass."""
    assert vectors.context is not None and compass.context is not None
    rows = compass.vocabulary.ids(vectors.vocabulary)
    digest = checksum(vectors.context)
    if digest != checksum(compass.context, rows):
        raise TrainingError(f"output rows of the compass must not move; those of slice {facts['slice']!r} did")
    metadata = {**vectors.metadata, "compass": {**facts, "outputs": digest}}
    return KeyedVectors(vectors.vocabulary, vectors.vectors, metadata=metadata, subwords=vectors.subwords)


def checksum(matrix: NDArray[Any], rows: NDArray[Any] | None = None) -> str:
    """A digest of the bytes of a matrix, or of some of its rows, 32 hexadecimal digits."""
    if rows is None:
        return digest_of(matrix)
    return digest_of(matrix[rows[start : start + _BLOCK]] for start in range(0, len(rows), _BLOCK))
