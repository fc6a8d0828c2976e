"""Runs that tests kill or end: in a module of its own, which a new process can import."""

import time
import warnings

import numpy as np

import wordvec
from wordvec import Checkpoint
from wordvec.optim.checkpoints import Checkpoints
from wordvec.optim.epochs import Queue

TRAINER = wordvec.SkipGram(vector_size=20, epochs=4, workers=1, seed=3)


class Ended(Exception):
    """Ends a run."""


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


def end_at_task(monkeypatch, number):
    """Let the threads fail at a task; before each task a checkpoint is taken."""
    taken, saved, take, save = [], [], Queue.take, Checkpoints.save

    def taking(queue):
        taken.append(1)
        if len(taken) == number:
            raise Ended
        while len(saved) < len(taken):
            time.sleep(0.001)
        return take(queue)

    def saving(checkpoints, *arguments, **named):
        save(checkpoints, *arguments, **named)
        saved.append(1)

    monkeypatch.setattr(Queue, "take", taking)
    monkeypatch.setattr(Checkpoints, "save", saving)
    monkeypatch.setattr(Checkpoints, "due", lambda checkpoints, epochs=None: True)
    monkeypatch.setattr(Checkpoints, "wait", lambda checkpoints: 0.001)


def ending(number, error=Ended):
    """A callback that raises an error after an epoch."""

    def callback(epoch):
        if epoch.number == number:
            raise error

    return callback
