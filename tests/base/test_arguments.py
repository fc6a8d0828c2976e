"""What is no word, no list of words and no number, given wherever one of them is expected: errors of ours alone."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, Vocabulary, align, interop
from wordvec.base.errors import OptionError, UnknownWordError, WordTypeError, WordvecError
from wordvec.rows import Shared
from wordvec.texts import TextEncoder, Topics
from wordvec.transforms import Center, SIFScale, Transforms

WORDS = [f"w{i}" for i in range(20)]
ROWS = np.random.default_rng(0).standard_normal((20, 4)).astype(np.float32)
ODD = {
    "str": "w1",
    "two words": "w1 w2",
    "no letter": "",
    "bytes": b"w1",
    "None": None,
    "int": 3,
    "float": 1.5,
    "NaN": float("nan"),
    "bool": True,
    "set": {"w1", "w2"},
    "dict": {"w1": 1, "w2": 2},
    "generator": "w1 w2".split,
    "lists": [["w1", "w2"], ["w3"]],
    "array": np.array(["w1", "w2"]),
    "objects": np.array(["w1", None], object),
    "table": np.array([["w1", "w2"], ["w3", "w4"]]),
    "scalar": np.array("w1"),
    "None in a list": ["w1", None],
    "int in a list": ["w1", 3],
    "bytes in a list": [b"w1", "w2"],
    "NaN in a list": ["w1", float("nan")],
    "tuple": ("w1", "w2"),
    "empty": [],
    "empty word": ["w1", ""],
    "object": object(),
    "vector": ROWS[0],
    "matrix": ROWS[:2],
    "ragged": [[1, 2], [3]],
    "complex": np.ones(4, complex),
    "surrogate": "\ud800",
    "tuples": (("w1", "w2"),),
    "slice": slice(0, 2),
    "pair": [("w1", 2)],
    "pair with NaN": [("w1", np.nan)],
    "three": [("w1", 2, 3)],
    "not numbers": np.full(4, np.nan),
    "huge": np.full(4, 1e300),
    "dicts": [{}],
    "rows": [1, 2],
    "long": 10**30,
    "negative": -1,
    "vectors": KeyedVectors(["w1"], [[1, 2, 3, 4]]),
}
ONE = (
    "most_similar",
    "most_similar_cosmul",
    "most_similar_batch",
    "similar_by_word",
    "similar_by_key",
    "subset",
    "drop",
    "similar_by_vector",
    "get_mean_vector",
    "can_embed",
    "coverage",
    "get_vector",
    "get_index",
    "has_index_for",
    "distances",
    "rank_by_centrality",
    "doesnt_match",
    "vectors_for_all",
    "__getitem__",
    "with_oov",
    "merge",
    "rename",
    "limit",
    "without",
    "compress",
    "truncate",
    "prune",
    "transformed",
    "__contains__",
)
TWO = {
    **dict.fromkeys(("similarity", "distance", "closer_than", "rank", "relative_cosine_similarity"), ("w5", "w5")),
    **dict.fromkeys(("n_similarity", "wmdistance"), (["w1", "w5"], ["w1", "w5"])),
    "most_similar_to_given": ("w5", ["w1", "w5"]),
}
OPTIONS = ("negative", "within", "exclude", "topn", "clip_start", "clip_end", "restrict_vocab", "indexer")
PARTS = ("counts", "metadata", "context", "attributes", "oov")
CALLS = {name: lambda kv, odd, name=name: getattr(kv, name)(odd) for name in ONE}
CALLS |= {f"{name}, first": lambda kv, odd, name=name: getattr(kv, name)(odd, TWO[name][1]) for name in TWO}
CALLS |= {f"{name}, second": lambda kv, odd, name=name: getattr(kv, name)(TWO[name][0], odd) for name in TWO}
CALLS |= {f"most_similar, {name}": lambda kv, odd, name=name: kv.most_similar("w0", **{name: odd}) for name in OPTIONS}
CALLS |= {f"{part} given": lambda kv, odd, part=part: KeyedVectors(["a"], [[1]], **{part: odd}) for part in PARTS}
CALLS |= {
    "rows given": lambda kv, odd: KeyedVectors(["a"], Shared([[1]], odd)),
    "rows that are shared": lambda kv, odd: KeyedVectors(["a"], Shared(odd, [0])),
    "a query of several": lambda kv, odd: kv.most_similar_batch([odd]),
    "weights": lambda kv, odd: kv.get_mean_vector(["w1", "w2"], odd),
    "cosine_similarities, first": lambda kv, odd: kv.cosine_similarities(odd, ROWS),
    "cosine_similarities, second": lambda kv, odd: kv.cosine_similarities(ROWS[0], odd),
    "rows of subset": lambda kv, odd: kv.subset(rows=odd),
    "add_vector, key": lambda kv, odd: kv.add_vector(odd, ROWS[0]),
    "add_vector, vector": lambda kv, odd: kv.add_vector("n", odd),
    "add_vectors, keys": lambda kv, odd: kv.add_vectors(odd, ROWS[:2]),
    "add_vectors, weights": lambda kv, odd: kv.add_vectors(["n", "m"], odd),
    "add_vectors, extras": lambda kv, odd: kv.add_vectors(["n", "m"], ROWS[:2], odd),
    "add_vectors, extra": lambda kv, odd: kv.add_vectors(["n", "m"], ROWS[:2], {"x": odd}),
    "assignment, key": lambda kv, odd: kv.__setitem__(odd, ROWS[:1]),
    "assignment, vector": lambda kv, odd: kv.__setitem__("w1", odd),
    "words of KeyedVectors": lambda kv, odd: KeyedVectors(odd, ROWS[:2]),
    "vectors of KeyedVectors": lambda kv, odd: KeyedVectors(["a", "b"], odd),
    "words of Vocabulary": lambda kv, odd: Vocabulary.from_words(odd),
    "counts of Vocabulary": lambda kv, odd: Vocabulary.from_words(["a", "b"], odd),
    "ids": lambda kv, odd: kv.vocabulary.ids(odd),
    "take": lambda kv, odd: kv.vocabulary.take(odd),
    "key_to_index": lambda kv, odd: kv.key_to_index[odd],
    "Concatenated": lambda kv, odd: wordvec.Concatenated(odd),
    "what a policy gives": lambda kv, odd: kv.with_oov(lambda word: odd)["unknown"],
    "anchors": lambda kv, odd: align.relative(kv, odd),
    "texts": lambda kv, odd: TextEncoder(kv, workers=1).encode(odd),
    "a text": lambda kv, odd: TextEncoder(kv, workers=1).encode(["w1", odd]),
    "map, applied": lambda kv, odd: align.Orthogonal().fit(ROWS, ROWS).transform(odd),
    "map, back": lambda kv, odd: align.Orthogonal().fit(ROWS, ROWS).inverse(odd),
    "map, other side": lambda kv, odd: align.Orthogonal().fit(ROWS, ROWS).transform_target(odd),
    "transforms": lambda kv, odd: Transforms.fit([Center()], ROWS).apply(odd),
    "transforms, fitted": lambda kv, odd: Transforms.fit([Center()], odd),
    "transforms, counts": lambda kv, odd: Transforms.fit([SIFScale()], ROWS, odd),
    "lexicon": lambda kv, odd: align.fit_map(kv, kv, odd),
    "graph": lambda kv, odd: align.retrofit(kv, odd),
    "translate": lambda kv, odd: align.Aligned(kv, kv).translate(odd),
    "induce": lambda kv, odd: align.induce(kv, kv, odd),
    "pairs of words": lambda kv, odd: align.Orthogonal().fit(odd, ROWS[:2]),
    "weights of pairs": lambda kv, odd: align.Linear().fit(ROWS, ROWS, odd),
    "attribute, name": lambda kv, odd: kv.get_vecattr("w1", odd),
    "attribute, set": lambda kv, odd: kv.set_vecattr("w1", odd, 1),
    "attribute, value": lambda kv, odd: kv.set_vecattr("w1", "x", odd),
    "path of load": lambda kv, odd: wordvec.load(odd),
    "path of save": lambda kv, odd: kv.save(odd) if not isinstance(odd, str) or "w1" not in odd else None,
    "counts of a cipher": lambda kv, odd: wordvec.Cipher(odd),
    "callbacks": lambda kv, odd: wordvec.SkipGram(**TINY).fit([["a", "b"]], callbacks=odd),
    "cache": lambda kv, odd: (
        wordvec.encode_corpus([["a"]], min_count=1, cache=odd) if not isinstance(odd, str) else None
    ),
    "rescore": lambda kv, odd: kv.compress("bits", rescore=odd),
    "weights of sources": lambda kv, odd: align.meta.concat([kv, kv], weights=odd),
    "min_score": lambda kv, odd: kv.most_similar("w1", min_score=odd),
    "tokenizer": lambda kv, odd: TextEncoder(kv, tokenizer=odd, workers=1).encode(["w1"]),
    "tokens": lambda kv, odd: interop.token_rows(kv, odd),
    "vectors of tokens": lambda kv, odd: interop.token_rows(odd, ["w1"]),
    "format": lambda kv, odd: wordvec.formats.save(kv, "x.vec", format=odd) if odd is not None else None,
}
LOADING = ("words", "format", "duplicates", "limit", "min_count", "mmap")
CALLS |= {f"load, {name}": lambda kv, odd, name=name: wordvec.load("nothing.vec", **{name: odd}) for name in LOADING}
TINY = {"vector_size": 2, "min_count": 1, "sample": 0, "epochs": 1, "workers": 1}


def fresh():
    return KeyedVectors(WORDS, ROWS, counts=range(20, 0, -1))


@pytest.mark.parametrize("name", CALLS)
def test_whatever_is_given_there_is_an_answer_or_an_error_of_ours(in_folder, name):
    for what, odd in ODD.items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "(left out|context|.* pairs are fewer)", UserWarning)  # not numpy's
            try:
                CALLS[name](fresh(), iter(odd()) if what == "generator" else odd)
            except WordvecError:
                pass
            except FileNotFoundError as error:  # a str is a path where pairs are asked for
                assert isinstance(odd, (str, bytes)) or name.startswith("load,"), (what, error)
            except Exception as error:
                raise AssertionError(f"{name} of {what}: {error!r}") from error


LISTS = {
    "n_similarity": lambda kv, some: kv.n_similarity(some, ["w2"]),
    "n_similarity, second": lambda kv, some: kv.n_similarity(["w2"], some),
    "wmdistance": lambda kv, some: kv.wmdistance(some, ["w2"]),
    "wmdistance, second": lambda kv, some: kv.wmdistance(["w2"], some),
    "doesnt_match": lambda kv, some: kv.doesnt_match(some),
    "rank_by_centrality": lambda kv, some: kv.rank_by_centrality(some),
    "most_similar_to_given": lambda kv, some: kv.most_similar_to_given("w5", some),
    "distances": lambda kv, some: kv.distances("w5", some).tolist(),
    "coverage": lambda kv, some: kv.coverage(some),
    "subset": lambda kv, some: list(kv.subset(some)),
    "drop": lambda kv, some: list(kv.drop(some)),
    "vectors_for_all": lambda kv, some: list(kv.vectors_for_all(some)),
    "within": lambda kv, some: kv.most_similar("w5", within=some),
    "exclude": lambda kv, some: kv.most_similar("w5", exclude=some),
    "prune": lambda kv, some: list(kv.prune(some)),
    "anchors": lambda kv, some: align.relative(kv, some)["w5"].tolist(),
    "Vocabulary": lambda kv, some: list(Vocabulary.from_words(some)),
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_words_are_any_iterables_of_str_and_never_one_str(name):
    ask, expected = LISTS[name], LISTS[name](fresh(), ["w1", "w3"])
    for some in (("w1", "w3"), np.array(["w1", "w3"]), np.array(["w1", "w3"], object), (w for w in ("w1", "w3"))):
        assert ask(fresh(), some) == expected
    for one in ("w1", "w1 w3", b"w1", np.array("w1"), 1.5, *([] if name in ("within", "exclude") else [None])):
        with pytest.raises(OptionError):
            ask(fresh(), one)
    for wrong in (["w1", None], [["w1", "w3"]], ["w1", 1.5], [("w1",)]):
        with pytest.raises((WordTypeError, OptionError)):
            ask(fresh(), wrong)


def test_one_str_for_a_list_is_told_how_to_become_one():
    kv = fresh()
    with pytest.raises(OptionError, match="ws1 must be a list of words; got the one word 'w1': put it in a list"):
        kv.n_similarity("w1", ["w2"])
    with pytest.raises(OptionError, match="document2 must be a list of words; got the str 'w1 w2': split it"):
        kv.wmdistance(["w1"], "w1 w2")
    with pytest.raises(OptionError, match="words must be a list of words; got the str 'w1 w2 w3': split it"):
        kv.doesnt_match("w1 w2 w3")
    with pytest.raises(UnknownWordError, match="'w1 w2'"):  # one word, as it says
        kv.most_similar(positive="w1 w2")
    with pytest.raises(WordTypeError, match=r"number 0 is \['w1', 'w2'\] of type list: flatten it"):
        kv.doesnt_match([["w1", "w2"]])
    with pytest.raises(OptionError, match="a dict, of which only the keys would be taken"):
        kv.wmdistance({"w1": 3}, ["w2"])


def test_sets_of_words_give_what_does_not_depend_on_their_order():
    kv, some = fresh(), {"w9", "w3", "w12", "w1"}
    assert list(kv.subset(some)) == ["w1", "w3", "w9", "w12"] and list(kv.vectors_for_all(some)) == sorted(some)
    assert kv.n_similarity(some, ["w2"]) == kv.n_similarity(sorted(some), ["w2"])
    assert kv.doesnt_match(some) == kv.doesnt_match(sorted(some))
    for make in (lambda: KeyedVectors(some, ROWS[:4]), lambda: kv.add_vectors(some, ROWS[:4])):
        with pytest.raises(OptionError, match="got a set, which has none: give a list"):
            make()


def test_rows_are_asked_for_by_whole_numbers():
    words = fresh().index_to_key
    assert words[np.int64(3)] == words[3] == "w3"
    for row in ("w3", 1.5, None, [1, 2]):
        with pytest.raises(WordTypeError, match="a row must be a whole number"):
            words[row]
    with pytest.raises(WordTypeError, match=r"the row of a word is key_to_index\['w3'\]"):
        words["w3"]


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e300, True, "2", None, 2j])
def test_weights_are_finite_numbers(weight):
    with pytest.raises(OptionError, match="weight"):
        fresh().most_similar([("w1", weight)])


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), "2", None, 2j])
def test_weights_of_a_mean_are_finite_numbers(weight):
    with pytest.raises(OptionError, match="weights must be one finite number"):
        fresh().get_mean_vector(["w1"], [weight])


@pytest.mark.parametrize(
    "odd",
    [None, 3, "x", [], {}, ROWS, lambda word: word],
    ids=["None", "3", "x", "list", "dict", "array", "function"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda odd, kv: align.fit_map(odd, kv, [("w1", "w1")]),
        lambda odd, kv: align.fit_map(kv, odd, [("w1", "w1")]),
        lambda odd, kv: align.self_learn(kv, odd),
        lambda odd, kv: align.Aligned(odd, kv),
        lambda odd, kv: align.induce(kv, odd),
        lambda odd, kv: align.retrofit(odd, [("w1", "w2")]),
        lambda odd, kv: align.fit_features(kv, odd),
        lambda odd, kv: align.align_slices(odd),
        lambda odd, kv: align.align_slices({"a": kv, "b": odd}),
        lambda odd, kv: align.compatible_update(kv, odd),
        lambda odd, kv: align.shared_anchors(odd),
        lambda odd, kv: wordvec.evaluate.compression_report(kv, odd),
        lambda odd, kv: Topics(odd, {"x": ["w1"]}),
        lambda odd, kv: TextEncoder(odd),
    ],
)
def test_what_must_be_vectors_is_told_so(call, odd):
    with pytest.raises(OptionError, match="must be"):
        call(odd, fresh())


@pytest.mark.parametrize(
    "odd",
    [3, [], {}, ROWS, np.array("w1"), 1.5],
    ids=["3", "list", "dict", "array", "word", "1.5"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda odd, kv: wordvec.train([["a"]], model=odd),
        lambda odd, kv: TextEncoder(kv, odd),
        lambda odd, kv: TextEncoder(kv, norm=odd),
        lambda odd, kv: TextEncoder(kv, oov=odd),
        lambda odd, kv: kv.prune(2, by=odd),
        lambda odd, kv: kv.prune(2, remap=odd),
        lambda odd, kv: kv.merge(kv, on_conflict=odd),
        lambda odd, kv: kv.compress(odd),
    ],
)
def test_a_name_that_is_none_is_refused(call, odd):
    with pytest.raises(OptionError, match="must be"):
        call(odd, fresh())


def test_inputs_are_trained_on_lists_of_lists():
    texts = [["a", "b", "c"]] * 40
    trainer = wordvec.SkipGram(vector_size=8, min_count=1, workers=1, sample=0)
    compass = trainer.fit(texts, keep_context=True)
    made = trainer.fit_inputs(texts, compass)
    assert np.array_equal(made.vectors, trainer.fit_inputs(wordvec.encode_corpus(texts, min_count=1), compass).vectors)
    for odd in (None, 3, "x", {}, [], [[1.5, object()]], compass):
        with pytest.raises(WordvecError):
            trainer.fit_inputs(odd, compass)
