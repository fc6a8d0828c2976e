"""Vectors of new words from their contexts: against plain Python, planted matrices, and every form of corpus."""

import warnings

import numpy as np
import pytest

import wordvec
from wordvec import ALaCarte, CorpusError, KeyedVectors, OptionError, encode_corpus, induce
from wordvec.induction import Induction

RNG = np.random.default_rng(5)


def means_in_python(vectors, sentences, word, window, weight=lambda distance: 1.0, chance=lambda word: 1.0):
    """The weighted mean of the vectors of the context words of one word, and how often it occurs."""
    total, weights, count = np.zeros(vectors.vector_size), 0.0, 0
    for sentence in sentences:
        for i, centre in enumerate(sentence):
            count += centre == word
            for j in range(max(0, i - window), min(len(sentence), i + window + 1)):
                if centre == word and j != i and sentence[j] in vectors:
                    factor = weight(abs(i - j)) * chance(sentence[j])
                    total += factor * vectors[sentence[j]]
                    weights += factor
    return total / weights, count


@pytest.fixture(scope="module")
def text():
    words = [f"w{i}" for i in range(60)] + ["new", "newer"]
    return [[words[i] for i in RNG.integers(0, len(words), RNG.integers(1, 12))] for _ in range(400)]


@pytest.fixture(scope="module")
def known():
    return KeyedVectors([f"w{i}" for i in range(60)], RNG.normal(size=(60, 20)).astype(np.float32))


@pytest.fixture(scope="module")
def planted():
    """Vectors of frequent words that are a matrix times the mean of their contexts, which are rare words."""
    size, rare, frequent = 6, [f"c{i}" for i in range(300)], [f"t{i}" for i in range(30)]
    sentences = []
    for word in frequent:
        for _ in range(20):
            left, right = RNG.integers(0, 300, 2)
            sentences.append([rare[left], word, rare[right]])
    context = KeyedVectors(rare, RNG.normal(size=(300, size)).astype(np.float32))
    matrix = RNG.normal(size=(size, size))
    means = induce(context, sentences, frequent, method="additive", window=1, workers=1)
    known = frequent[:25]  # the others are induced
    rows = np.concatenate([context.vectors, (means[known] @ matrix.T).astype(np.float32)])
    truth = {word: matrix @ means[word] for word in frequent[25:]}
    return KeyedVectors(rare + known, rows), sentences, matrix, truth


def test_a_planted_matrix_is_found(planted):
    vectors, sentences, matrix, truth = planted
    learned = ALaCarte.fit(vectors, sentences, window=1, fit_min_count=20, ridge=0.0)
    assert learned.words == 25
    np.testing.assert_allclose(learned.matrix, matrix, atol=1e-5)
    assert learned.fit_error < 1e-10
    new = learned.induce(sentences, list(truth))
    for word, vector in truth.items():
        np.testing.assert_allclose(new[word], vector, atol=1e-5)


@pytest.mark.parametrize("weight", ["none", "log", "sqrt", "count"])
def test_weights_of_the_fit_solve_the_weighted_least_squares(text, known, weight):
    learned = ALaCarte.fit(known, text, weight=weight, fit_min_count=1, ridge=0.0, window=3)
    contexts = [means_in_python(known, text, word, 3) for word in known]
    means, counts = np.array([mean for mean, _ in contexts]), np.array([count for _, count in contexts])
    root = {"none": np.ones(60), "log": np.log1p(counts), "sqrt": np.sqrt(counts), "count": counts}[weight] ** 0.5
    expected = np.linalg.lstsq(root[:, None] * means, root[:, None] * known.vectors, rcond=None)[0].T
    np.testing.assert_allclose(learned.matrix, expected, atol=1e-4)


@pytest.mark.parametrize(("method", "weight"), [("additive", lambda d: 1.0), ("window", lambda d: (4 - d) / 3)])
def test_means_are_those_of_plain_python(text, known, method, weight):
    new = induce(known, text, method=method, window=3)
    assert sorted(new) == ["new", "newer"]
    for word in new:
        expected, count = means_in_python(known, text, word, 3, weight)
        np.testing.assert_allclose(new[word], expected, atol=1e-5)
        assert new.get_vecattr(word, "count") == count
    assert new.get_vecattr(new.index_to_key[0], "count") >= new.get_vecattr(new.index_to_key[1], "count")


def test_frequent_context_words_weigh_what_subsampling_would_leave_of_them(known):
    text = [["w0", "new", "w1"]] + [["w0", "w0"]] * 30
    total, count = 63, 61
    chance = min(1, np.sqrt(0.1 * total / count) + 0.1 * total / count)
    new = induce(known, text, method="additive", sample=0.1)
    np.testing.assert_allclose(new["new"], (chance * known["w0"] + known["w1"]) / (1 + chance), rtol=1e-4)


def test_rotated_vectors_give_rotated_vectors(text, known):
    turn = np.linalg.qr(RNG.normal(size=(20, 20)))[0]
    turned = KeyedVectors(list(known), (known.vectors @ turn).astype(np.float32))
    plain, rotated = (induce(kv, text, fit_min_count=1) for kv in (known, turned))
    np.testing.assert_allclose(plain.vectors @ turn, rotated.vectors, atol=1e-4)


def test_any_number_of_workers_gives_the_same_bytes(text):
    wide = KeyedVectors([f"w{i}" for i in range(60)], RNG.normal(size=(60, 150)).astype(np.float32))
    one, three = (induce(wide, text, method="additive", workers=workers) for workers in (1, 3))
    assert one.vectors.tobytes() == three.vectors.tobytes()


def test_paths_and_encoded_corpora_give_the_same_as_lists(tmp_path, text, known):
    path = tmp_path / "text.txt"
    path.write_text("\n".join(map(" ".join, text)))
    listed = induce(known, text)
    for corpus in (path, str(path), encode_corpus(text, min_count=1)):
        assert (induce(known, corpus).vectors == listed.vectors).all()


def test_words_that_are_asked_for_may_be_known_or_missing(text, known):
    with pytest.warns(UserWarning, match="1 of 2 words have no context word with a vector, such as 'absent'"):
        chosen = induce(known, text, ["w3", "absent"], method="additive", window=2)
    assert list(chosen) == ["w3"]
    np.testing.assert_allclose(chosen["w3"], means_in_python(known, text, "w3", 2)[0], atol=1e-5)


def test_words_without_known_contexts_are_left_out_and_named(known):
    with pytest.warns(UserWarning, match="2 of 3 words have no context word with a vector, such as 'lone', 'odd'"):
        new = induce(known, [["w1", "new"], ["odd", "lone"]], method="additive")
    assert list(new) == ["new"]


def test_rare_words_are_left_out_by_min_count(known):
    new = induce(known, [["w1", "new"], ["w1", "twice", "twice"]], method="additive", min_count=2)
    assert list(new) == ["twice"]


def test_contexts_that_are_given_are_those_of_their_word_alone(known):
    contexts = {"new": [["w0", "new", "w1"], ["w2", "other"]], "other": [["w3", "other", "new"]]}
    new = induce(known, contexts=contexts, method="additive", window=1, no_word="use")
    np.testing.assert_allclose(new["new"], (known["w0"] + known["w1"]) / 2 / 2 + known["w2"] / 2, atol=1e-6)
    np.testing.assert_allclose(new["other"], known["w3"], atol=1e-6)  # "new" has no vector there
    assert new.get_vecattr("new", "count") == 2


def test_the_whole_sentence_is_the_context_of_a_word_that_is_not_in_it(known):
    sentence = [f"w{i}" for i in range(30)]
    new = induce(known, contexts={"new": [sentence]}, method="additive", window=2, no_word="use")
    np.testing.assert_allclose(new["new"], known[sentence].mean(0), atol=1e-6)


def test_contexts_may_replace_the_vector_of_a_known_word(known):
    new = induce(known, contexts={"w5": [["w0", "w5", "w5"]]}, method="additive")
    np.testing.assert_allclose(new["w5"], known["w0"], atol=1e-6)


def test_one_matrix_serves_many_words(text, known):
    learned = ALaCarte.fit(known, text, fit_min_count=1)
    contexts = {"new": [["w0", "new", "w1"]]}
    mean = (known["w0"] + known["w1"]) / 2
    np.testing.assert_allclose(learned.induce(contexts=contexts)["new"], learned.matrix @ mean, atol=1e-5)
    for matrix in (learned, learned.matrix):
        new = induce(known, contexts=contexts, matrix=matrix)
        np.testing.assert_allclose(new["new"], learned.matrix @ mean, atol=1e-5)


def test_fewer_words_than_dimensions_give_a_finite_matrix_and_a_warning(text):
    few = KeyedVectors([f"w{i}" for i in range(4)], RNG.normal(size=(4, 30)).astype(np.float32))
    for ridge in (0.0, 1e-6):
        with pytest.warns(UserWarning, match="fitted on 4 words, fewer than the 30 dimensions"):
            learned = ALaCarte.fit(few, text, ridge=ridge)
        assert np.isfinite(learned.matrix).all() and learned.fit_error < 1e-4


def test_the_most_frequent_words_are_fitted_where_few_are_frequent(text, known):
    assert ALaCarte.fit(known, text, fit_min_count=10**6).words == 40


def test_encoded_vectors_serve_as_well(text, known):
    half = known.compress("float16")
    np.testing.assert_allclose(
        induce(half, text, method="additive").vectors, induce(known, text, method="additive").vectors, atol=1e-2
    )


def test_metadata_tell_how_the_words_were_made(text, known):
    told = induce(known, text, fit_min_count=1, window=4, workers=1).metadata["induced"]
    assert told["options"]["window"] == 4 and "workers" not in told["options"]
    assert told["fitted_on"] == 60 and 0 <= told["fit_error"] <= 1


def test_a_corpus_without_known_words_next_to_each_other_is_refused(known):
    with pytest.raises(CorpusError, match="words of the vectors next to each other"):
        induce(known, [["x", "y"], ["w1"]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of corpus and contexts must be given"),
        ({"corpus": [["w0", "new"]], "contexts": {"new": [["w0"]]}}, "one of corpus and contexts must be given"),
        ({"contexts": {"new": [["w0"]]}, "method": "alacarte"}, "matrix must be given with contexts"),
        ({"contexts": {"new": [["w0"]]}, "words": ["new"]}, "contexts are given with their words"),
        ({"contexts": [["w0", "new", "w1"]]}, "contexts must be a dict"),
        ({"contexts": {"new": ["w0 new"]}}, "must be a list of tokens; got the str"),
        ({"contexts": {"new": "w0 new"}}, "a list of sentences"),
        ({"corpus": [["w0", "new"]], "matrix": np.eye(20)}, "matrix goes with method"),
        ({"corpus": [["w0", "new"]], "matrix": np.eye(3), "method": "alacarte"}, r"shape \(20, 20\)"),
        ({"corpus": [["w0", "new"]], "words": "new"}, "words must be a list of words"),
        ({"corpus": [["w0", "new"]], "window": 0}, "window must be an integer >= 1"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(known, arguments, message):
    with pytest.raises(OptionError, match=message):
        induce(known, **({"method": "additive"} | arguments))


def test_what_is_no_vectors_is_refused():
    with pytest.raises(OptionError, match="vectors must be KeyedVectors"):
        induce({"a": [1.0]}, [["a", "b"]])


def test_vectors_that_are_not_finite_are_refused(text):
    bad = KeyedVectors([f"w{i}" for i in range(60)], np.full((60, 3), np.nan, np.float32))
    with pytest.raises(OptionError, match="vectors must be finite"):
        induce(bad, text)


def test_no_contexts_give_no_vectors(known):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(induce(known, contexts={}, method="additive")) == 0
        assert len(induce(known, [["w0", "w1"]], method="additive")) == 0
    with pytest.warns(UserWarning, match="1 of 1 words"):
        assert len(induce(known, contexts={"new": [[]]}, method="additive", no_word="use")) == 0


def test_the_public_names_are_there():
    assert wordvec.induce is induce and Induction().window == 5
