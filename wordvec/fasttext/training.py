"""Training by fastText's names: texts with labels, or words from their neighbours and n-grams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wordvec.classify import TextClassifier
from wordvec.corpus import EncodedCorpus, encode_corpus
from wordvec.corpus.encoded import fingerprint
from wordvec.corpus.scratch import map_file, scratch_folder, write_all
from wordvec.fasttext.options import Args, loss_name, model_name
from wordvec.fasttext.rows import Rows
from wordvec.fasttext.tokens import EOS
from wordvec.formats import load
from wordvec.trainers import FastText
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

_BLOCK = 1 << 16  # sentences at a time


def supervised(path: str, args: Args) -> Rows:
    """A classifier of the lines of a file. The loss `ns` is trained as `ova`, which takes all labels for noise."""
    loss = "ova" if args.loss == loss_name.ns else args.loss.name
    classifier = TextClassifier(
        vector_size=args.dim,
        epochs=args.epoch,
        alpha=args.lr,
        loss=loss,
        min_count=max(1, args.minCount),
        min_count_label=args.minCountLabel,
        min_n=args.minn if args.maxn else 0,
        max_n=args.maxn,
        word_ngrams=max(1, args.wordNgrams),
        bucket=args.bucket,
        label_prefix=args.label,
        seed=args.seed,
        workers=max(1, args.thread),
    )
    classifier.fit(path, init=_init(args), progress=args.verbose > 0)
    return Rows.of_classifier(classifier, args)


def unsupervised(path: str, args: Args) -> Rows:
    """Vectors of words; each line ends with the word `</s>`, and tokens that look like labels are left out."""
    trainer = FastText(
        vector_size=args.dim,
        window=args.ws,
        epochs=args.epoch,
        min_count=max(1, args.minCount),
        min_n=args.minn if args.maxn else 0,
        max_n=args.maxn,
        bucket=args.bucket if args.maxn else 1,
        negative=args.neg,
        hs=args.loss == loss_name.hs,
        sg=args.model == model_name.skipgram,
        alpha=args.lr,
        min_alpha=0.0,
        sample=args.t,
        ns_exponent=0.5,
        seed=args.seed,
        workers=max(1, args.thread),
    )
    init = _init(args)
    corpus = encode_corpus(path, min_count=trainer.min_count, workers=trainer.threads, progress=args.verbose > 0)
    corpus = _ended(corpus, args.label, init)
    vectors = trainer.fit(corpus, init=init, keep_context=not trainer.hs, progress=args.verbose > 0)
    return replace(Rows.of_vectors(vectors, args), tokens=corpus.stats.read)


def _init(args: Args) -> KeyedVectors | None:
    return load(args.pretrainedVectors) if args.pretrainedVectors else None


def _ended(corpus: EncodedCorpus, prefix: str, init: KeyedVectors | None) -> EncodedCorpus:
    """The corpus with `</s>` after each sentence, without labels, and with the words of `init` in its vocabulary."""
    words, sentences = corpus.vocabulary, len(corpus)
    assert words.counts is not None
    names = list(words)
    kept = np.array([name != EOS and not name.startswith(prefix) for name in names], bool)
    dropped = int(words.counts[[name.startswith(prefix) for name in names]].sum())
    own = words.counts[kept]
    ends = sentences + (int(words.counts[words.get(EOS)]) if EOS in words else 0)
    place = int((own >= ends).sum())  # the counts fall
    left = [name for name, stays in zip(names, kept.tolist()) if stays]
    counts = [*own[:place].tolist(), ends, *own[place:].tolist()]
    all_words = [*left[:place], EOS, *left[place:]]
    if init is not None:
        known = set(all_words)
        new = [word for word in init.vocabulary if word not in known]
        all_words, counts = all_words + new, counts + [1] * len(new)
    ids = np.full(len(names), -1, np.int32)
    ids[kept] = np.delete(np.arange(kept.sum() + 1, dtype=np.int32), place)
    if EOS in words:
        ids[words.get(EOS)] = place
    vocabulary = Vocabulary.from_words(all_words, counts)
    with scratch_folder(None) as work:
        with open(work / "ids", "wb", buffering=0) as ids_file, open(work / "offsets", "wb", buffering=0) as file:
            write_all(file, np.zeros(1, np.int64))
            for part, offsets in _blocks(corpus, ids, place):
                write_all(ids_file, part)
                write_all(file, offsets)
        mapped, offsets = map_file(work / "ids", np.int32), map_file(work / "offsets", np.int64)
    read = corpus.stats.read + sentences - dropped
    stats = replace(corpus.stats, read=read, kept=len(mapped))
    digest = fingerprint(vocabulary, mapped, offsets)
    return EncodedCorpus(vocabulary, mapped, offsets, stats, digest, corpus.options)


def _blocks(
    corpus: EncodedCorpus, new: NDArray[np.int32], end: int
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
    """(ids, offsets of their ends) of some sentences at a time, each with its end."""
    written = 0
    for first in range(0, len(corpus), _BLOCK):
        bounds = corpus.offsets[first : first + _BLOCK + 1]
        some: NDArray[Any] = new[corpus.ids[bounds[0] : bounds[-1]]]
        stays = some >= 0
        before = np.concatenate([[0], np.cumsum(stays)])[bounds - bounds[0]]
        stops = before[1:] + np.arange(1, len(bounds))  # where each sentence ends, with its own end
        out = np.empty(int(stops[-1]), np.int32)
        marks = np.zeros(len(out), bool)
        marks[stops - 1] = True
        out[marks], out[~marks] = end, some[stays]
        yield out, stops + written
        written += len(out)
