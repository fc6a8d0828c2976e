"""The same answers as gensim 4 from every method that has its name; and where they differ, what both say."""

import inspect
import warnings

import numpy as np
import pytest

from wordvec.base.errors import OptionError, UnknownWordError, WordTypeError
from wordvec.vectors import KeyedVectors

gensim = pytest.importorskip("gensim", reason="gensim is not installed")
Theirs = gensim.models.KeyedVectors

SIZE, DIM, CALLS = 200, 16, 30
WORDS = [f"w{i}" for i in range(SIZE - 2)] + ["naïve", "日本"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:Adding single vectors:UserWarning"),
    pytest.mark.filterwarnings("ignore:Call to deprecated `init_sims`:DeprecationWarning"),
]


def both(counts=True):
    matrix = np.random.default_rng(1).standard_normal((SIZE, DIM)).astype(np.float32)
    numbers = np.random.default_rng(2).permutation(SIZE) + 1  # all distinct: ties are one of the differences
    theirs = Theirs(DIM)
    theirs.add_vectors(WORDS, matrix.copy())
    for word, count in zip(WORDS, numbers.tolist()):
        theirs.set_vecattr(word, "count", count)
    return KeyedVectors(WORDS, matrix, counts=numbers if counts else None), theirs


@pytest.fixture(scope="module")
def pair():
    return both()


def same(ours, theirs):
    if isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs):
            same(one, other)
    elif isinstance(theirs, (float, np.floating, np.ndarray)):
        np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=2e-6)
    else:
        assert ours == theirs


class Asker:
    """Random arguments for both."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def word(self):
        return WORDS[self.rng.integers(SIZE)]

    def words(self, low=1, high=6):
        return [WORDS[i] for i in self.rng.choice(SIZE, self.rng.integers(low, high), replace=False)]

    def vector(self):
        return self.rng.standard_normal(DIM).astype(np.float32)

    def topn(self):
        return int(self.rng.integers(1, 25))

    def mixed(self):
        """Words, vectors and weighted words."""
        words = self.words()
        return [*words[1:], (words[0], float(self.rng.uniform(0.1, 2))), self.vector()]

    def place(self):
        return int(self.rng.integers(-SIZE, SIZE))

    def places(self):
        return self.rng.choice(SIZE, 2, replace=False).tolist()

    def weights(self, size):
        return self.rng.uniform(-2, 2, size)

    def flag(self):
        return bool(self.rng.integers(2))


# What is asked; both are asked with an `ask` of the same seed, so with the same arguments.
CASES = {
    "[]": lambda kv, ask: (kv[ask.word()], kv[ask.words()]),
    "in, len": lambda kv, ask: (ask.word() in kv, "x" in kv, len(kv), kv.vector_size),
    "index_to_key": lambda kv, ask: (kv.index_to_key[ask.place()], kv.index_to_key[ask.place() :]),
    "key_to_index": lambda kv, ask: (kv.key_to_index[ask.word()], kv.key_to_index.get("x"), "x" in kv.key_to_index),
    "get_index": lambda kv, ask: (kv.get_index(ask.word()), kv.get_index("x", -1), kv.has_index_for(ask.word())),
    "get_vector": lambda kv, ask: kv.get_vector(ask.word(), norm=ask.flag()),
    "get_mean_vector": lambda kv, ask: kv.get_mean_vector(
        [*ask.words(3, 4), ask.vector(), "x"], ask.weights(5), pre_normalize=ask.flag(), post_normalize=ask.flag()
    ),
    "get_normed_vectors": lambda kv, ask: kv.get_normed_vectors(),
    "norms": lambda kv, ask: (kv.fill_norms(), kv.norms),
    "similarity": lambda kv, ask: kv.similarity(ask.word(), ask.word()),
    "distance": lambda kv, ask: kv.distance(ask.word(), ask.word()),
    "distances": lambda kv, ask: kv.distances(ask.word(), ask.words(0)),
    "distances of a vector": lambda kv, ask: kv.distances(ask.vector(), ask.words(0)),
    "n_similarity": lambda kv, ask: kv.n_similarity(ask.words(), ask.words()),
    "cosine_similarities": lambda kv, ask: type(kv).cosine_similarities(
        ask.vector(), ask.rng.standard_normal((9, DIM))
    ),
    "most_similar": lambda kv, ask: kv.most_similar(ask.mixed(), ask.words(0, 3), topn=ask.topn()),
    "most_similar clipped": lambda kv, ask: kv.most_similar(ask.word(), None, 300, *sorted(ask.places())),
    "most_similar restricted": lambda kv, ask: kv.most_similar(ask.word(), topn=400, restrict_vocab=ask.topn()),
    "most_similar of all": lambda kv, ask: kv.most_similar(ask.words(), topn=None, clip_end=ask.topn()),
    "similar_by_word": lambda kv, ask: kv.similar_by_word(ask.word(), ask.topn(), ask.topn()),
    "similar_by_word of all": lambda kv, ask: (kv.similar_by_word(ask.word(), None), kv.similar_by_word("w1", 0)),
    "similar_by_key": lambda kv, ask: kv.similar_by_key(ask.word(), ask.topn(), ask.topn()),
    "similar_by_vector": lambda kv, ask: kv.similar_by_vector(ask.vector(), ask.topn(), ask.topn()),
    "most_similar_cosmul": lambda kv, ask: kv.most_similar_cosmul(ask.words(), ask.words(0, 3), ask.topn()),
    "most_similar_cosmul of all": lambda kv, ask: kv.most_similar_cosmul(ask.words(), topn=None),
    "most_similar_to_given": lambda kv, ask: kv.most_similar_to_given(ask.word(), ask.words()),
    "closer_than": lambda kv, ask: kv.closer_than(*ask.words(2, 3)),
    "rank": lambda kv, ask: kv.rank(*ask.words(2, 3)),
    "doesnt_match": lambda kv, ask: kv.doesnt_match(ask.words(3, 9)),
    "rank_by_centrality": lambda kv, ask: kv.rank_by_centrality(ask.words(3, 9), use_norm=ask.flag()),
    "relative_cosine_similarity": lambda kv, ask: kv.relative_cosine_similarity(ask.word(), ask.word(), ask.topn()),
    "get_vecattr": lambda kv, ask: kv.get_vecattr(ask.word(), "count"),
    "vectors_for_all": lambda kv, ask: contents(kv.vectors_for_all([*ask.words(2, 9), "x", "w1", "w1"])),
    "vectors_for_all with counts": lambda kv, ask: contents(kv.vectors_for_all(ask.words(2, 9), False, True), True),
}


@pytest.mark.parametrize("name", CASES)
def test_random_questions_get_the_same_answers(pair, name):
    for seed in range(CALLS):
        same(*(CASES[name](kv, Asker(seed)) for kv in pair))


def contents(kv, counts=False):
    words = list(kv.index_to_key)
    return words, np.array([kv[word] for word in words]), [kv.get_vecattr(w, "count") for w in words] if counts else []


CHANGES = {
    "add_vector": lambda kv, ask: [kv.add_vector(f"n{i}", v) for i, v in enumerate(ask)],
    "add_vectors": lambda kv, ask: kv.add_vectors(["n1", "w3", "n2"], ask[:3]),
    "add_vectors replacing": lambda kv, ask: kv.add_vectors(["n1", "w3", "n2"], ask[:3], replace=True),
    "setitem": lambda kv, ask: kv.__setitem__(["w7", "n1"], ask[:2]),
    "setitem of one": lambda kv, ask: kv.__setitem__("w7", ask[0]),
    "unit_normalize_all": lambda kv, ask: kv.unit_normalize_all(),
    "sort_by_descending_frequency": lambda kv, ask: kv.sort_by_descending_frequency(),
    "set_vecattr": lambda kv, ask: [kv.set_vecattr(w, "n", i) for i, w in enumerate(WORDS[:50])],
    "set_vecattr count": lambda kv, ask: kv.set_vecattr("w3", "count", 1234),
    "allocate_vecattrs": lambda kv, ask: kv.allocate_vecattrs(["n", "m"], [float, int]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_do_the_same(name):
    ours, theirs = both()
    rows = Asker(5).rng.standard_normal((4, DIM)).astype(np.float32)
    for kv in (ours, theirs):
        CHANGES[name](kv, rows)
        if kv is theirs:  # stale norms are one of the differences
            kv.norms = None
    same(contents(ours), contents(theirs))
    assert [ours.get_vecattr(w, "count") for w in WORDS] == [theirs.get_vecattr(w, "count") for w in WORDS]
    if "attr" in name and "count" not in name:
        assert [ours.get_vecattr(w, "n") for w in WORDS] == [theirs.get_vecattr(w, "n") for w in WORDS]
    same(ours.most_similar("w7", topn=20), theirs.most_similar("w7", topn=20))


@pytest.mark.parametrize("binary", [True, False])
def test_word2vec_files_are_the_same(tmp_path, binary):
    ours, theirs = both()
    for kv, name in ((ours, "ours"), (theirs, "theirs")):
        kv.save_word2vec_format(tmp_path / name, fvocab=str(tmp_path / name) + ".counts", binary=binary)
    assert (tmp_path / "ours.counts").read_bytes() == (tmp_path / "theirs.counts").read_bytes()
    for kind in (KeyedVectors, Theirs):
        for name in ("ours", "theirs"):
            options = {"fvocab": str(tmp_path / name) + ".counts", "binary": binary, "limit": 50}
            back = kind.load_word2vec_format(str(tmp_path / name), **options)
            same(contents(back, True), tuple(part[:50] for part in sorted_contents(theirs)))


def sorted_contents(theirs):
    words = sorted(theirs.index_to_key, key=lambda word: -theirs.get_vecattr(word, "count"))
    return words, np.array([theirs[word] for word in words]), [theirs.get_vecattr(word, "count") for word in words]


def test_every_public_name_is_here_or_says_where_it_went(pair):
    ours, theirs = pair
    old = {"init_sims", "word_vec", "words_closer_than", "log_accuracy"}
    elsewhere = {"expandos", "next_index", "intersect_word2vec_format"}
    # gensim's own workings, and what it prints.
    internal = {"mapfile_path", "lifecycle_events", "add_lifecycle_event", "similarity_unseen_docs"}
    internal |= {"log_evaluate_word_analogies", "log_evaluate_word_pairs"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = {name for name in dir(theirs) if not name.startswith("_")} - internal
    for name in sorted(names):
        if name in old | elsewhere or name in ("index2word", "index2entity", "vocab", "vectors_norm"):
            with pytest.raises(AttributeError, match=rf"{name!r} (was a name of old gensim; use|is gensim's; what it)"):
                getattr(ours, name)
        else:
            assert hasattr(ours, name), name


@pytest.mark.parametrize("name", sorted(name for name in vars(Theirs) if not name.startswith("_")))
def test_arguments_have_the_same_names_in_the_same_order(name):
    theirs, ours = vars(Theirs)[name], inspect.getattr_static(KeyedVectors, name, None)
    if (
        not hasattr(KeyedVectors, name)
        or name.startswith("evaluate_")
        or not callable(getattr(Theirs, name))
        or name in ("save", "load")
    ):
        return
    names = [list(inspect.signature(getattr(kind, name)).parameters) for kind in (Theirs, KeyedVectors)]
    assert names[1][: len(names[0])] == names[0] and isinstance(theirs, staticmethod) == isinstance(ours, staticmethod)


# Where they differ: what gensim does, and what wordvec does


def raises(error, ask, match=None):
    with pytest.raises(error, match=match):
        ask()


def test_int_keys(pair):
    ours, theirs = pair
    assert (
        theirs[3].tolist() == theirs["w3"].tolist() and 3 in theirs and theirs.similarity(3, "w3") == pytest.approx(1)
    )
    for ask in (lambda: ours[3], lambda: ours[[3]], lambda: ours.similarity(3, "w3"), lambda: ours.get_index(3)):
        raises(WordTypeError, ask, "rows are reached by")
    assert 3 not in ours and ours.vectors[3].tolist() == theirs[3].tolist()


def zeros():
    ours, theirs = both()
    theirs.vectors[5] = 0
    ours["w5"] = np.zeros(DIM)
    return ours, theirs


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_zero_vectors():
    ours, theirs = zeros()
    assert np.isnan(dict(theirs.most_similar("w1", topn=SIZE))["w5"]) and np.isnan(theirs.most_similar("w5")[0][1])
    assert "w5" not in dict(ours.most_similar("w1", topn=SIZE))
    raises(OptionError, lambda: ours.most_similar("w5"), "that of 'w5' is zero")
    assert np.isnan(theirs.get_vector("w5", norm=True)).all() and not ours.get_vector("w5", norm=True).any()
    assert np.isnan(theirs.get_normed_vectors()[5]).all() and not ours.get_normed_vectors()[5].any()
    assert np.isnan(theirs.distances("w1")[5]) and ours.distances("w1")[5] == 1
    assert theirs.similarity("w1", "w5") == 0 == ours.similarity("w1", "w5")
    theirs.unit_normalize_all()
    ours.unit_normalize_all()
    assert np.isnan(theirs["w5"]).all() and not ours["w5"].any()


def test_added_words_are_found():
    ours, theirs = both()
    for kv in (ours, theirs):
        kv.most_similar("w1")
        kv.add_vector("new", 2 * kv["w1"])
    raises(ValueError, lambda: theirs.most_similar("w1"))  # norms of fewer rows
    assert ours.most_similar("w1", topn=1) == [("new", pytest.approx(1))]
    for kv in (ours, theirs):
        kv["w2"] = np.full(DIM, 100, np.float32)
    theirs.norms = None
    theirs.fill_norms()
    theirs["w2"] = np.full(DIM, 1, np.float32)
    ours["w2"] = np.full(DIM, 1, np.float32)
    assert dict(theirs.most_similar(np.ones(DIM, np.float32), topn=SIZE))["w2"] == pytest.approx(0.01, abs=1e-6)
    assert dict(ours.most_similar(np.ones(DIM, np.float32)))["w2"] == pytest.approx(1)


def test_words_given_twice_in_one_call():
    ours, theirs = both()
    for kv in (ours, theirs):
        kv.add_vectors(["x", "x"], np.arange(2 * DIM, dtype=np.float32).reshape(2, DIM))
    assert len(theirs) == SIZE + 2 and theirs.index_to_key[-2:] == ["x", "x"]  # one of them a ghost
    assert len(ours) == SIZE + 1 == len(ours.vectors) and ours["x"].tolist() == list(range(DIM, 2 * DIM))


def test_extras():
    ours, theirs = both()
    extras = {"n": np.array([7])}
    raises(ValueError, lambda: theirs.add_vectors(["x"], np.ones((1, DIM)), extras))
    ours.add_vectors(["x"], np.ones((1, DIM)), extras)
    assert ours.get_vecattr("x", "n") == 7 and ours.get_vecattr("w1", "n") == 0


def test_adding_a_known_word():
    ours, theirs = both()
    assert theirs.add_vector("w1", np.ones(DIM)) == SIZE  # a row that it has not got
    assert ours.add_vector("w1", np.ones(DIM)) == 1 and ours["w1"].tolist() == theirs["w1"].tolist() != [1] * DIM


def test_vectors_that_are_not_finite():
    ours, theirs = both()
    theirs.add_vector("x", np.full(DIM, np.nan))
    assert np.isnan(theirs["x"]).all()
    raises(OptionError, lambda: ours.add_vector("x", np.full(DIM, np.nan)), "that of 'x' holds NaN")


def test_order_of_equal_counts():
    for sizes in (1, 2):
        ours, theirs = both()
        for kv in (ours, theirs):
            for word in WORDS:
                kv.set_vecattr(word, "count", 1)
            for _ in range(sizes):
                kv.sort_by_descending_frequency()
        assert theirs.index_to_key == (WORDS[::-1] if sizes == 1 else WORDS) and list(ours) == WORDS


def test_attributes_are_numbers_or_text():
    ours, theirs = both()
    theirs.set_vecattr("w1", "colour", "red")
    assert theirs.get_vecattr("w1", "colour") == "red"
    ours.set_vecattr("w1", "colour", "red")
    assert ours.get_vecattr("w1", "colour") == "red"
    assert theirs.get_vecattr("w2", "colour") == 0 and ours.get_vecattr("w2", "colour") == ""
    theirs.set_vecattr("w1", "things", [1, 2])
    raises(OptionError, lambda: ours.set_vecattr("w1", "things", [1, 2]), "val must be one number")
    raises(KeyError, lambda: theirs.get_vecattr("w1", "no such"))
    raises(OptionError, lambda: ours.get_vecattr("w1", "no such"), "attribute that has been set")


def test_restrict_vocab_of_cosmul(pair):
    ours, theirs = pair
    assert theirs.most_similar_cosmul("w1", restrict_vocab=5) == theirs.most_similar_cosmul("w1")
    assert {w for w, _ in ours.most_similar_cosmul("w1", restrict_vocab=5)} == {"w0", "w2", "w3", "w4"}


def test_vectors_given_to_cosmul(pair):
    ours, theirs = pair
    vector = 3 * ours["w1"]
    assert max(score for _, score in theirs.most_similar_cosmul([vector])) > 2  # not a similarity
    assert [s for _, s in ours.most_similar_cosmul([vector])][1:] == pytest.approx(
        [s for _, s in ours.most_similar_cosmul(["w1"])][:9]
    )


def test_unknown_words_in_means(pair):
    ours, theirs = pair
    assert theirs.n_similarity(["w1", "x"], ["w2"]) == pytest.approx(theirs.similarity("w1", "w2"))
    raises(UnknownWordError, lambda: ours.n_similarity(["w1", "x"], ["w2"]), "got 'x'")
    raises(ZeroDivisionError, lambda: theirs.n_similarity([], ["w2"]))
    raises(OptionError, lambda: ours.n_similarity([], ["w2"]), "keys must hold")
    assert ours.get_mean_vector(["x"]).tolist() == theirs.get_mean_vector(["x"]).tolist() == [0] * DIM


def test_weights_of_negative_words(pair):
    ours, theirs = pair
    assert theirs.most_similar("w1", [("w2", 2.0)]) == theirs.most_similar(["w1", ("w2", 2.0)])  # added
    same(ours.most_similar("w1", [("w2", 2.0)]), theirs.most_similar("w1", [("w2", -2.0)]))
    same(ours.most_similar("w1", [("w2", -2.0)]), theirs.most_similar("w1", [("w2", -2.0)]))


def test_most_similar_of_nothing(pair):
    ours, theirs = pair
    raises(ValueError, theirs.most_similar)
    raises(OptionError, ours.most_similar, "got neither")


def test_counts_are_not_made_up(tmp_path, pair):
    ours, theirs = both()
    theirs.save_word2vec_format(str(tmp_path / "x"))
    assert Theirs.load_word2vec_format(str(tmp_path / "x")).get_vecattr("w1", "count") >= 1
    back = KeyedVectors.load_word2vec_format(tmp_path / "x")
    raises(OptionError, lambda: back.get_vecattr("w1", "count"), "these have none")
    assert theirs.vectors_for_all(["w1", "w2"]).get_vecattr("w1", "count") == 2  # counted down
    assert ours.vectors_for_all(["w1", "w2"]).vocabulary.counts is None


def test_rows_are_shared_with_nobody():
    ours, theirs = both()
    given = np.ones((1, DIM), np.float32)
    plain = KeyedVectors(["a"], given)
    plain["a"] = np.zeros(DIM)
    assert given.all() and not plain["a"].any()
    raises(ValueError, lambda: ours.vectors.__setitem__(0, 1), "read-only")
    theirs.vectors[0] = 1
    assert theirs["w0"].tolist() == [1] * DIM


def test_invalid_utf8(tmp_path):
    (tmp_path / "x").write_bytes(b"1 1\na\xff 1\n")
    raises(UnicodeDecodeError, lambda: Theirs.load_word2vec_format(str(tmp_path / "x")))
    assert list(KeyedVectors.load_word2vec_format(tmp_path / "x")) == ["a\udcff"]


def test_word_movers_distance_needs_no_other_package(pair):
    ours, theirs = pair
    try:
        import ot
    except ImportError:
        raises(ImportError, lambda: theirs.wmdistance(["w1"], ["w2"]))
    else:
        assert ot
        for seed in range(CALLS):
            ask = Asker(seed)
            texts = ask.words(1, 9) * 2 + ["x"], ask.words(1, 9)
            same(ours.wmdistance(*texts), theirs.wmdistance(*texts))
    assert ours.wmdistance(["w1"], ["w2"]) == pytest.approx(
        float(np.linalg.norm(theirs.get_vector("w1", norm=True) - theirs.get_vector("w2", norm=True))), abs=1e-6
    )
    assert ours.wmdistance(["w1", "w2"], ["w2", "w1"]) == 0


def test_iteration(pair):
    ours, theirs = pair
    assert np.array_equal(next(iter(theirs)), theirs.vectors[0])  # by row numbers
    assert list(ours) == WORDS
