"""Slices of a corpus trained into one space, against the frozen output matrix of a model of all of them (CADE)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wordvec.align.temporal.slices import Slices
from wordvec.base.errors import CorpusError, OptionError, TrainingError
from wordvec.base.logs import LOG
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.combine import restricted, together
from wordvec.trainers import TRAINERS
from wordvec.trainers.word2vec import Word2Vec
from wordvec.vectors import KeyedVectors

Start = Literal["random", "compass"]


def train_compass(
    slices: Mapping[str, Any],
    model: str | Word2Vec = "skipgram",
    *,
    slice_epochs: int | None = None,
    slice_min_count: int = 1,
    start: Start = "random",
    compatible_with: KeyedVectors | None = None,
    progress: bool = False,
    **options: Any,
) -> Slices:
    """Vectors of every slice of a corpus in one space (Bianchi, Di Carlo, Nicoli, Palmonari 2020, CADE; 2019, TWEC).

    `slices` are corpora by name, whatever `wordvec.encode_corpus` takes. A model of all of them together, the compass,
    is trained first. Then each slice has input vectors of its own, trained against the output matrix of the compass,
    which stays as it is: a word that keeps its contexts keeps its vector, one that changes them moves. Each slice has
    the words that it and the compass have, `slice_min_count` times or more in the slice; `min_count` is of all slices
    together. Noise and subsampling follow the counts of the slice.

    `model` is the name of a trainer with negative sampling, with its `options`, or such a trainer. `epochs` are those
    of the compass and, without `slice_epochs`, of the slices. `start="compass"` starts the slices from the vectors of
    the compass, which keeps rare words near to them; "random" is the published default.

    `compatible_with` are older vectors with their context, which take the place of the compass: vectors of new text
    are then comparable to them. Words that they lack are left out; see `compatible_update`, which keeps those.

    What comes back has `slices`, `compass` and `overlaps`; each slice's metadata has under "compass" the checksum of
    the output rows that it was trained against, which was compared after the training: TrainingError if they moved.
    The same slices, seed and one worker give the same bytes.

    >>> past, now = [["cold", "cell", "wall"]] * 40, [["cell", "phone", "call"], ["cold", "wall", "call"]] * 40
    >>> slices = train_compass({"1970": past, "2020": now}, vector_size=8, min_count=1, workers=1)
    >>> slices
    Slices(1970: 3 words, 2020: 5 words)
    """
    trainer = _trainer(model, options)
    if start not in ("random", "compass"):
        raise OptionError(f"start must be random or compass; got {start!r}")
    if not isinstance(slices, Mapping) or not slices or not all(isinstance(name, str) for name in slices):
        raise OptionError(f"slices must be corpora by name, a dict of one or more; got {type(slices).__name__}")
    later = trainer if slice_epochs is None else replace(trainer, epochs=slice_epochs)
    encoded = _encoded(slices, trainer, progress)
    if compatible_with is None:
        whole = together(list(encoded.values()), min_count=trainer.min_count, max_vocab=trainer.max_vocab)
        compass = trainer.fit(whole, keep_context=True, progress=progress)
    else:
        compass = compatible_with
    init = compass if start == "compass" else None
    done: dict[str, KeyedVectors] = {}
    for name, corpus in encoded.items():
        try:
            own = restricted(corpus, compass.vocabulary, min_count=slice_min_count)
            made = later.fit_inputs(own, compass, init=init, progress=progress)
        except CorpusError as error:
            raise CorpusError(f"slice {name!r}: {error}") from None
        done[name] = _proved(made, compass, {"slice": name, "start": start, "dropped": _dropped(corpus, own)})
    LOG.info("compass: %s", "; ".join(_told(name, made) for name, made in done.items()))
    return Slices(done, compass)


def _told(name: str, made: KeyedVectors) -> str:
    dropped = made.metadata["compass"]["dropped"]
    return f"{name} {len(made):,} words, {dropped['words']:,} left out ({dropped['tokens']:,} tokens)"


def _trainer(model: str | Word2Vec, options: dict[str, Any]) -> Word2Vec:
    """The trainer; OptionError for one that has no output matrix which could be frozen."""
    names = [name for name, kind in TRAINERS.items() if issubclass(kind, Word2Vec)]
    if isinstance(model, Word2Vec):
        if options:
            raise OptionError(f"options must be given to the model, {type(model).__name__}(...); got {sorted(options)}")
        trainer = model
    elif isinstance(model, str) and model in names:
        kind = TRAINERS[model]
        known = {field.name for field in fields(kind)}
        if wrong := sorted(set(options) - known):
            raise OptionError(f"{', '.join(wrong)} must be an option of {model}, which has {', '.join(sorted(known))}")
        trainer = kind(**options)  # type: ignore[assignment]
    else:
        raise OptionError(f"model must be one of {', '.join(names)}, which learn by negative sampling; got {model!r}")
    if trainer.hs:
        raise OptionError("a compass must be trained with negative sampling; got hs=True, whose outputs are no words")
    return trainer


def _encoded(slices: Mapping[str, Any], trainer: Word2Vec, progress: bool) -> dict[str, EncodedCorpus]:
    """Each slice as ids of all its words: which of them stay is known when all slices are counted."""
    reading = {**trainer.reading(), "min_count": 1, "max_vocab": None, "progress": progress}
    done: dict[str, EncodedCorpus] = {}
    for name, corpus in slices.items():
        try:
            done[name] = encode_corpus(corpus, **reading)
        except CorpusError as error:
            raise CorpusError(f"slice {name!r}: {error}") from None
    return done


def _dropped(corpus: EncodedCorpus, own: EncodedCorpus) -> dict[str, int]:
    """Words and tokens of a slice that have no vector."""
    return {"words": len(corpus.vocabulary) - len(own.vocabulary), "tokens": len(corpus.ids) - len(own.ids)}


def _proved(made: KeyedVectors, compass: KeyedVectors, facts: dict[str, Any]) -> KeyedVectors:
    """The vectors of a slice without the output rows, once these are proved to be those of the compass still."""
    assert made.context is not None and compass.context is not None
    rows = compass.vocabulary.ids(made.vocabulary)
    own, kept = checksum(made.context), checksum(compass.context, rows)
    if own != kept:
        raise TrainingError(f"output rows of the compass must not move; those of slice {facts['slice']!r} did")
    metadata = {**made.metadata, "compass": {**facts, "outputs": own}}
    return KeyedVectors(made.vocabulary, made.vectors, metadata=metadata, subwords=made.subwords)


def checksum(matrix: NDArray[Any], rows: NDArray[Any] | None = None) -> str:
    """A digest of the bytes of a matrix, or of some of its rows, 32 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    for start in range(0, len(matrix) if rows is None else len(rows), 4096):
        some = slice(start, start + 4096)
        digest.update(np.ascontiguousarray(matrix[some] if rows is None else matrix[rows[some]]).data)
    return digest.hexdigest()
