"""Slices in one space: the compass and its frozen matrix, drift, analogies over time, and comparable updates."""

import warnings

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.align import Slices, align_slices, compatibility, compatible_update, train_compass
from wordvec.align.temporal.compass import checksum
from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus.combine import restricted, together
from wordvec.trainers import TRAINERS
from wordvec.trainers.word2vec import Word2Vec

OPTIONS = {"vector_size": 50, "epochs": 5, "slice_epochs": 8, "min_count": 20, "workers": 1}
SWAP = {"guitar": "bread", "bread": "guitar"}


@pytest.fixture(scope="module")
def halves(sample):
    """Two halves of the sample, drawn by lot."""
    lines = [line.split() for line in sample.read_text(encoding="utf-8").splitlines()]
    order = np.random.default_rng(0).permutation(len(lines))
    return [[lines[i] for i in half] for half in np.array_split(order, 2)]


@pytest.fixture(scope="module")
def swapped(halves):
    """Slices that differ in this: of the second, two words have changed places."""
    return train_compass(
        {"old": halves[0], "new": [[SWAP.get(word, word) for word in line] for line in halves[1]]}, **OPTIONS
    )


def test_a_corpus_that_comes_twice_gives_the_same_vectors(halves):
    slices = train_compass({"one": halves[0], "two": halves[0]}, **OPTIONS)
    assert slices["one"].vectors.tobytes() == slices["two"].vectors.tobytes()  # the same seed
    twice = train_compass({"one": halves[0], "two": halves[0][::-1]}, **OPTIONS)
    common = [found.drift for found in twice.drift("one", "two", topn=None, min_count=50)]
    assert len(common) > 300
    assert np.quantile(common, 0.99) < 0.05


def test_a_planted_swap_is_found(swapped, topics):
    for word, other in SWAP.items():
        assert swapped.temporal_analogy(word, "old", "new", topn=1)[0][0] == other
    planted = {word for words in topics.values() for word in words}  # others, such as prepositions, occur by chance
    drift = [found for found in swapped.drift("old", "new", topn=None, min_count=30) if found.word in planted]
    assert {found.word for found in drift[:2]} == set(SWAP)
    assert drift[1].drift > 2 * drift[4].drift
    assert swapped.drift_of("guitar")[0][2] > 5 * swapped.drift_of("violin")[0][2]
    around = swapped.neighbours("guitar", topn=5)
    assert {word for word, _ in around["old"]} & {"violin", "piano", "guitars", "drum", "melody", "rhythm"}
    assert not {word for word, _ in around["old"]} & {word for word, _ in around["new"]}


def test_scores_tell_static_from_dynamic(swapped):
    static = [(word, word) for word in swapped["old"].index_to_key[:400] if word not in SWAP]
    scores = swapped.evaluate([*static, *SWAP.items(), ("guitar", "no-such-word")], "old", "new")
    assert scores["dynamic"].p1 == 1 and scores["dynamic"].total == 3 and scores["dynamic"].used == 2
    assert scores["static"].mrr > 0.75
    assert scores["static"].p1 <= scores["static"].p3 <= scores["static"].p5 <= scores["static"].p10
    assert scores["all"].used == len(static) + 2
    assert swapped.evaluate([("no-such", "word")], "old", "new")["all"].mrr is None


@pytest.mark.parametrize("model", [name for name, kind in TRAINERS.items() if issubclass(kind, Word2Vec)])
def test_the_matrix_of_the_compass_does_not_move(halves, model):
    slices = train_compass({"a": halves[0][:900], "b": halves[1][:900]}, model, vector_size=20, min_count=3, workers=2)
    context = slices.compass.context
    for name in ("a", "b"):
        rows = slices.compass.vocabulary.ids(slices[name])
        assert (rows >= 0).all()
        assert slices[name].metadata["compass"]["outputs"] == checksum(context, rows)
        assert slices[name].metadata["compass"]["slice"] == name
        assert np.abs(slices[name]["the"] - slices.compass["the"]).max() > 0.01


def test_a_matrix_that_moved_is_found_out(halves, monkeypatch):
    from wordvec.trainers import word2vec

    monkeypatch.setattr(word2vec.kernel, "train", _writing(word2vec.kernel.train))
    with pytest.raises(wordvec.TrainingError, match="must not move"):
        train_compass({"a": halves[0][:300]}, vector_size=8, min_count=2, workers=1)


def _writing(train):
    def kernel(**arguments):
        return train(**{**arguments, "frozen": False})

    return kernel


def test_runs_repeat_and_stages_have_epochs_of_their_own(halves):
    some = {"a": halves[0][:500], "b": halves[1][:500]}
    options = {"vector_size": 16, "min_count": 3, "workers": 1, "epochs": 2, "slice_epochs": 3}
    first, second = train_compass(some, **options), train_compass(some, **options)
    assert first["b"].vectors.tobytes() == second["b"].vectors.tobytes()
    assert len(first.compass.metadata["loss"]) == 2
    assert len(first["a"].metadata["loss"]) == 3


def test_slices_can_start_from_the_compass(halves):
    some = {"a": halves[0][:500], "b": halves[1][:500]}
    options = {"vector_size": 16, "min_count": 3, "workers": 1}
    near = train_compass(some, start="compass", **options).drift("a", "b", topn=None)
    far = train_compass(some, **options).drift("a", "b", topn=None)
    assert np.mean([found.drift for found in near]) < np.mean([found.drift for found in far])


def test_an_older_model_can_be_the_compass(halves):
    old = wordvec.SkipGram(vector_size=50, epochs=8, min_count=20, workers=1).fit(halves[0], keep_context=True)
    options = {"vector_size": 50, "epochs": 8, "min_count": 20, "workers": 1}
    new = train_compass({"new": [*halves[1], ["newword", "guitar"]]}, compatible_with=old, **options)
    both = Slices({"old": old, "new": new["new"]})
    assert "newword" not in new["new"]
    assert new["new"].metadata["compass"]["dropped"]["words"] > 0
    apart = wordvec.SkipGram(**options, seed=2).fit(halves[1])
    common = [(word, word) for word in old.index_to_key[:400]]
    assert both.evaluate(common, "old", "new")["all"].mrr > 0.5
    assert Slices({"old": old, "new": apart}).evaluate(common, "old", "new")["all"].mrr < 0.05
    with pytest.raises(OptionError, match="keep_context=True"):
        train_compass({"new": halves[1]}, compatible_with=apart, **options)


def test_consecutive_procrustes_turns_slices_back():
    rng = np.random.default_rng(0)
    words, matrix = [f"w{i}" for i in range(300)], rng.standard_normal((300, 20))
    turns = [np.linalg.qr(rng.standard_normal((20, 20)))[0] for _ in range(3)]
    slices = align_slices({f"{i}": KeyedVectors(words, matrix @ turn) for i, turn in enumerate(turns)})
    assert max(found.drift for found in slices.drift("0", "2", topn=None)) < 1e-6
    np.testing.assert_allclose(slices["0"].vectors, matrix @ turns[0], atol=1e-6)
    with pytest.raises(OptionError, match="shares none"):
        align_slices({"a": KeyedVectors(["x"], [[1, 2]]), "b": KeyedVectors(["y"], [[1, 2]])})


def test_slices_that_share_few_words_are_named():
    left, right = KeyedVectors(["a", "b", "c"], np.eye(3)), KeyedVectors(["c", "d", "e"], np.eye(3))
    with pytest.warns(UserWarning, match="1 of 1 pairs of slices share less than 50%.*old and new 20%"):
        slices = Slices({"old": left, "new": right})
    assert slices.overlaps[0].shared == 1 and slices.overlaps[0].share == pytest.approx(0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Slices({"old": left, "new": left})


def test_bad_slices_are_refused(halves):
    some = {"a": halves[0][:300]}
    with pytest.raises(OptionError, match="corpora by name"):
        train_compass([halves[0]])
    with pytest.raises(OptionError, match=r"model must be one of skipgram, cbow.*got 'glove'"):
        train_compass(some, "glove")
    with pytest.raises(OptionError, match="hs=True"):
        train_compass(some, hs=True)
    with pytest.raises(OptionError, match="windw must be an option of skipgram"):
        train_compass(some, windw=3)
    with pytest.raises(OptionError, match="start must be one of random, compass"):
        train_compass(some, start="copy")
    with pytest.raises(CorpusError, match=r"slice 'b'.*no tokens"):
        train_compass({**some, "b": []}, vector_size=8)
    with pytest.raises(CorpusError, match=r"slice 'b'.*none of its 2 words"):
        train_compass({**some, "b": [["xyz", "zyx"]]}, vector_size=8, min_count=3)
    with pytest.raises(CorpusError, match=r"slice 'b'.*two words"):
        train_compass({**some, "b": [["guitar"]] * 5}, vector_size=8, min_count=1)
    slices = Slices({"a": KeyedVectors(["x"], [[1, 2]])})
    with pytest.raises(OptionError, match="a slice must be one of a; got 'b'"):
        slices.drift("a", "b")
    with pytest.raises(OptionError, match="is in none of a"):
        slices.drift_of("y")
    with pytest.raises(wordvec.UnknownWordError):
        slices.temporal_analogy("y", "a", "a")
    with pytest.raises(OptionError, match="one space"):
        Slices({"a": KeyedVectors(["x"], [[1, 2]]), "b": KeyedVectors(["x"], [[1, 2, 3]])})


def test_corpora_are_joined_exactly():
    first = wordvec.encode_corpus([["a", "b", "rare"], ["rare2"], ["b", "a", "a"]], min_count=1)
    second = wordvec.encode_corpus([["b", "c", "c"]], min_count=1)
    whole = together([first, second], min_count=2)
    assert dict(zip(whole.vocabulary, whole.vocabulary.counts.tolist(), strict=True)) == {"a": 3, "b": 3, "c": 2}
    sentences = [[whole.vocabulary[i] for i in whole.ids[a:b]] for a, b in zip(whole.offsets, whole.offsets[1:])]
    assert sorted(sentences) == [["a", "b"], ["b", "a", "a"], ["b", "c", "c"]]
    assert whole.stats.read == whole.stats.kept + whole.stats.too_rare == 10
    few = together([first, second], min_count=2, max_vocab=1)
    assert few.stats.beyond_max_vocab == 5 and few.stats.kept + few.stats.too_rare + 5 == few.stats.read
    own = restricted(first, whole.vocabulary, min_count=3)
    assert list(own.vocabulary) == ["a"] and own.offsets.tolist() == [0, 1, 3]
    told = own.stats
    assert told.kept + told.too_rare + told.unlisted == told.read == 7 and told.unlisted == 2
    with pytest.raises(CorpusError, match="no word occurs 9 times"):
        together([first, second], min_count=9)


def test_joined_corpora_take_turns():
    parts = [wordvec.encode_corpus([[word] * 50] * 2000, min_count=1) for word in ("a", "b")]
    ids = np.asarray(together(parts).ids)
    assert abs(ids[: len(ids) // 4].mean() - 0.5) < 0.1


def test_an_update_is_turned_and_scaled():
    rng = np.random.default_rng(0)
    words, matrix = [f"w{i}" for i in range(500)], rng.standard_normal((500, 20))
    turn = np.linalg.qr(rng.standard_normal((20, 20)))[0]
    old, moved = KeyedVectors(words[:450], matrix[:450]), matrix.copy()
    moved[:20] = rng.standard_normal((20, 20))  # these have a new meaning
    new, report = compatible_update(old, KeyedVectors(words, 5 * moved @ turn))
    assert (report.shared, report.added, report.removed, report.fitted) == (450, 50, 0, 405)
    assert {word for word, _ in report.moved} == set(words[:20])
    np.testing.assert_allclose(new.vectors[20:], matrix[20:], atol=0.02)
    assert report.median_drift < 1e-6 < report.mean_drift
    kept, report = compatible_update(old, KeyedVectors(words, 5 * moved @ turn), keep_old=0.99)
    assert report.kept == 430
    assert kept.vectors[20:450].tobytes() == old.vectors[20:450].tobytes()
    assert "alignment" in new.metadata
    with pytest.raises(OptionError, match="20 words must be shared"):
        compatible_update(old, KeyedVectors([f"x{i}" for i in range(500)], matrix))
    with pytest.raises(OptionError, match="one size"):
        compatible_update(old, KeyedVectors(["w1"], [[1, 2]]))
    for options, message in (({"trim": 1}, "trim must"), ({"keep_old": 2}, "keep_old must")):
        with pytest.raises(OptionError, match=message):
            compatible_update(old, old, **options)


def test_compatibility_counts_pairs_of_models():
    rng = np.random.default_rng(0)
    words, matrix = [f"w{i}" for i in range(200)], rng.standard_normal((100, 16))
    noise = [rng.standard_normal((100, 16)) for _ in range(2)]
    noisy, clean = (KeyedVectors(words, np.concatenate([matrix, matrix + share * noise[0]])) for share in (2, 0.5))
    pairs = [(f"w{i}", f"w{i + 100}") for i in range(100)]
    found = compatibility({"old": noisy, "new": clean}, pairs)
    assert found.used == 100 and found.matrix[1][1] > found.matrix[0][0]
    assert found.am == pytest.approx((found.matrix[0][0] + found.matrix[1][0] + found.matrix[1][1]) / 3)
    better = [("w1", "w2"), ("w2", "w1")]
    queries = KeyedVectors(["w1", "w2", "w3"], [[1, 0.1], [0.1, 1], [-1, -1]])
    gallery = KeyedVectors(["w1", "w2", "w3"], [[0, 1], [1, 0], [0.5, 0.4]])
    assert compatibility({"old": gallery, "new": queries}, better).ac == 1  # the new one knows who is whose partner
    turned = KeyedVectors(words, clean.vectors @ np.linalg.qr(rng.standard_normal((16, 16)))[0].astype(np.float32))
    assert compatibility({"old": clean, "new": turned}, pairs).ac == 0
    assert compatibility({"old": clean}, pairs).ac is None
    with pytest.raises(OptionError, match="all models know"):
        compatibility({"old": clean}, [("x", "y")])
