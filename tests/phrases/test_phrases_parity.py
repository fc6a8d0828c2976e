"""The same phrases, scores, counts and joined texts as gensim, where it is installed."""

import numpy as np
import pytest

from wordvec import Phrases

models = pytest.importorskip("gensim.models.phrases", reason="gensim is not installed")


@pytest.mark.parametrize(("scoring", "threshold"), [("default", 0.2), ("npmi", 0.05)])
@pytest.mark.parametrize("connectors", [frozenset(), frozenset(["w0", "w1"])], ids=["words", "connectors"])
def test_phrases_are_those_of_gensim(scoring, threshold, connectors):
    rng = np.random.default_rng(7)
    for sentences in (3, 40, 900):
        ids = np.minimum(rng.zipf(1.5, 9 * sentences) - 1, 60)
        text = [[f"w{i}" for i in line] for line in np.array_split(ids, sentences)]
        how = {"min_count": 2, "threshold": threshold, "scoring": scoring, "connector_words": connectors}
        own, other = Phrases(text, **how), models.Phrases(text, **how)
        assert own.export_phrases() == pytest.approx(other.export_phrases(), rel=1e-12)
        assert own.vocab == other.vocab
        assert list(own[text]) == list(other[text])
        assert own.find_phrases(text) == pytest.approx(other.find_phrases(text), rel=1e-12)
        assert list(own.freeze()[text]) == list(other.freeze()[text])
        tokens = [list(own.analyze_sentence(line)) for line in text[:50]]
        assert [[word for word, _ in line] for line in tokens] == [list(other[line]) for line in text[:50]]
    assert len(own) > 5
