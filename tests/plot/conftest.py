"""Vectors to draw: words in groups on a plane of their own, slices, senses, and a tree."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, PoincareVectors, SenseVectors, Vocabulary

GROUPS = {
    "people": ["king", "queen", "prince"],
    "animals": ["dog", "cat", "horse"],
    "places": ["paris", "rome", "oslo"],
}
WORDS = [word for group in GROUPS.values() for word in group]


@pytest.fixture(autouse=True)
def _needs_matplotlib():
    pytest.importorskip("matplotlib")
    pytest.importorskip("textalloc")


@pytest.fixture
def kv():
    """Nine words of three groups, 8 dimensions."""
    rng = np.random.default_rng(1)
    matrix = np.repeat(np.eye(8)[:3], 3, axis=0) + 0.3 * rng.standard_normal((9, 8))
    return KeyedVectors(WORDS, matrix.astype(np.float32), counts=range(99, 90, -1), metadata={"loss": [2.5, None, 2.0]})


@pytest.fixture
def slices():
    """Three slices; `cell` turns by 30 degrees each time, `wall` stays, `phone` comes with the second."""
    made = {}
    for step, name in enumerate(("1970", "1990", "2010")):
        angle = np.pi / 6 * step
        words = ["cell", "wall"] + ["phone"] * (step > 0)
        rows = [[np.cos(angle), np.sin(angle), 0], [0, 0, 1], [0, 1, 1]]
        made[name] = KeyedVectors(words, np.array(rows[: len(words)], np.float32))
    return made


@pytest.fixture
def senses():
    """`bank` with two senses, and words with one."""
    words = Vocabulary.from_words(["bank", "water", "shore", "cash", "loan"], np.array([100, 9, 8, 7, 6]))
    vectors = np.zeros((5, 2, 3))
    vectors[:, 0] = [[1, 0.1, 0], [1, 0, 0.1], [1, 0.2, 0], [0, 1, 0.1], [0, 1, 0.2]]
    vectors[0, 1] = [0, 1, 0]
    shares = np.array([[0.75, 0.25], *[[1, 0]] * 4])
    contexts = np.ones((5, 3), np.float32)
    return SenseVectors.of(words, vectors, shares, rule="nearest", contexts=contexts, centres=vectors)


@pytest.fixture
def nodes():
    """A root, two children, and a grandchild, in the disc."""
    return PoincareVectors(["root", "left", "right", "leaf"], [[0.01, 0], [-0.5, 0.1], [0.5, 0.1], [-0.8, 0.3]])


@pytest.fixture
def scores():
    """Scores of two models on two sets, one of which has no interval, and one no score."""

    def score(model, name, value, low, high):
        counts = {"used": 8, "total": 9, "coverage": 0.9, "policy": "p", "seed": 1}
        return wordvec.evaluate.results.Score(
            model=model, task="t", name=name, measure="m", score=value, low=low, high=high, headline=True, **counts
        )

    return [
        score("one", "set", 0.5, 0.4, 0.6),
        score("one", "other", 0.3, None, None),
        score("two", "set", 0.7, 0.65, 0.9),
        score("two", "other", None, None, None),
    ]
