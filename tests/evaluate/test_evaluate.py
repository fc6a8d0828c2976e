"""Scores on test sets: planted answers are found, a brute-force twin agrees, and what cannot be scored is said."""

import json
import warnings

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

import wordvec
from wordvec import KeyedVectors, OptionError
from wordvec.base.errors import CorpusError, FormatError
from wordvec.evaluate import analogies, word_pairs
from wordvec.evaluate.files import kind
from wordvec.search import analogy, tables


def vectors_of(rng, words, size=8, **more):
    return KeyedVectors(words, rng.standard_normal((len(words), size)).astype("f4"), **more)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.fixture
def write(tmp_path):
    def write(text, name="set.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def offsets_space(rng, n=12, size=40):
    """Words a0 b0 a1 b1 ... where b_i - a_i is the same for all i: every analogy holds exactly."""
    base, step = rng.standard_normal((n, size)), rng.standard_normal(size)
    base -= np.outer(base @ step, step) / (step @ step)
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    rows = np.stack([base, base + step], axis=1).reshape(2 * n, size)
    words = [f"{kind}{i}" for i in range(n) for kind in "ab"]
    lines = [f"a{i} b{i} a{j} b{j}" for i in range(n) for j in range(n) if i != j]
    return KeyedVectors(words, rows.astype("f4")), lines


# Analogies


def test_exact_offsets_are_all_solved_and_shuffled_ones_are_not(rng, write):
    vectors, lines = offsets_space(rng)
    path = write("\n".join([": gram-ab", *lines]))
    assert analogies(vectors, path).accuracy == 1.0
    shuffled = KeyedVectors(list(vectors.index_to_key), rng.permutation(vectors.vectors))
    assert analogies(shuffled, path).accuracy < 0.2


def brute_force(vectors, questions, restrict):
    """3CosAdd one question, one candidate at a time."""
    units = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    row = {word: i for i, word in enumerate(list(vectors.index_to_key)[:restrict])}
    correct = used = 0
    for question in questions:
        if not all(word in row for word in question):
            continue
        a, b, c, d = (row[word] for word in question)
        target = units[b] - units[a] + units[c]
        scores = [(float(units[i] @ target), -i) for i in range(len(row)) if i not in (a, b, c)]
        used += 1
        correct += -max(scores)[1] == d
    return correct, used


@pytest.mark.parametrize("restrict", [None, 100, 37])
@pytest.mark.parametrize(("columns", "group"), [(512, 16_384), (64, 7), (128, 1)])
def test_analogies_equal_a_brute_force_twin_in_any_tiling(rng, write, monkeypatch, restrict, columns, group):
    words = [f"w{i}" for i in range(150)]
    vectors = vectors_of(rng, words, size=3)  # so few dimensions that some answers are right by chance
    questions = [tuple(rng.choice([*words, "unknown"], 4, replace=False)) for _ in range(300)]
    a, b, c = (vectors.vectors[i] / np.linalg.norm(vectors.vectors[i]) for i in (0, 1, 2))
    ranked = np.argsort(-(vectors.vectors / np.linalg.norm(vectors.vectors, axis=1)[:, None]) @ (b - a + c))
    questions.append(("w0", "w1", "w2", f"w{next(i for i in ranked if i > 2)}"))  # at least one that is right
    path = write(": one\n" + "\n".join(map(" ".join, questions)))
    monkeypatch.setattr(tables, "COLUMNS", columns)
    monkeypatch.setattr(analogy, "_GROUP", group)
    result = analogies(vectors, path, restrict_vocab=restrict)
    assert (result.correct, result.used) == brute_force(vectors, questions, restrict)
    assert result.total == len(questions) and 0 < result.used < result.total


def test_sections_are_reported_apart_and_together(rng, write):
    vectors, lines = offsets_space(rng)
    text = [": meaning", *lines[:4], "a0 b0 a1 b2", ": gram1-form", *lines[5:8], "a0 b0 a1 nowhere"]
    result = analogies(vectors, write("\n".join([*text, ": empty", ": gram2", lines[9]])))
    assert [(s.name, s.correct, s.used, s.total) for s in result.sections] == [
        ("meaning", 4, 5, 5),
        ("gram1-form", 3, 3, 4),
        ("empty", 0, 0, 0),
        ("gram2", 1, 1, 1),
    ]
    assert (result.correct, result.used, result.found, result.total) == (8, 9, 9, 10)
    assert result.semantic.accuracy == 0.8 and result.syntactic.accuracy == 1.0
    assert result.sections[2].accuracy is None
    assert json.loads(json.dumps(result.to_dict()))["syntactic"]["used"] == 4


def test_unknown_words_are_left_out_or_count_as_wrong(rng, write):
    vectors, lines = offsets_space(rng)
    path = write("\n".join([*lines[:3], "a0 b0 x y"]))
    left_out, wrong = analogies(vectors, path), analogies(vectors, path, dummy4unknown=True)
    assert (left_out.accuracy, left_out.used) == (1.0, 3)
    assert (wrong.accuracy, wrong.used, wrong.found) == (0.75, 4, 3)
    nothing = analogies(vectors, write("x y z w"))
    assert nothing.accuracy is None and (nothing.used, nothing.total) == (0, 1)


def test_restrict_limits_questions_and_answers(write):
    near_answer = [[1, 0, 0], [1, 1, 0], [0, 0, 1], [0, 1, 2], [0, 1, 1.4]]
    vectors = KeyedVectors(["man", "king", "woman", "queen", "lady"], near_answer)
    path = write("man king woman queen")
    assert analogies(vectors, path).correct == 0  # lady is nearer
    assert analogies(vectors, path, restrict_vocab=4).correct == 1
    assert analogies(vectors, path, restrict_vocab=3).used == 0


def test_case_is_folded_by_lookup_and_variants_of_inputs_are_no_answers(write):
    words = ["Paris", "France", "PARIS", "Rome", "ROME", "italy", "rome"]
    rows = [[1, 0, 0, 1], [0, 0, 0, 1], [1, 0, 0, 1], [1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 0], [-1, 0, 0, 0]]
    vectors = KeyedVectors(words, rows)
    path = write("france paris Italy ROME")
    assert analogies(vectors, path).correct == 1  # Rome, in an earlier row and as near, is ROME too
    exact = analogies(vectors, path, case_insensitive=False)
    assert exact.used == 0
    rows = [[1, 1, 0], [0, 1, 1.4], [1, 0, 0], [0, 0, 1], [0, 1, 2]]
    variants = KeyedVectors(["king", "KING", "man", "woman", "queen"], rows)
    assert analogies(variants, write("man king woman queen")).correct == 1
    assert analogies(variants, write("man king woman queen"), case_insensitive=False).correct == 0  # KING is nearer


def test_of_equally_near_words_the_first_row_answers(write):
    vectors = KeyedVectors(["a", "b", "c", "d", "e"], [[1, 0], [1, 0], [0, 1], [0, 2], [0, 2]])
    assert analogies(vectors, write("a b c d")).correct == 1
    assert analogies(vectors, write("a b c e")).correct == 0


def test_padded_rows_and_zero_vectors(rng, write):
    vectors, lines = offsets_space(rng)
    wide = np.zeros((len(vectors), 48), "f4")
    wide[:, :40] = vectors.vectors
    wide[:, 40:] = np.nan  # padding is never read
    padded = KeyedVectors(list(vectors.index_to_key), wide[:, :40])
    path = write("\n".join(lines))
    assert analogies(padded, path) == analogies(vectors, path)
    zeros = KeyedVectors(["zero", *vectors.index_to_key], np.vstack([np.zeros((1, 40)), vectors.vectors]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert analogies(zeros, write("\n".join([*lines, "zero b0 a1 b1"]))).used == len(lines) + 1


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul", "pairdirection"])
def test_methods_of_analogies_equal_a_brute_force_twin(rng, write, method):
    words = [f"w{i}" for i in range(60)]
    vectors = vectors_of(rng, words, size=2)
    units = vectors.vectors.astype(float) / np.linalg.norm(vectors.vectors.astype(float), axis=1)[:, None]
    questions, right = [tuple(rng.choice(60, 4, replace=False).tolist()) for _ in range(400)], 0
    for a, b, c, d in questions:
        s = (1 + units @ units[[a, b, c]].T) / 2
        with np.errstate(invalid="ignore"):
            score = {
                "3cosadd": units @ (units[b] - units[a] + units[c]),
                "3cosmul": s[:, 1] * s[:, 2] / (s[:, 0] + 0.01),
                "pairdirection": (units - units[c]) @ (units[b] - units[a]) / np.linalg.norm(units - units[c], axis=1),
            }[method]
        score[[a, b, c]] = -np.inf
        right += int(score.argmax()) == d
    path = write("\n".join(" ".join(words[i] for i in question) for question in questions))
    result = analogies(vectors, path, method=method, eps=0.01)
    assert result.correct == right > 0 and result.used == 400
    names = {"3cosadd": "3CosAdd without", "3cosmul": "3CosMul (eps 0.01) without", "pairdirection": "PairDirection w"}
    assert names[method] in result.policy


def test_methods_that_are_not_known(rng, write):
    vectors, lines = offsets_space(rng)
    with pytest.raises(OptionError, match="3cosadd, 3cosmul, pairdirection; got 'lrcos'"):
        analogies(vectors, write(lines[0]), method="lrcos")
    with pytest.raises(OptionError, match="eps must be > 0"):
        analogies(vectors, write(lines[0]), method="3cosmul", eps=0)


# Word pairs


def test_correlations_are_those_of_scipy(rng, write):
    words = [f"w{i}" for i in range(30)]
    vectors = vectors_of(rng, words)
    places = [(i, (i + step) % 30) for i in range(30) for step in (1, 7)]
    pairs = [(words[i], words[j], int(rng.integers(5))) for i, j in places]  # with many ties
    result = word_pairs(vectors, write("\n".join(f"{a}\t{b}\t{s}" for a, b, s in pairs)))
    cosines = [
        float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
        for x, y in ((vectors[a].astype(float), vectors[b].astype(float)) for a, b, _ in pairs)
    ]
    scores = [score for _, _, score in pairs]
    assert result.spearman == pytest.approx(spearmanr(scores, cosines).statistic, abs=1e-9)
    assert result.pearson == pytest.approx(pearsonr(scores, cosines).statistic, abs=1e-9)
    assert result.pearson_p == pytest.approx(pearsonr(scores, cosines).pvalue, rel=1e-6)
    assert (result.used, result.found, result.total, result.oov_ratio) == (60, 60, 60, 0)


@pytest.mark.parametrize(
    "text",
    [
        "a\tb\t1\na\tc\t2\nb\tc\t4\n",
        "a,b,1\r\na, c ,2\r\nb,c,4\r\n",
        "a;b;1\na;c;2\nb;c;4",
        b"\xef\xbb\xbfa b 1\n\n# comment\na c 2 extra\n   b   c\t4\n",
        "Word 1\tWord 2\tHuman (mean)\na\tb\t1\na\tc\t2\nb\tc\t4\n",
    ],
    ids=["tab", "comma", "semicolon", "space", "header"],
)
def test_files_of_pairs_come_in_many_forms(rng, write, text):
    result = word_pairs(vectors_of(rng, ["a", "b", "c"]), write(text))
    assert result.used == 3 and result.spearman is not None


def test_a_delimiter_can_be_given(rng, write):
    vectors = vectors_of(rng, ["a,1", "b", "c"])
    path = write("a,1|b|1\na,1|c|2\nb|c|3")
    assert word_pairs(vectors, path, delimiter="|").used == 3
    with pytest.raises(FormatError, match="two words and a number"):
        word_pairs(vectors, path, delimiter="\t")


def test_unknown_words_are_left_out_or_have_cosine_0(write):
    vectors = KeyedVectors(["a", "b", "c"], [[1, 0], [1, 1], [0, -1]])
    path = write("a b 9\nb c 1\na c 5\na x 8\ny x 7\n")
    left_out, zero = word_pairs(vectors, path), word_pairs(vectors, path, dummy4unknown=True)
    assert (left_out.used, left_out.found, left_out.total, left_out.oov_ratio) == (3, 3, 5, 0.4)
    assert left_out.spearman == pytest.approx(1)
    assert (zero.used, zero.found, zero.oov_ratio) == (5, 3, 0.4)
    assert zero.spearman == pytest.approx(spearmanr([9, 1, 5, 8, 7], [0.7, -0.7, 0, 0, 0]).statistic)
    assert word_pairs(vectors, path, restrict_vocab=2).found == 1


def test_case_of_pairs(write):
    vectors = KeyedVectors(["Bern", "city", "US"], [[1, 0], [1, 1], [0, -1]])
    path = write("bern CITY 3\nBern us 1\ncity US 0\n")
    assert word_pairs(vectors, path).used == 3
    assert word_pairs(vectors, path, case_insensitive=False).used == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x y 1\n", "3 pairs or more; 0 could"),
        ("a b 1\na c 2\n", "3 pairs or more; 2 could"),
        ("a b 1\na c 1\nb c 1\n", "given similarities are the same"),
        ("a a 1\nb b 2\nc c 3\nzero a 4\n", None),
        ("zero a 1\nzero b 2\nzero c 3\n", "cosines are the same"),
    ],
)
def test_what_cannot_be_scored_is_none_with_a_reason(write, text, reason):
    vectors = KeyedVectors(["a", "b", "c", "zero"], [[1, 0], [1, 1], [0, 1], [0, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = word_pairs(vectors, write(text))
    if reason is None:
        assert result.spearman is not None and result.reason is None
    else:
        assert result.spearman is result.pearson is result.spearman_p is None
        assert reason in result.reason
    assert result.zero == text.count("zero")
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["used"] == result.used


def test_bytes_that_are_no_utf8_find_their_word(write):
    vectors = KeyedVectors([b"caf\xe9", "b", "c"], [[1, 0], [1, 1], [0, 1]])
    assert word_pairs(vectors, write(b"caf\xe9 b 1\ncaf\xe9 c 2\nb c 3\n")).used == 3


# Files and arguments that will not do


def test_unreadable_lines_are_counted_and_shown(rng, write):
    vectors = vectors_of(rng, ["a", "b", "c", "d"])
    pairs = word_pairs(vectors, write("a b high\na b nan\na b\na b 1\nb c 2\na c 3\n"))
    assert (pairs.unreadable, pairs.total) == (3, 3)
    assert pairs.unreadable_lines == ("a b high", "a b nan", "a b")
    questions = analogies(vectors, write("a b c\na b c d d\na b c d\n"))
    assert (questions.unreadable, questions.total, questions.sections[0].name) == (2, 1, "")


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", ": section\n"])
@pytest.mark.parametrize("score", [analogies, word_pairs])
def test_a_file_without_items_is_no_test_set(rng, write, score, text):
    with pytest.raises(FormatError, match=r"set\.txt"):
        score(vectors_of(rng, ["a"]), write(text))


def test_missing_and_damaged_files(rng, write, tmp_path):
    vectors = vectors_of(rng, ["a", "b"])
    for score in (analogies, word_pairs):
        with pytest.raises(FileNotFoundError):
            score(vectors, tmp_path / "missing")
        with pytest.raises((FormatError, CorpusError)):
            score(vectors, write(b"\x1f\x8b\x08 and no gzip data after this"))


@pytest.mark.parametrize("restrict", [0, -1, True])
def test_restrict_must_be_a_number_of_rows(rng, write, restrict):
    with pytest.raises(OptionError, match="restrict_vocab"):
        word_pairs(vectors_of(rng, ["a", "b"]), write("a b 1"), restrict_vocab=restrict)


def test_restricting_words_that_are_not_sorted_by_count_warns(rng, write):
    path = write("a b 1\na c 2\nb c 3\n")
    with pytest.warns(UserWarning, match="not sorted by falling count"):
        word_pairs(vectors_of(rng, ["a", "b", "c"], counts=[1, 5, 2]), path, restrict_vocab=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        word_pairs(vectors_of(rng, ["a", "b", "c"], counts=[5, 5, 2]), path, restrict_vocab=2)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_are_named(write, bad):
    vectors = KeyedVectors(["a", "b", "c", "bad"], np.array([[1, 0], [1, 1], [0, 1], [bad, 1]], "f4"))
    with pytest.raises(FormatError, match=r"row 3 \('bad'\)"):
        word_pairs(vectors, write("a b 1\na c 2\na bad 3\n"))
    with pytest.raises(FormatError, match=r"row 3 \('bad'\)"):
        analogies(vectors, write("a b c a\n"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (": s\na b c d\n", "analogies"),
        ("a b c d\n", "analogies"),
        ("a\tb\t1\n", "pairs"),
        ("word1,word2,score\na,b,1\n", "pairs"),
        ("a b 3 4\n", "pairs"),
    ],
)
def test_the_kind_of_a_test_set_is_told_by_its_content(write, text, wanted):
    assert kind(write(text)) == wanted


def test_gensims_names_lead_here(rng, write):
    vectors, lines = offsets_space(rng)
    path = write("\n".join(lines))
    assert vectors.evaluate_word_analogies(path) == analogies(vectors, path)
    path = write("a0 b0 1\na1 b2 2\na1 a2 3\n")
    assert vectors.evaluate_word_pairs(path) == word_pairs(vectors, path)


def test_words_without_a_row_by_the_policy(tmp_path):
    from wordvec.subwords import make_subwords

    table = np.random.default_rng(0).standard_normal((500, 8)).astype(np.float32)
    subwords = make_subwords("fasttext", table, min_n=3, max_n=4)
    vectors = wordvec.KeyedVectors(["walk", "run", "stay"], np.eye(3, 8), subwords=subwords)
    path = tmp_path / "pairs.tsv"
    path.write_text("walk\trun\t1\nwalks\truns\t2\nwalking\tstay\t3\nwalk\trunner\t5\n")
    assert wordvec.evaluate.word_pairs(vectors, path).used == 1
    result = wordvec.evaluate.word_pairs(vectors, path, oov=True)
    cosines = [vectors.similarity("walk", "run")] + [
        float(np.dot(*(vectors[word] / np.linalg.norm(vectors[word]) for word in pair)))
        for pair in (("walks", "runs"), ("walking", "stay"), ("walk", "runner"))
    ]
    from scipy.stats import pearsonr

    assert result.used == result.found == 4 and result.oov_ratio == 0
    assert result.pearson == pytest.approx(pearsonr([1, 2, 3, 5], cosines).statistic, abs=1e-6)
    assert "other words by the policy of the vectors, 4 of them" in result.policy
    none = wordvec.KeyedVectors(["walk", "run", "stay"], np.eye(3, 8))
    assert wordvec.evaluate.word_pairs(none, path, oov=True).used == 1
