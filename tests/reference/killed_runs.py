"""A run that tests kill: in a module of its own, which a new process can import."""

import warnings

import numpy as np

import wordvec
from wordvec import Checkpoint

TRAINER = wordvec.SkipGram(vector_size=20, epochs=4, workers=1, seed=3)


def arrays():
    """Some 200,000 tokens of 300 words, as ids and offsets: 20 chunks."""
    rng = np.random.default_rng(0)
    return (300 * rng.random(200_000) ** 2).astype(np.int32), np.arange(0, 200_001, 25)


def train_until_killed(folder, resume, out):
    """The work of a process that is killed, or comes to its end and saves its vectors."""
    warnings.simplefilter("ignore")
    corpus = wordvec.encode_corpus(arrays(), min_count=1)
    settings = Checkpoint(folder, every="0.01s", resume=resume)
    vectors = TRAINER.fit(corpus, keep_context=True, checkpoint=settings)
    vectors.save(out)
