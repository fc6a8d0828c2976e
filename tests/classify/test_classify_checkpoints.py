"""A classifier goes on from a checkpoint to the same bytes, and only with the same texts and options."""

import time

import pytest
from reference_classify import KINDS, TRAIN, small

from wordvec import Checkpoint
from wordvec.base.errors import OptionError
from wordvec.optim.checkpoints import Checkpoints
from wordvec.optim.epochs import Queue


class Ended(Exception):
    """Ends a run."""


def stop(monkeypatch, fit, number=6):
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

    with monkeypatch.context() as patched, pytest.raises(Ended):
        patched.setattr(Queue, "take", taking)
        patched.setattr(Checkpoints, "save", saving)
        patched.setattr(Checkpoints, "due", lambda checkpoints, epochs=None: True)
        patched.setattr(Checkpoints, "wait", lambda checkpoints: 0.001)
        fit()


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_to_the_same_bytes(kind, tmp_path, monkeypatch):
    options = KINDS[kind]
    whole = small(**options).fit(*TRAIN)
    stop(monkeypatch, lambda: small(**options).fit(*TRAIN, checkpoint=tmp_path / "kept"))
    for _ in range(2):
        again = small(**options).fit(*TRAIN, checkpoint=Checkpoint(tmp_path / "kept", resume=True))
        for name, classifier in (("whole", whole), ("again", again)):
            classifier.save(tmp_path / f"{name}.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()


def test_other_texts_labels_weights_and_options_are_refused(tmp_path):
    texts, labels = TRAIN
    small().fit(texts, labels, checkpoint=tmp_path)
    going_on = {"checkpoint": Checkpoint(tmp_path, resume=True)}
    for other in ((texts[1:], labels[1:]), (texts, labels[::-1])):
        with pytest.raises(OptionError, match=r"texts '[0-9a-f]+' \(now '"):
            small().fit(*other, **going_on)
    with pytest.raises(OptionError, match=r"texts '[0-9a-f]+' \(now '"):
        small().fit(texts, labels, class_weight="balanced", **going_on)
    with pytest.raises(OptionError, match=r"alpha [0-9.]+ \(now 0.07\)"):
        small(alpha=0.07).fit(texts, labels, **going_on)
