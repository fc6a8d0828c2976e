"""Rows that are no directions: every answer about them is finite, or an error of ours that names the word."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, align, evaluate, search
from wordvec import transforms as steps
from wordvec.align import meta
from wordvec.base.errors import OptionError, WordvecError
from wordvec.texts import TextEncoder

WORDS = [f"w{i}" for i in range(40)]
RNG = np.random.default_rng(0)
ROWS = RNG.standard_normal((40, 8)).astype(np.float32)
OTHER = KeyedVectors(WORDS, ROWS @ np.linalg.qr(RNG.standard_normal((8, 8)))[0])
PAIRS = [(word, word) for word in WORDS]
BAD = {
    "NaN": np.full(8, np.nan),
    "one NaN": np.r_[np.nan, np.ones(7)],
    "inf": np.r_[np.inf, np.ones(7)],
    "inf - inf": np.r_[np.inf, -np.inf, np.zeros(6)],
}
ODD = {
    "denormal": np.full(8, 1e-45),
    "one denormal": np.r_[1e-45, np.zeros(7)],
    "small": np.full(8, 1e-30),
    "smallest": np.full(8, 1.2e-38),
    "huge": np.full(8, 3e38),
    "huge and back": np.r_[3e38, -3e38, np.ones(6)],
    "big": np.full(8, 1e25),
    "zero": np.zeros(8),
}
QUERIES = {
    "most_similar": lambda kv: kv.most_similar("w3"),
    "most_similar of others": lambda kv: kv.most_similar("w0", topn=40, min_score=-1.0),
    "most_similar of both": lambda kv: kv.most_similar(["w0", "w3"], ["w1"]),
    "most_similar of all rows": lambda kv: kv.most_similar("w0", topn=None),
    "most_similar_batch": lambda kv: kv.most_similar_batch(["w0", "w3"]),
    "most_similar_cosmul": lambda kv: kv.most_similar_cosmul(["w3", "w1"], ["w2"]),
    "most_similar_cosmul of others": lambda kv: kv.most_similar_cosmul(["w0", "w1"], ["w2"], topn=None),
    "similar_by_vector": lambda kv: kv.similar_by_vector(kv["w3"]),
    "similarity": lambda kv: kv.similarity("w3", "w1"),
    "distance": lambda kv: kv.distance("w3", "w3"),
    "distances": lambda kv: kv.distances("w1"),
    "distances of it": lambda kv: kv.distances("w3"),
    "distances to it": lambda kv: kv.distances("w1", ["w3", "w4"]),
    "cosine_similarities": lambda kv: kv.cosine_similarities(kv["w1"], kv.vectors),
    "cosine_similarities of it": lambda kv: kv.cosine_similarities(kv["w3"], kv.vectors),
    "n_similarity": lambda kv: kv.n_similarity(["w3", "w1"], ["w2"]),
    "doesnt_match": lambda kv: kv.doesnt_match(["w3", "w1", "w2"]),
    "rank_by_centrality": lambda kv: kv.rank_by_centrality(["w3", "w1", "w2"], use_norm=False),
    "get_mean_vector": lambda kv: kv.get_mean_vector(["w3", "w1"]),
    "get_mean_vector as they are": lambda kv: kv.get_mean_vector(["w3", "w3"], [3, 3], False, True),
    "get_vector": lambda kv: kv.get_vector("w3", norm=True),
    "closer_than": lambda kv: kv.closer_than("w3", "w1") + kv.closer_than("w1", "w3"),
    "rank": lambda kv: [kv.rank("w1", "w3"), kv.rank("w3", "w1")],
    "relative_cosine_similarity": lambda kv: kv.relative_cosine_similarity("w3", "w1"),
    "relative_cosine_similarity to it": lambda kv: kv.relative_cosine_similarity("w1", "w3"),
    "most_similar_to_given": lambda kv: kv.most_similar_to_given("w1", ["w3", "w2"]),
    "wmdistance": lambda kv: kv.wmdistance(["w3", "w1"], ["w2", "w5"]),
    "wmdistance as they are": lambda kv: kv.wmdistance(["w3", "w1"], ["w2", "w5"], norm=False),
    "wmdistance of one": lambda kv: kv.wmdistance(["w3"], ["w2"]),
    "a word that is spelled like it": lambda kv: kv.with_oov("similar")["w33x"],
    "prune": lambda kv: kv.prune(20).vectors,
    "Concatenated": lambda kv: wordvec.Concatenated(kv, kv).most_similar("w0"),
    "Concatenated of it": lambda kv: wordvec.Concatenated(kv, kv).most_similar("w3"),
    "all_nearest": lambda kv: np.nan_to_num([s for _, _, s in search.nearest_blocks(kv.vectors, 5, norms=kv.norms)]),
}
QUERIES |= {
    f"{codec}, {name}": lambda kv, codec=codec, ask=ask: ask(kv.compress(codec))
    for codec in ("float16", "bfloat16", "int8", "pq", "bits")
    for name, ask in (("rows", lambda kv: kv.vectors[:]), ("similarity", lambda kv: kv.similarity("w3", "w0")))
}
MAPS = {
    f"{name}, {what}": lambda kv, name=name, make=make: make(kv, name)
    for name in align.METHODS
    for what, make in {
        "normalised": lambda kv, name: align.fit_map(kv, OTHER, PAIRS, name).apply(OTHER).vectors,
        "as they are": lambda kv, name: align.fit_map(OTHER, kv, PAIRS, name, normalize="none").apply(OTHER).vectors,
        "of arrays": lambda kv, name: align.METHODS[name]().fit(kv.vectors, OTHER.vectors).transform(ROWS),
    }.items()
}
MAPS |= {
    "translate": lambda kv: [align.Aligned(kv, OTHER).translate("w3"), align.Aligned(OTHER, kv).translate("w3")],
    "evaluate_lexicon": lambda kv: list(align.evaluate_lexicon(kv, OTHER, PAIRS).to_dict().values()),
    "relative": lambda kv: align.relative(kv, ["w1", "w2", "w3"]).vectors,
    "retrofit": lambda kv: align.retrofit(kv, [("w3", "w1"), ("w2", "w5")]).vectors,
    "counterfit": lambda kv: align.counterfit(kv, [("w3", "w1")], [("w2", "w5")]).vectors,
    "fit_features": lambda kv: align.fit_features(kv, OTHER).predict(kv).vectors,
    "fit_features, of it": lambda kv: align.fit_features(OTHER, kv).predict(OTHER).vectors,
    "average": lambda kv: meta.average([kv, OTHER]).vectors,
    "concat": lambda kv: meta.concat([kv, OTHER]).vectors,
    "svd": lambda kv: meta.svd([kv, OTHER], dim=4).vectors,
    "oneton": lambda kv: meta.oneton([kv, OTHER], dim=4).vectors,
}
ENCODERS = {
    f"{agg}, {norm}": lambda kv, agg=agg, norm=norm: encoded(TextEncoder(kv, agg, norm=norm, workers=1))
    for agg in ("mean", "sum", "max", "tfidf", "sif", "usif", "fasttext")
    for norm in (None, "l2")
}


def encoded(encoder):
    if encoder.needs_fit:
        encoder.fit(["w3 w1", "w2", "w4 w5"] * 3)
    return encoder.encode(["w3", "w3 w1 w2", "w3 w3", "w5"])


def with_row(row):
    rows = ROWS.copy()
    rows[3] = row
    return KeyedVectors(WORDS, rows, counts=range(40, 0, -1))


def numbers_in(answer):
    """All numbers of an answer, however deep."""
    if isinstance(answer, np.ndarray):
        return answer.ravel().tolist() if answer.dtype.kind in "fiu" else []
    if isinstance(answer, (list, tuple)):
        return [number for part in answer for number in numbers_in(part)]
    if isinstance(answer, dict):
        return numbers_in(list(answer.values()))
    return [answer] if isinstance(answer, (int, float)) else []


def answered(ask, row):
    """Whether there is an answer; it is finite, else there is an error of wordvec's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning)  # of what was left out; numpy's are RuntimeWarnings
        try:
            answer = ask(with_row(row))
        except WordvecError:
            return False
    assert np.isfinite(numbers_in(answer)).all()
    return True


@pytest.mark.parametrize("row", [*BAD, *ODD])
@pytest.mark.parametrize("name", [*QUERIES, *MAPS, *ENCODERS])
def test_answers_are_finite_or_errors_of_ours(name, row):
    answered((QUERIES | MAPS | ENCODERS)[name], (BAD | ODD)[row])


@pytest.mark.parametrize("row", ["denormal", "one denormal", "small", "smallest", "zero"])
@pytest.mark.parametrize("name", ENCODERS)
def test_encoders_answer_for_every_finite_row_that_can_be_added(name, row):
    assert answered(ENCODERS[name], ODD[row])


@pytest.mark.parametrize("row", BAD)
@pytest.mark.parametrize(
    "ask",
    [
        *(QUERIES[name] for name in ("similarity", "wmdistance", "wmdistance of one", "doesnt_match", "n_similarity")),
        *(QUERIES[name] for name in ("most_similar", "get_vector", "distances of it", "distances to it", "rank")),
        *(ENCODERS[name] for name in ("mean, None", "sif, None", "usif, None", "sif, l2", "max, l2", "fasttext, None")),
        MAPS["relative"],
        MAPS["fit_features"],
    ],
)
def test_errors_name_the_word_that_is_not_finite(ask, row):
    with pytest.raises(OptionError, match=r"'w3'.*(not finite|NaN or inf)"):
        ask(with_row(BAD[row]))


def test_the_vector_of_a_text_has_length_1_however_short_its_words_are():
    for row in ("denormal", "one denormal", "small", "smallest"):
        for agg in ("mean", "sum", "max"):
            found = TextEncoder(with_row(ODD[row]), agg, norm="l2", workers=1).encode(["w3", "w3 w3"])
            assert np.allclose(np.linalg.norm(found.astype(np.float64), axis=1), 1, atol=1e-6)


def test_a_text_whose_sum_float32_cannot_hold_is_named():
    with pytest.raises(OptionError, match="that of text 1 is beyond: its words have vectors that are too long"):
        TextEncoder(with_row(ODD["huge"]), "sum", workers=1).encode(["w1", "w3 w3"])
    many = ["w1"] * 3000 + ["w3"]
    with pytest.raises(OptionError, match="'w3', in text 3000, holds NaN"):
        TextEncoder(with_row(BAD["NaN"]), workers=2).encode(many)


@pytest.mark.parametrize("row", BAD)
@pytest.mark.parametrize("step", [steps.Truncate(3), steps.SIFScale(), steps.Unit(), steps.Center(), steps.PCA(3)])
def test_a_row_that_is_not_finite_spoils_no_other(step, row):
    """Steps that are fitted refuse it; those that are applied row by row leave that row what it is."""
    kv = with_row(BAD[row])
    try:
        moved = kv.transformed(step).vectors
    except OptionError as error:
        assert "not finite" in str(error) or "must be finite" in str(error)
        moved = steps.Transforms.fit([step], ROWS, np.arange(40)).apply(kv.vectors)
    assert np.flatnonzero(~np.isfinite(moved).all(axis=1)).tolist() in ([3], [])
    normed = kv.get_normed_vectors()
    assert np.flatnonzero(~np.isfinite(normed).all(axis=1)).tolist() == [3]


@pytest.mark.parametrize("row", [*BAD, *ODD])
def test_test_sets_are_scored_without_the_word(row, tmp_path):
    (tmp_path / "a").write_text(": s\n" + "".join(f"w{i} w{i + 1} w{i + 2} w{i + 3}\n" for i in range(20)))
    (tmp_path / "p").write_text("".join(f"w{i} w{i + 1} {i % 7}\n" for i in range(20)))
    for method in ("3cosadd", "3cosmul", "pairdirection"):
        answered(lambda kv, how=method: evaluate.analogies(kv, tmp_path / "a", method=how).accuracy, (BAD | ODD)[row])
    answered(lambda kv: evaluate.word_pairs(kv, tmp_path / "p").spearman, (BAD | ODD)[row])
