"""Self-learning finds a planted rotation from little or nothing, and says so where there is nothing to find."""

import dataclasses

import numpy as np
import pytest
from killed_runs import Ended
from scipy.stats import ortho_group

from wordvec import Checkpoint, KeyedVectors, OptionError
from wordvec.align import Learning, fit_map, refine, self_learn
from wordvec.align.lexicon.dictionary_induction import induced_dictionary
from wordvec.align.lexicon.self_learning import _Run

QUICK = Learning(vocabulary=1500, unsupervised_words=1500, patience=3, keep=0.2)


def clustered(rng, words, dim=20):
    centres = rng.standard_normal((40, dim))
    return centres[rng.integers(0, 40, words)] + 0.7 * rng.standard_normal((words, dim))


@pytest.fixture(scope="module")
def planted():
    """1,500 words, the same turned and with a little noise under other names, and which is which."""
    rng = np.random.default_rng(0)
    rows = clustered(rng, 1500)
    turned = rows @ ortho_group.rvs(20, random_state=1) + 0.05 * rng.standard_normal((1500, 20))
    order = rng.permutation(1500)
    source = KeyedVectors([f"{i}" if i < 30 else f"s{i}" for i in range(1500)], rows)
    target = KeyedVectors([f"{i}" if i < 30 else f"t{i}" for i in order.tolist()], turned[order])
    return source, target, [(f"s{i}", f"t{i}") for i in range(30, 1500)]


def precision(found, planted):
    source, target, pairs = planted
    return found.map.aligned(source, target).evaluate(pairs, method="nn").known.p1


def test_25_pairs_are_enough(planted):
    source, target, pairs = planted
    found = self_learn(source, target, pairs[:25], options=QUICK)
    assert found.took_off and found.reason is None and precision(found, planted) > 0.95
    assert found.seed_pairs == 25 and found.iterations == len(found.objective) > 10
    assert found.evidence.words == 150 and found.evidence.csls > 2 * found.evidence.baseline
    assert found.evidence.mutual > 0.95
    assert found.map.facts["self_learning"]["took_off"] and found.map.facts["method"] == "multistep"


@pytest.mark.parametrize(
    ("start", "pairs"),
    [("identical", 30), ("numerals", 30), pytest.param("unsupervised", None, marks=pytest.mark.thorough)],
)
def test_starts_without_a_lexicon(planted, start, pairs):
    found = self_learn(*planted[:2], start, "orthogonal", options=QUICK)
    assert found.took_off and precision(found, planted) > 0.95
    assert pairs is None or found.seed_pairs == pairs
    assert found.map.facts["method"] == "orthogonal" and found.seed_dictionary == start


@pytest.mark.thorough
def test_unrelated_spaces_are_said_not_to_take_off():
    rng = np.random.default_rng(3)
    words = [f"w{i}" for i in range(800)]
    quick = Learning(vocabulary=800, unsupervised_words=800, patience=1, keep=0.4, max_iter=25)
    for make in (lambda: rng.standard_normal((800, 20)), lambda: clustered(rng, 800)):
        source, target = KeyedVectors(words, make()), KeyedVectors(words, make())
        for start in ("unsupervised", [(word, word) for word in words[:25]]):
            found = self_learn(source, target, start, options=quick)
            assert not found.took_off and "do not stand out" in found.reason, found.evidence
            assert found.map.apply(source).vector_size == 20


def test_the_seed_says_everything_and_threads_nothing(planted):
    source, target, pairs = planted
    few = {"vocabulary": 600, "patience": 2, "max_iter": 8}
    once, again, other = (
        self_learn(source, target, pairs[:25], options=Learning(**few, workers=workers), seed=seed)
        for workers, seed in ((1, 0), (3, 0), (1, 1))
    )
    assert once.objective == again.objective and np.array_equal(once.map.matrix, again.map.matrix)
    assert once.objective != other.objective


def test_of_restarts_the_best_by_the_criterion_is_kept(planted):
    source, target, pairs = planted
    few = Learning(vocabulary=400, patience=1, max_iter=2)
    alone = [self_learn(source, target, pairs[:25], options=few, seed=seed) for seed in (4, 5, 6)]
    best = max(alone, key=lambda found: (found.took_off, found.criterion))
    together = self_learn(source, target, pairs[:25], options=few, seed=4, restarts=3)
    assert (together.seed, together.criterion) == (best.seed, best.criterion)


def test_a_round_is_csls_both_ways():
    rng = np.random.default_rng(1)
    left, right = (rng.standard_normal((n, 6)).astype("f4") for n in (50, 40))
    left[7] = 0
    found = induced_dictionary(left, right, 5)
    with np.errstate(invalid="ignore"):
        cos = (left / np.linalg.norm(left, axis=1)[:, None]) @ (right / np.linalg.norm(right, axis=1)[:, None]).T
    there = np.delete(cos, 7, 0)
    r_left, r_right = (np.sort(table, axis=1)[:, -5:].mean(axis=1) for table in (there, there.T))
    assert found.forward[7] == -1 and not (found.backward == 7).any()
    assert np.array_equal(np.delete(found.forward, 7), (2 * there - r_right).argmax(axis=1))
    assert np.array_equal(found.backward, np.delete(np.arange(50), 7)[(2 * there - r_left[:, None]).argmax(axis=0)])
    csls = np.insert((2 * there - r_right).max(axis=1) - r_left, 7, -np.inf)
    assert np.allclose(found.scores, csls, atol=1e-6)
    assert found.objective == pytest.approx((there.max(axis=1).mean() + there.max(axis=0).mean()) / 2, abs=1e-6)


def test_refinement_improves_a_map_from_few_pairs(planted):
    source, target, pairs = planted
    with pytest.warns(UserWarning, match="15 pairs are fewer"):
        start = fit_map(source, target, pairs[:15])
    before = start.aligned(source, target).evaluate(pairs[30:], method="nn").known.p1
    for both_ways in (True, False):
        better = refine(source, target, start, iterations=3, both_ways=both_ways)
        after = better.aligned(source, target).evaluate(pairs[30:], method="nn").known.p1
        assert after > before and after > 0.95
        assert len(better.facts["refinement"]) == 3 and better.facts["normalize"] == "unit,center,unit"
        assert better.facts["coverage"]["used"] == 15


def test_starts_that_are_not_there():
    source, target = KeyedVectors(["a", "b1"], np.eye(2)), KeyedVectors(["c", "d1"], np.eye(2))
    with pytest.raises(OptionError, match="must share words among their first"):
        self_learn(source, target)
    with pytest.raises(OptionError, match="must share numbers in digits"):
        self_learn(source, target, "numerals")
    with pytest.raises(OptionError, match="must share numbers in digits"):
        self_learn(source, source, "numerals")
    with pytest.raises(OptionError, match="must have words that both sides know"):
        self_learn(source, target, [("x", "y")])
    with pytest.raises(FileNotFoundError):
        self_learn(source, target, "numbers")


@pytest.mark.parametrize(
    "options",
    [
        {"vocabulary": 3},
        {"keep": 0},
        {"keep": 1.5},
        {"patience": 0},
        {"k": 0},
        {"max_iter": True},
    ],
    ids=str,
)
def test_options_have_bounds(options, planted):
    with pytest.raises(OptionError, match=f"{next(iter(options))} must be"):
        Learning(**options)
    with pytest.raises(OptionError, match="restarts must be"):
        self_learn(*planted[:2], restarts=0)


def test_the_same_language_twice_is_found_at_once(planted):
    found = self_learn(planted[0], planted[0], "identical", "orthogonal", options=QUICK)
    assert found.took_off and np.abs(found.map.matrix - np.eye(20)).max() < 1e-4


@pytest.mark.parametrize("error", [Ended, KeyboardInterrupt])
def test_learning_goes_on_from_a_checkpoint_to_the_same_map(planted, tmp_path, monkeypatch, error):
    """It is ended in each of two runs with other seeds, and goes on."""
    source, target, pairs = planted
    options = Learning(vocabulary=300, max_iter=7, restarts=2, limit=300)
    whole = self_learn(source, target, pairs[:25], options=options)
    real, kept, calls = _Run.iterated, tmp_path / "kept", []
    for end in (5, 13):  # calls, of which the first run takes seven
        with monkeypatch.context() as patched, pytest.raises(error):

            def iterated(run, place, end=end):
                calls.append((run.options.seed, len(place.objective)))
                if len(calls) == end:
                    raise error
                return real(run, place)

            patched.setattr(_Run, "iterated", iterated)
            settings = Checkpoint(kept, every="0.0001s" if error is Ended else "1h", resume=kept.exists())
            self_learn(source, target, pairs[:25], options=options, checkpoint=settings)
    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(_Run, "iterated", lambda run, place: calls.append(1) or real(run, place))
            calls.clear()
            again = self_learn(source, target, pairs[:25], options=options, checkpoint=Checkpoint(kept, resume=True))
        assert again.to_dict() == whole.to_dict()
        again.map.save(tmp_path / "again.safetensors")
        whole.map.save(tmp_path / "whole.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "whole.safetensors").read_bytes()
    assert calls == []  # a finished run is not done again


def test_learning_goes_on_only_as_it_was(planted, tmp_path):
    source, target, pairs = planted
    options = Learning(vocabulary=300, max_iter=2)
    self_learn(source, target, pairs[:25], options=options, checkpoint=tmp_path)
    going_on = {"options": options, "checkpoint": Checkpoint(tmp_path, resume=True)}
    with pytest.raises(OptionError, match=r"seed_dictionary '[0-9a-f]+' \(now '"):
        self_learn(source, target, pairs[:24], **going_on)
    with pytest.raises(OptionError, match=r"source '[0-9a-f]+' \(now '"):
        self_learn(source.subset(rows=slice(0, 1499)), target, pairs[:25], **going_on)
    with pytest.raises(OptionError, match=r"max_iter 2 \(now 3\)"):
        self_learn(source, target, pairs[:25], **going_on | {"options": dataclasses.replace(options, max_iter=3)})
