"""Every trainer either goes on from a checkpoint to the same bytes, or says that it takes none."""

import os
import signal
import threading
import time
import warnings

import numpy as np
import pytest
from killed_runs import Ended, end_at_task, ending

import wordvec
from tests.trainers.test_trainers import EVERY, OF_TEXT, contents, small
from wordvec import Checkpoint
from wordvec.base.errors import OptionError
from wordvec.optim.factorisation import Factorisation

MODELS = {name: (trainer, {}) for name, trainer in EVERY.items()} | {
    "skipgram-hs": (wordvec.SkipGram, {"hs": True}),
    "cbow-exact": (wordvec.CBOW, {"cbow_grad": "exact"}),
    "skipgram-replicas": (wordvec.SkipGram, {"replicas": 3, "sync": 4000}),
    "fasttext-cbow": (wordvec.FastText, {"sg": False, "bucket": 500}),
    "pv-dbow-words": (wordvec.PVDBOW, {"dbow_words": True}),
    "bitcipher-gaps": (wordvec.BitCipher, {"gaps": "keep"}),
}
SIZES = {"fasttext": {"bucket": 500}, "floret": {"bucket": 500}, "sent2vec": {"bucket": 500}}
TASKS = {"skipgram-replicas": 15}  # one in the second epoch, of 11 tasks each; else of 3
NONE = ("bitcipher",)  # refuse a checkpoint
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def sentences():
    """2,000 sentences of 12 words, as many as three chunks."""
    rng = np.random.default_rng(1)
    return [[f"w{j}" for j in (60 * rng.random(12) ** 2).astype(int)] for _ in range(2000)]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting for the disk, and tasks of one chunk, so that an epoch has several."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setattr("wordvec.optim.epochs.RUN", 1)


def made(name):
    trainer, options = MODELS[name]
    return trainer(**small(trainer) | SIZES.get(name, {}) | options)


def bytes_of(path):
    """The bytes of a file, or of the files of a folder."""
    return sorted(contents(path).values())


@every_model
def test_goes_on_to_the_same_bytes(name, sentences, tmp_path, monkeypatch):
    trainer, kept = made(name), tmp_path / "kept"
    if name in NONE:
        with pytest.raises(OptionError, match="checkpoint serves models that"):
            trainer.fit(sentences, checkpoint=kept)
        assert not kept.exists()
        return
    trainer.fit(sentences).save(tmp_path / "whole.safetensors")
    with monkeypatch.context() as patched, pytest.raises(Ended):
        end_at_task(patched, TASKS.get(name, 6))  # the last of the second epoch, or another of it
        trainer.fit(sentences, callbacks=ending(1 + trainer.iterative), checkpoint=kept)
    with pytest.raises(Ended), warnings.catch_warnings():
        warnings.simplefilter("error")  # there is a checkpoint to go on from
        numbers = []
        trainer.fit(
            sentences,
            callbacks=[lambda epoch: numbers.append(epoch.number), ending(3 if trainer.iterative else 1)],
            checkpoint=Checkpoint(kept, "1epoch", resume=True),
        )
    assert not trainer.iterative or numbers[0] > 1
    for _ in range(2):  # the second time the run is finished
        trainer.fit(sentences, checkpoint=Checkpoint(kept, resume=True)).save(tmp_path / "again.safetensors")
        assert bytes_of(tmp_path / "again.safetensors") == bytes_of(tmp_path / "whole.safetensors")


def test_the_table_has_all_trainers():
    assert set(OF_TEXT) <= set(MODELS)


@pytest.mark.parametrize("model", [wordvec.PPMISVD, wordvec.BitCipher])
def test_models_that_are_computed_from_given_counts_take_no_checkpoint(model, sentences, tmp_path):
    options = {"gaps": "keep"} if model is wordvec.BitCipher else {}
    counts = wordvec.count(sentences, min_count=1, **options)
    with pytest.raises(OptionError, match="is computed from these counts at once: leave it out"):
        model(vector_size=12, **options).fit(counts, checkpoint=tmp_path / "kept")


def test_other_counts_are_refused(sentences, tmp_path):
    trainer = wordvec.GloVe(vector_size=12, epochs=2, workers=1)
    counts = [wordvec.count(sentences, min_count=1, window=window) for window in (3, 4)]
    trainer.fit(counts[0], checkpoint=tmp_path)
    again = trainer.fit(counts[0], checkpoint=Checkpoint(tmp_path, resume=True))
    assert again.vectors.tobytes() == trainer.fit(counts[0]).vectors.tobytes()
    with pytest.raises(OptionError, match=r"counts '[0-9a-f]+' \(now '"):
        trainer.fit(counts[1], checkpoint=Checkpoint(tmp_path, resume=True))


def test_counts_that_are_kept_are_not_counted_again(sentences, tmp_path, monkeypatch):
    trainer = wordvec.GloVe(vector_size=12, min_count=1, epochs=3, workers=1)
    whole = trainer.fit(sentences)
    with pytest.raises(Ended):
        trainer.fit(sentences, callbacks=ending(2), checkpoint=Checkpoint(tmp_path, "1epoch"))
    monkeypatch.setattr("wordvec.cooccurrence.counter._count", None)
    again = trainer.fit(sentences, checkpoint=Checkpoint(tmp_path, resume=True))
    assert again.vectors.tobytes() == whole.vectors.tobytes() and again.metadata == whole.metadata


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_in_a_sweep_waits_for_its_end_and_saves_it(sentences, tmp_path, monkeypatch):
    """PU-learning changes all rows in a sweep; the callbacks of a sweep that was saved are called when it goes on."""
    trainer, main, sweeps = made("pu"), threading.main_thread(), []
    whole = trainer.fit(sentences)

    def sweep(model, *arguments):
        sweeps.append(1)
        if len(sweeps) == 2:
            signal.pthread_kill(main.ident, signal.SIGINT)
            time.sleep(0.05)
        return real(model, *arguments)

    real = Factorisation.sweep
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Factorisation, "sweep", sweep)
        trainer.fit(sentences, checkpoint=tmp_path)
    assert len(sweeps) == 2 and len(list(tmp_path.glob("checkpoint-*"))) == 1
    numbers = []
    again = trainer.fit(
        sentences, checkpoint=Checkpoint(tmp_path, resume=True), callbacks=lambda epoch: numbers.append(epoch.number)
    )
    assert again.vectors.tobytes() == whole.vectors.tobytes() and again.metadata == whole.metadata
    assert numbers == list(range(2, len(whole.metadata["loss"]) + 1))


def test_a_model_that_takes_no_checkpoints_says_so(sentences, tmp_path):
    class Ones(wordvec.trainers.WordTrainer):
        """Vectors of ones."""

        name = "ones"

        def _fit(self, corpus, options):
            rows = np.ones((len(corpus.vocabulary), self.vector_size), np.float32)
            return wordvec.KeyedVectors(corpus.vocabulary, rows, metadata=self.metadata(corpus))

    with pytest.warns(UserWarning, match="nothing was kept in .*: this model takes no checkpoints"):
        Ones(vector_size=3, min_count=1).fit(sentences, checkpoint=tmp_path)
