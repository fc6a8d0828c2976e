"""gensim's PoincareModel over wordvec: names, defaults, and about the same scores where gensim is installed."""

import numpy as np
import pytest

from tests.trainers.test_poincare import closure
from wordvec import Poincare
from wordvec.evaluate import reconstruction
from wordvec.gensim import PoincareKeyedVectors, PoincareModel, PoincareRelations


def test_names_arguments_and_relations(tmp_path):
    (tmp_path / "tree.csv").write_text("".join(f"{child},{parent}\n" for child, parent in closure(4)))
    relations = PoincareRelations(str(tmp_path / "tree.csv"), delimiter=",")
    assert list(relations) == list(relations) == closure(4)
    model = PoincareModel(relations, size=3, negative=4, seed=2)
    model.train(epochs=5, batch_size=10, print_every=100)
    model.train(epochs=5)
    options = {"vector_size": 3, "alpha": 0.1, "negative": 4, "regularization": 1.0, "ns_exponent": 1.0, "workers": 1}
    expected = Poincare(**options, epochs=10, seed=2).fit(closure(4))
    assert np.array_equal(model.kv.vectors, expected.vectors)
    near, far = model.kv.most_similar("101", topn=1)[0]
    assert far == pytest.approx(model.kv.distance("101", near)) and model.kv.closest_parent("101")
    model.kv.save(tmp_path / "kv.safetensors")
    again = PoincareKeyedVectors.load(tmp_path / "kv.safetensors")
    assert type(again) is PoincareKeyedVectors and again.words_closer_than("101", "1") == model.kv.closer_than(
        "101", "1"
    )


@pytest.mark.slow
def test_scores_are_not_below_those_of_gensim():
    peer = pytest.importorskip("gensim.models.poincare")
    pairs = closure(5)
    scores = []
    for kind in (PoincareModel, peer.PoincareModel):
        model = kind(pairs, size=3, negative=5, seed=1)
        model.train(epochs=30)
        kv = model.kv
        points = PoincareKeyedVectors(list(kv.index_to_key), np.asarray(kv.vectors))
        scores.append(reconstruction(points, pairs).map)
    assert scores[0] > scores[1] - 0.1
