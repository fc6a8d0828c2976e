"""A classifier goes on from a checkpoint to the same bytes, and only with the same texts and options."""

import pytest
from killed_runs import Ended, end_at_task
from reference_classify import KINDS, TRAIN, small

from wordvec import Checkpoint
from wordvec.base.errors import OptionError


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_to_the_same_bytes(kind, tmp_path, monkeypatch):
    options = KINDS[kind]
    whole = small(**options).fit(*TRAIN)
    with monkeypatch.context() as patched, pytest.raises(Ended):
        end_at_task(patched, 6)
        small(**options).fit(*TRAIN, checkpoint=tmp_path / "kept")
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
