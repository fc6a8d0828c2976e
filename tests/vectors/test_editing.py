"""Vectors that were changed are as vectors newly made; new vectors from old ones leave the old ones as they were."""

import pickle
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wordvec.base.errors import OptionError, UnknownWordError, WordTypeError
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

DIM = 6
WORDS = st.sampled_from(["a", "b", "c", "naïve", "\udcff", "a b", "", *(f"w{i}" for i in range(8))])
VECTORS = st.lists(st.integers(-3, 3), min_size=DIM, max_size=DIM)


def toy(words=("a", "b", "c", "d"), counts=(4, 9, 9, 1), seed=1, **options):
    matrix = np.random.default_rng(seed).standard_normal((len(words), DIM)).astype(np.float32)
    return KeyedVectors(list(words), matrix, counts=counts, metadata={"k": 1}, **options)


class Model:
    """What the vectors must be, kept in lists and dicts."""

    def __init__(self):
        self.rows, self.counts, self.years = {}, {}, {}

    def add(self, key, vector, replace=False):
        if replace or key not in self.rows:
            self.rows[key] = np.array(vector, np.float32)
        self.counts.setdefault(key, 0)
        self.years.setdefault(key, 0)

    def sort(self):
        order = sorted(self.rows, key=lambda key: -self.counts[key])
        self.rows = {key: self.rows[key] for key in order}

    def normalise(self):
        for key, row in self.rows.items():
            length = np.float32(np.sqrt(np.square(row.astype(float)).sum()))
            self.rows[key] = row / length if length else row

    def fresh(self):
        words = list(self.rows)
        matrix = np.array(list(self.rows.values()), np.float32).reshape(len(words), DIM)
        counts = [self.counts[word] for word in words]
        years = np.array([self.years[word] for word in words], np.int64)
        return KeyedVectors(words, matrix, counts=np.array(counts, np.int64), attributes={"year": years})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add_vector"), WORDS, VECTORS),
        st.tuples(st.just("set"), WORDS, VECTORS),
        st.tuples(st.just("add_vectors"), st.lists(st.tuples(WORDS, VECTORS), max_size=5), st.booleans()),
        st.tuples(st.just("count"), WORDS, st.integers(0, 9)),
        st.tuples(st.just("year"), WORDS, st.integers(0, 9)),
        st.sampled_from([("sort",), ("normalise",), ("ask",), ("clone",), ("freeze",)]),
    ),
    max_size=12,
)


class Pair:
    """Vectors and their model, changed alike; and what was held on to, with what it must go on to be."""

    def __init__(self):
        self.kv = KeyedVectors([], np.empty((0, DIM)), counts=[], attributes={"year": np.empty(0, np.int64)})
        self.model, self.held = Model(), []

    def add_vector(self, key, vector):
        row = self.kv.add_vector(key, vector)
        self.model.add(key, vector)
        assert self.kv.index_to_key[row] == key

    def set(self, key, vector):
        self.kv[key] = np.array(vector)
        self.model.add(key, vector, replace=True)

    def add_vectors(self, pairs, replace):
        self.kv.add_vectors([key for key, _ in pairs], [vector for _, vector in pairs], replace=replace)
        known = set(self.model.rows)
        for key, vector in pairs:  # of a new word given twice the last counts
            self.model.add(key, vector, replace=replace or key not in known)

    def count(self, key, value):
        if key in self.kv:
            self.kv.set_vecattr(key, "count", value)
            self.model.counts[key] = value

    def year(self, key, value):
        if key in self.kv:
            self.kv.set_vecattr(key, "year", value)
            self.model.years[key] = value

    def sort(self):
        self.kv.sort_by_descending_frequency()
        self.model.sort()

    def normalise(self):
        self.kv.unit_normalize_all()
        self.model.normalise()

    def ask(self):
        _ = self.kv.norms, self.kv.with_oov("similar")["wx"]

    def clone(self):  # shares the rows: what is changed in one must not show in the other
        self.held.append((self.kv, self.model.fresh()))
        self.kv = self.kv.with_oov("raise")

    def freeze(self):
        self.held.append((self.kv.vectors, self.kv.vectors.copy(), self.kv.vocabulary, list(self.kv)))


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_changes_give_what_a_new_object_gives(steps, tmp_path):
    pair = Pair()
    for name, *arguments in steps:
        getattr(pair, name)(*arguments)
    kv, fresh = pair.kv, pair.model.fresh()
    same(kv, fresh)
    if len(kv):
        kv.save(tmp_path / "kv")
        same(KeyedVectors.load(tmp_path / "kv"), fresh)
        same(pickle.loads(pickle.dumps(kv)), fresh)
    for held in pair.held:
        if len(held) == 2:
            same(*held)
        else:
            view, rows, vocabulary, words = held
            assert np.array_equal(view, rows) and list(vocabulary) == words


def same(kv, fresh):
    assert len(kv) == len(fresh) == len(kv.vectors) == len(kv.index_to_key) == len(kv.vocabulary)
    assert list(kv) == list(fresh) == list(kv.index_to_key) == list(kv.vocabulary)
    assert dict(kv.key_to_index) == dict(fresh.key_to_index)
    assert kv.vectors.tobytes() == fresh.vectors.tobytes() and kv.norms.tobytes() == fresh.norms.tobytes()
    for array in (kv.vectors, kv.norms):
        assert not array.flags.writeable
    if fresh.vocabulary.counts is not None:
        assert kv.vocabulary.counts.tolist() == fresh.vocabulary.counts.tolist()
    assert kv._attributes["year"].tolist() == fresh._attributes["year"].tolist()
    for row, word in enumerate(fresh):
        assert kv.get_index(word) == row and word in kv and kv[word].tolist() == fresh[word].tolist()
        assert kv.get_vecattr(word, "count") == fresh.get_vecattr(word, "count")
        if fresh.norms[row] > 0:
            assert kv.most_similar(word, topn=5) == fresh.most_similar(word, topn=5)
    assert "not there" not in kv and kv.index_to_key[-1:] == fresh.index_to_key[-1:]
    for place in (len(kv), -len(kv) - 1):
        with pytest.raises(IndexError):
            kv.index_to_key[place]


def test_a_million_single_additions_take_few_copies(monkeypatch):
    from wordvec.vectors.append_buffer import AppendBuffer

    copies = []
    grow = AppendBuffer._grow
    monkeypatch.setattr(AppendBuffer, "_grow", lambda self, more: (copies.append(self.size), grow(self, more)))
    kv = KeyedVectors(["a"], np.ones((1, 2)), counts=[1])
    vector = np.ones(2, np.float32)
    for i in range(20_000):
        kv.add_vector(f"w{i}", vector)
    assert len(kv) == 20_001 and sum(copies) < 8 * 20_000  # rows and counts
    assert kv.get_index("w19999") == 20_000


def test_what_was_given_is_not_changed():
    matrix = np.ones((2, 3), np.float32)
    before = matrix.copy()
    kv = KeyedVectors(["a", "b"], matrix)
    kv["a"] = np.array([5, 6, 7])
    kv.unit_normalize_all()
    assert np.array_equal(matrix, before) and kv["a"].tolist() != [1, 1, 1]


def test_replaced_vectors_are_found_at_once():
    kv = toy()
    assert kv.most_similar("a", topn=1)
    kv["d"] = kv["a"] * 2
    assert kv.most_similar("a", topn=1)[0] == ("d", pytest.approx(1))
    kv[["b", "new"]] = np.stack([kv["a"], -kv["a"]])
    assert kv.similarity("b", "a") == pytest.approx(1) and kv.similarity("new", "a") == pytest.approx(-1)


def test_words_given_twice_leave_no_ghost_row():
    kv = toy()
    kv.add_vectors(["x", "y", "x"], np.arange(3 * DIM).reshape(3, DIM))
    assert list(kv) == ["a", "b", "c", "d", "x", "y"] and len(kv.vectors) == 6
    assert kv["x"].tolist() == list(range(2 * DIM, 3 * DIM))


def test_extras():
    kv = toy()
    kv.add_vectors(["x", "a"], np.ones((2, DIM)), extras={"count": np.array([7, 8]), "odd": np.array([True, True])})
    assert kv.get_vecattr("x", "count") == 7 and kv.get_vecattr("a", "count") == 4
    assert kv.get_vecattr("x", "odd") is True and kv.get_vecattr("a", "odd") is False
    kv.add_vectors(["a"], np.ones((1, DIM)), extras={"count": np.array([8])}, replace=True)
    assert kv.get_vecattr("a", "count") == 8
    kv.add_vectors("single", np.ones(DIM), extras={"count": 3})
    assert kv.get_vecattr("single", "count") == 3 and kv.get_vecattr("single", "odd") is False


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda kv: kv.add_vector("x", [1, 2]), "6 numbers for each of 1 keys; got int64 of shape"),
        (lambda kv: kv.add_vector("x", "abcdef"), "6 numbers for each"),
        (lambda kv: kv.add_vectors(["x"], np.ones((2, DIM))), "6 numbers for each of 1 keys"),
        (lambda kv: kv.add_vectors(["x", "y"], [[1], [1, 2]]), "6 numbers for each of 2 keys"),
        (lambda kv: kv.add_vector("x", [np.nan] * DIM), "that of 'x' holds NaN"),
        (lambda kv: kv.add_vector("x", np.full(DIM, np.inf, np.float32)), "that of 'x' holds NaN"),
        (
            lambda kv: kv.add_vectors(["y", "x"], [[0.0] * DIM, [1e300] * DIM]),
            "that of 'x' holds NaN or a number beyond",
        ),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"n": np.ones(3)}), "one value for each of 1 keys"),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"n": np.array([b"a"])}), "'n' must be numbers"),
        (lambda kv: kv.add_vectors(["x"], np.ones((1, DIM)), extras={"count": np.array([1.5])}), "must hold int64"),
        (lambda kv: kv.add_vector("\ud800", np.ones(DIM)), "half of a surrogate pair"),
        (lambda kv: kv.set_vecattr("a", "count", "red"), "'count' must hold int64, as it does; got text"),
        (lambda kv: kv.set_vecattr("a", "colour", b"red"), "must hold numbers, booleans or text"),
        (lambda kv: kv.set_vecattr("a", "n", [1, 2]), "val must be one number"),
        (lambda kv: kv.set_vecattr("a", "count", 1.5), "'count' must hold int64"),
        (lambda kv: kv.get_vecattr("a", "colour"), "attribute that has been set"),
    ],
)
def test_changes_that_are_refused_change_nothing(change, problem):
    kv = toy()
    before = kv.vectors.copy()
    with pytest.raises(OptionError, match=problem):
        change(kv)
    assert list(kv) == ["a", "b", "c", "d"] and np.array_equal(kv.vectors, before)
    assert kv.vocabulary.counts.tolist() == [4, 9, 9, 1]


@pytest.mark.parametrize("key", [3, None, b"w", np.int64(2), 2.5])
def test_keys_are_words(key):
    for kv in (toy(), KeyedVectors([], np.empty((0, DIM)))):
        for change in (
            lambda: kv.add_vector(key, np.ones(DIM, np.float32)),  # noqa: B023
            lambda: kv.add_vectors([key], np.ones((1, DIM))),  # noqa: B023
            lambda: kv.__setitem__([key], np.ones((1, DIM))),  # noqa: B023
            lambda: kv.set_vecattr(key, "n", 1),  # noqa: B023
            lambda: kv.subset([key]),  # noqa: B023
        ):
            with pytest.raises(WordTypeError):
                change()
        assert kv.most_similar_batch([]) == [] and len(kv) in (0, 4)


def test_numpy_strings_are_words():
    kv = toy()
    kv.add_vector(np.str_("x"), np.ones(DIM))
    kv.add_vectors(np.array(["y", "z"]), np.ones((2, DIM)))
    assert list(kv)[4:] == ["x", "y", "z"] and np.str_("y") in kv and kv[np.str_("x")].tolist() == [1] * DIM


def test_sorting():
    kv = toy()
    kv.set_vecattr("d", "n", 5)
    context = np.arange(4 * DIM, dtype=np.float32).reshape(4, DIM)
    kv._context = context
    rows = {word: kv[word].tolist() for word in kv}
    kv.sort_by_descending_frequency()
    assert list(kv) == ["b", "c", "a", "d"] and kv.vocabulary.counts.tolist() == [9, 9, 4, 1]
    assert {word: kv[word].tolist() for word in kv} == rows and kv.get_vecattr("d", "n") == 5
    assert kv.context.tolist() == context[[1, 2, 0, 3]].tolist()
    with pytest.raises(OptionError, match="these have none"):
        KeyedVectors(["a"], [[1]]).sort_by_descending_frequency()


def test_attributes_without_a_copy_of_the_rows():
    kv = toy()
    before = kv._vectors
    kv.set_vecattr("b", "weight", np.float32(0.5))
    kv.allocate_vecattrs(["flag", "weight"], [bool, np.float32])
    kv.allocate_vecattrs()
    assert kv._vectors is before and kv.get_vecattr("b", "weight") == 0.5 and kv.get_vecattr("a", "flag") is False
    assert kv._attributes["weight"].dtype == np.float32 and kv._attributes["flag"].tolist() == [False] * 4
    with pytest.raises(OptionError, match="'flag' must hold bool"):
        kv.set_vecattr("a", "flag", 2)
    plain = KeyedVectors(["a", "b"], [[1], [2]])
    plain.set_vecattr("b", "count", 7)
    assert plain.vocabulary.counts.tolist() == [0, 7]


def test_mapped_vectors_are_read_only_until_copied(tmp_path):
    toy().save(tmp_path / "x")
    mapped = KeyedVectors.load(tmp_path / "x")
    for change in (
        lambda kv: kv.add_vector("x", np.ones(DIM)),
        lambda kv: kv.add_vectors(["x"], np.ones((1, DIM))),
        lambda kv: kv.__setitem__("a", np.ones(DIM)),
        lambda kv: kv.set_vecattr("a", "n", 1),
        lambda kv: kv.allocate_vecattrs(["n"], [int]),
        lambda kv: kv.sort_by_descending_frequency(),
        lambda kv: kv.unit_normalize_all(),
    ):
        with pytest.raises(OptionError, match=r"mapped from .*x: change a copy, vectors.to_memory\(\)"):
            change(mapped)
        for copy in (mapped.to_memory(), mapped.copy(), KeyedVectors.load(tmp_path / "x", mmap=False)):
            change(copy)
    copy = mapped.copy()
    (tmp_path / "x").unlink()
    copy.add_vector("x", np.ones(DIM))
    assert list(mapped) == ["a", "b", "c", "d"] and "x" in copy and copy.metadata == {"k": 1}
    with pytest.raises(OptionError, match="must come from a native file"):
        copy.verify()


def test_compressed_vectors_are_changed_as_copies():
    small = toy().compress("int8")
    with pytest.raises(OptionError, match=r"these are int8: change a copy, vectors.to_memory\(\)"):
        small.add_vector("x", np.ones(DIM))
    copy = small.to_memory()
    copy.add_vector("x", np.ones(DIM))
    assert np.array_equal(copy["a"], small["a"]) and isinstance(copy.vectors, np.ndarray)
    part = small.subset(["c"])
    assert np.array_equal(part["c"], small["c"]) and small.drop(["a"])["b"].tolist() == small["b"].tolist()
    changed = toy()
    changed.add_vector("x", np.ones(DIM))
    cut = changed.truncate(2)
    changed["x"] = np.zeros(DIM)
    changed.add_vector("y", np.ones(DIM))
    assert cut["x"].tolist() == [1, 1] and len(cut) == 5 and changed["x"].tolist() == [0] * DIM


def test_no_op_names():
    kv = toy()
    kv.resize_vectors(seed=3)
    norms = kv.norms.tolist()
    kv.fill_norms()
    kv.fill_norms(force=True)
    assert kv.norms.tolist() == norms and len(kv) == 4


# New vectors


def test_subset_drop_and_limit():
    kv = toy(context=np.ones((4, DIM)) * np.arange(4)[:, None])
    kv.set_vecattr("c", "n", 3)
    part = kv.subset(["c", "a"])
    assert list(part) == ["c", "a"] and part.vocabulary.counts.tolist() == [9, 4]
    assert part["c"].tolist() == kv["c"].tolist() and part.get_vecattr("c", "n") == 3
    assert part.context.tolist() == [[2] * DIM, [0] * DIM] and part.metadata == {"k": 1}
    assert list(kv.subset(rows=[3, 0])) == ["d", "a"] == list(kv.subset(rows=np.array([3, 0], np.uint8)))
    assert list(kv.subset(rows=slice(1, 3))) == ["b", "c"] and list(kv.subset(rows=[False, True, True, False])) == [
        "b",
        "c",
    ]
    assert list(kv.drop(["b", "d"])) == ["a", "c"] and list(kv.limit(2)) == ["a", "b"] and len(kv.limit(9)) == 4
    assert list(kv) == ["a", "b", "c", "d"] and len(kv.subset([])) == 0 == len(kv.limit(0))
    with pytest.warns(UserWarning, match="context is left out: its 2 rows are not those of the 4 words") as caught:
        assert toy(context=np.ones((2, DIM))).subset(["a"]).context is None
    assert caught[0].filename == __file__
    for ask, problem in (
        (lambda: kv.subset("ab"), "put it in a list"),
        (lambda: kv.drop("ab"), "put it in a list"),
        (lambda: kv.subset(["a", "a"]), "must be distinct; 'a'"),
        (lambda: kv.subset(rows=[1, -1]), "rows must be from 0 to 3; got -1"),
        (lambda: kv.subset(rows=[4]), "rows must be from 0 to 3"),
        (lambda: kv.subset(rows=[0.5]), "row numbers or 4 booleans"),
        (lambda: kv.subset(rows=[True]), "row numbers or 4 booleans"),
        (lambda: kv.subset(), "either words or rows"),
        (lambda: kv.subset(["a"], rows=[0]), "either words or rows"),
        (lambda: kv.limit(-1), "size must be"),
    ):
        with pytest.raises(OptionError, match=problem):
            ask()
    for ask in (lambda: kv.subset(["x"]), lambda: kv.drop(["x"]), lambda: kv.rename({"x": "y"})):
        with pytest.raises(UnknownWordError):
            ask()


def test_rename():
    kv = toy()
    new = kv.rename({"a": "b", "b": "a", "d": "naïve"})
    assert list(new) == ["b", "a", "c", "naïve"] and new["b"].tolist() == kv["a"].tolist()
    assert new.vocabulary.counts.tolist() == [4, 9, 9, 1] and list(kv) == ["a", "b", "c", "d"]
    with pytest.raises(OptionError, match="must be distinct; 'b'"):
        kv.rename({"a": "b"})


def test_dedupe(tmp_path):
    rng = np.random.default_rng(1)
    unique = rng.standard_normal((40, DIM)).astype(np.float32)
    rows = np.concatenate([np.arange(40), rng.integers(0, 40, 60)])[rng.permutation(100)]
    kv = KeyedVectors([f"w{i}" for i in range(100)], unique[rows], counts=range(100, 0, -1))
    kv.set_vecattr("w50", "n", 50)
    small = kv.dedupe()
    assert small.vectors.shape == (40, DIM) and len(small) == 100 and small.rows[:40].tolist() == list(range(40))
    owners = list(small)[:40]
    assert owners == sorted(owners, key=kv.get_index) and list(small)[40:] == [w for w in kv if w not in owners]
    small.save(tmp_path / "x")
    for vectors in (
        small,
        KeyedVectors.load(tmp_path / "x"),
        small.to_memory(),
        small.dedupe(),
        small.with_oov("zero"),
    ):
        assert len(vectors.vectors) == 40
        for word in kv:
            assert vectors[word].tolist() == kv[word].tolist()
            assert vectors.get_vecattr(word, "count") == kv.get_vecattr(word, "count")
        assert vectors.get_vecattr("w50", "n") == 50 and vectors.get_vecattr("w51", "n") == 0
        found = vectors.most_similar("w99", topn=200)
        assert {w for w, _ in found} == set(owners) - {owners[small.key_to_index["w99"]]}
        own = vectors.subset(["w99", "w3"])
        assert own.rows is None and own["w99"].tolist() == kv["w99"].tolist()
    assert kv.limit(1).dedupe().rows is None
    # A change gives every word a row of its own: the words that shared one do not follow.
    first, second = next((a, b) for a in owners for b in list(small)[40:] if small[a].tolist() == small[b].tolist())
    changed = small.to_memory()
    changed[second] = np.zeros(DIM)
    assert changed.rows is None and changed[first].tolist() == kv[first].tolist() and not changed[second].any()
    assert len(changed.vectors) == 100 == len(changed.norms)
    sorted_again = small.to_memory()
    sorted_again.sort_by_descending_frequency()
    assert list(sorted_again) == list(kv) and np.array_equal(sorted_again.vectors, kv.vectors)
    zero = KeyedVectors(["a", "b"], [[0.0], [-0.0]])
    assert len(zero.dedupe().vectors) == 2  # not the same bits


def test_dedupe_believes_bytes_not_hashes(monkeypatch):
    kv = KeyedVectors(list("abc"), [[1, 2], [2, 1], [1, 2]])
    monkeypatch.setattr("wordvec.vectors.editing._row_hashes", lambda bits: np.zeros(len(bits), np.uint64))
    assert kv._owners().tolist() == [0, 1, 0]


def test_merge():
    first = KeyedVectors(["a", "b"], [[1, 2], [3, 4]], counts=[5, 1], attributes={"n": np.array([1, 2])})
    second = KeyedVectors(["c", "b"], [[5, 6], [7, 8]], counts=[3, 2], attributes={"n": np.array([3, 4])})
    third = KeyedVectors(["b"], [[0, 0]], counts=[10])
    for conflict, b, n in (("first", [3, 4], 2), ("last", [0, 0], 4), ("mean", [10 / 3, 4], 2)):
        merged = first.merge(second, third, on_conflict=conflict)
        assert list(merged) == ["a", "b", "c"] and merged["b"].tolist() == pytest.approx(b, abs=1e-6)
        assert merged["a"].tolist() == [1, 2] and merged["c"].tolist() == [5, 6]
        assert merged.vocabulary.counts.tolist() == [5, 13, 3]
        assert [merged.get_vecattr(w, "n") for w in "abc"] == [1, n, 3]
    with pytest.raises(OptionError, match="no word in common with on_conflict='error'; 'b' is"):
        first.merge(second, on_conflict="error")
    assert list(first.merge(KeyedVectors(["c"], [[9, 9]]), on_conflict="error")) == ["a", "b", "c"]
    known = first.merge(second, on_conflict="last", add=False)  # gensim's intersect_word2vec_format
    assert list(known) == ["a", "b"] and known["b"].tolist() == [7, 8] and known["a"].tolist() == [1, 2]
    assert first.merge(KeyedVectors(["x"], [[1, 1]])).vocabulary.counts is None and list(first.merge()) == ["a", "b"]
    with pytest.raises(OptionError, match="2 numbers to be merged; got some of 1"):
        first.merge(KeyedVectors(["x"], [[1]]))
    with pytest.raises(OptionError, match="on_conflict must be one of first, last, mean, error; got 'max'"):
        first.merge(second, on_conflict="max")


def test_merging_many_words_is_as_a_dict():
    rng = np.random.default_rng(2)
    parts = []
    for seed in range(4):
        words = [f"w{i}" for i in rng.choice(500, 200, replace=False)]
        parts.append(toy(words, None, seed))
    expected = {}
    for part in parts[::-1]:
        expected |= {word: part[word].tolist() for word in part}
    merged = parts[0].merge(*parts[1:])
    assert {word: merged[word].tolist() for word in merged} == expected
    assert list(merged) == list(dict.fromkeys(word for part in parts for word in part))


def test_vectors_for_all():
    kv = toy().with_oov(lambda word: np.ones(DIM) if word.startswith("x") else None)
    kv.set_vecattr("b", "n", 2)
    new = kv.vectors_for_all(["b", "x1", "nothing", "a", "b", "x1"], copy_vecattrs=True)
    assert list(new) == ["b", "x1", "a"] and new["x1"].tolist() == [1] * DIM and new["b"].tolist() == kv["b"].tolist()
    assert new.vocabulary.counts.tolist() == [9, 0, 4] and [new.get_vecattr(w, "n") for w in new] == [2, 0, 0]
    plain = kv.vectors_for_all(w for w in ["b", "x1"])
    assert list(plain) == ["b", "x1"] and plain.vocabulary.counts is None and plain.oov == "raise"
    assert list(kv.vectors_for_all(["b", "x1"], allow_inference=False)) == ["b"]
    assert len(kv.vectors_for_all([])) == 0
    with pytest.raises(OptionError, match="put it in a list"):
        kv.vectors_for_all("ab")


def test_a_vocabulary_that_was_given_away_stays_as_it_is():
    kv = toy()
    kv.add_vector("x", np.ones(DIM))
    words = kv.vocabulary
    other = KeyedVectors(kv.vocabulary, kv.vectors)
    kv.add_vector("y", np.ones(DIM))
    kv.set_vecattr("x", "count", 5)
    assert list(words) == [*"abcdx"] == list(other) and words.counts.tolist() == [4, 9, 9, 1, 0]
    assert isinstance(words, Vocabulary) and kv.vocabulary.counts.tolist() == [4, 9, 9, 1, 5, 0]
    assert kv.compress("float16").index_to_key == [*"abcdxy"] and kv._vocabulary.rows_of(
        words.data, words.offsets
    ).tolist() == [0, 1, 2, 3, 4]
    assert pickle.loads(pickle.dumps(kv.vocabulary)) == kv.vocabulary == kv._vocabulary


# word2vec files


def test_word2vec_files_by_gensims_signature(tmp_path):
    path, counts = tmp_path / "x.txt", tmp_path / "counts"
    kv = KeyedVectors(["a", "b", "c"], [[1, 2], [3, 4], [5, 6]], counts=[1, 9, 9])
    kv.save_word2vec_format(path, fvocab=counts, prefix="p_")
    assert path.read_text() == "3 2\np_b 3.0 4.0\np_c 5.0 6.0\np_a 1.0 2.0\n"
    assert counts.read_text() == "p_b 9\np_c 9\np_a 1\n"
    back = KeyedVectors.load_word2vec_format(path, fvocab=counts, binary=False, no_header=False)
    assert list(back) == ["p_b", "p_c", "p_a"] and back.vocabulary.counts.tolist() == [9, 9, 1]
    kv.set_vecattr("c", "n", 4)
    with pytest.warns(UserWarning, match="^attributes and counts are left out, as word2vec-binary has no place"):
        kv.save_word2vec_format(path, binary=True, sort_attr="n")
    assert list(KeyedVectors.load_word2vec_format(path, binary=True)) == ["c", "a", "b"]
    kv.without("attributes").save_word2vec_format(path, total_vec=3, sort_attr="no such")
    assert list(KeyedVectors.load_word2vec_format(path)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"append": True}, "append must be left out"),
        ({"total_vec": 7}, "total_vec must be the number of words, 2"),
        ({"binary": True, "write_header": False}, "write_header must be true where binary is"),
        ({"fvocab": "counts"}, "counts must be known"),
    ],
)
def test_word2vec_options_that_are_refused(options, problem, in_folder):
    with pytest.raises(OptionError, match=problem):
        KeyedVectors(["a", "b"], [[1], [2]]).save_word2vec_format("x.txt", **options)


def test_text_without_a_header_is_what_glove_writes(tmp_path):
    KeyedVectors(["a", "b"], [[1, 0.5], [2, 1]]).save_word2vec_format(tmp_path / "x", write_header=False)
    assert (tmp_path / "x").read_text().split() == "a 1.0 0.5 b 2.0 1.0".split()


def test_other_encodings(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes("2 1\nnaïve 1\nb 2\n".encode("latin-1"))
    load = KeyedVectors.load_word2vec_format
    assert list(load(path)) == ["na\udcefve", "b"] and list(load(path, encoding="latin-1")) == ["naïve", "b"]
    assert list(load(path, unicode_errors="ignore")) == ["nave", "b"]
    path.write_bytes(b"3 1\na\xff 1\na\xfe 2\nb 3\n")
    same = load(path, unicode_errors="replace")  # of words that become the same the first is kept
    assert list(same) == ["a\ufffd", "b"] and same["b"].tolist() == [3] and same["a\ufffd"].tolist() == [1]
    for options, problem in (
        ({"encoding": "nothing"}, "one that Python knows"),
        ({"unicode_errors": "loud"}, "strict, ignore or replace"),
        ({"datatype": np.float16}, "datatype must be float32"),
    ):
        with pytest.raises(OptionError, match=problem):
            load(path, **options)


def test_counts_of_a_file(tmp_path):
    from wordvec.base.errors import FormatError

    path, counts = tmp_path / "x.txt", tmp_path / "counts"
    path.write_text("2 1\na 1\nb 2\n")
    counts.write_text("b 7\nother 3\na 9\n")
    kv = KeyedVectors.load_word2vec_format(path, counts)
    assert kv.vocabulary.counts.tolist() == [9, 7]
    for text, problem in (("b 7\n", "'a' has none"), ("b\n", "line 1"), ("b x\n", "line 1"), ("b -1\n", "line 1")):
        counts.write_text(text)
        with pytest.raises(FormatError, match=problem):
            KeyedVectors.load_word2vec_format(path, counts)


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kv = KeyedVectors([], np.empty((0, 3)))
        kv.add_vector("a", np.array([1e30, 1e30, 0], np.float32))  # its square is beyond float32
        kv.add_vector("b", np.zeros(3))
        kv.unit_normalize_all()
        assert kv["b"].tolist() == [0, 0, 0] and kv["a"].tolist() == pytest.approx([0.5**0.5, 0.5**0.5, 0])
