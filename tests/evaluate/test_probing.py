"""Probes of tagged text: files of both forms, figures held to counting by hand, and what cannot be probed."""

import json
import sys

import numpy as np
import pytest

from wordvec import KeyedVectors, LibraryError, OptionError
from wordvec.base.errors import CorpusError, FormatError
from wordvec.evaluate import probe
from wordvec.evaluate.probing import Features, _f1
from wordvec.evaluate.tagged import read_tagged

CONLLU = """\
# sent_id = 1
# text = Don't see # this
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\t_\t_\t0\troot\t_\t_
2\tn't\tnot\tPART\t_\t_\t1\tadvmod\t_\t_
3\tsee\tsee\tVERB\t_\t_\t1\tdep\t_\t_
3.1\tit\tit\tPRON\t_\t_\t_\t_\t_\t_
4\t#\t#\tSYM\t_\t_\t3\tdep\t_\t_

# sent_id = 2
1\tthis\tthis\tPRON\t_\t_\t0\troot\t_\t_
2\tnothing\tnothing\t_\t_\t_\t0\troot\t_\t_
broken line

"""


@pytest.fixture
def write(tmp_path):
    def write(text, name="tagged.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def of_pairs(*sentences):
    """Lines of a word and a tag, from strings such as 'the/D sea/N'."""
    return "\n\n".join("\n".join(pair.replace("/", "\t") for pair in sentence.split()) for sentence in sentences)


@pytest.fixture
def vectors():
    """Nouns n0, n1, ... and verbs v0, v1, ... that lie apart, and a word that is both."""
    rng = np.random.default_rng(2)
    middles = {"n": [3.0, 0, 0], "v": [0, 3.0, 0]}
    words = [f"{kind}{i}" for kind in "nv" for i in range(20)]
    rows = [middles[word[0]] + rng.standard_normal(3) * 0.3 for word in words]
    return KeyedVectors([*words, "both"], np.array([*rows, [0, 0, 3]], np.float32))


# Files


def test_conllu_is_read_by_its_tokens(write):
    tagged = read_tagged(write(CONLLU))
    assert tagged.sentences == [[("Do", "AUX"), ("n't", "PART"), ("see", "VERB"), ("#", "SYM")], [("this", "PRON")]]
    assert len(tagged.unreadable) == 2 and tagged.unreadable[1] == "broken line"


def test_lines_of_a_word_and_a_tag(write):
    tagged = read_tagged(write("\n\nSea\tB-LOC\r\n#\tO\n\n\n1\tO\nalone\n\tO\na\tx\tI-LOC\n"))
    assert tagged.sentences == [[("Sea", "B-LOC"), ("#", "O")], [("1", "O"), ("a", "I-LOC")]]
    assert tagged.unreadable == ["alone", "\tO"]


def test_a_language_goes_where_all_words_have_it(write):
    assert read_tagged(write("en:Sea\tO\nen::\tO\n")).sentences == [[("Sea", "O"), (":", "O")]]
    assert read_tagged(write("en:Sea\tO\nde:Meer\tO\n")).sentences == [[("en:Sea", "O"), ("de:Meer", "O")]]
    assert read_tagged(write("http://x\tO\n")).sentences == [[("http://x", "O")]]


@pytest.mark.parametrize("text", ["", "\n\n", "no tag here\n", b"\0\1\2"])
def test_what_is_no_tagged_text_is_refused(write, text):
    with pytest.raises((FormatError, CorpusError), match=r"must be (CoNLL-U|text)"):
        read_tagged(write(text))


# Probes


def sklearn():
    return pytest.importorskip("sklearn", reason="probes need scikit-learn")


def test_words_that_lie_apart_are_told_apart(vectors, write):
    sklearn()
    train = write(of_pairs(*(f"n{i}/N v{i}/V" for i in range(15))), "train")
    test = write(of_pairs("n16/N v17/V n18/N", "N19/N unknown/V"), "test")
    result = probe(vectors, train, test)
    assert result.accuracy in (0.8, 1.0)  # the word without a vector may be anything
    assert (result.tokens, result.known, result.sentences, result.tags) == (5, 4, 2, 2)
    assert (result.train_tokens, result.train_known, result.coverage) == (30, 30, 0.8)
    assert result.low <= result.accuracy <= result.high and result.majority in (0.4, 0.6)
    assert result.f1 is None and result.unreadable == 0 and result.name == "test"
    assert "unknown words and places beyond the sentence are zeros" in result.policy
    assert json.loads(json.dumps(result.to_dict()))["coverage"] == 0.8


def test_case_matters_where_it_is_asked_to(vectors, write):
    sklearn()
    train, test = write(of_pairs("n1/N v1/V"), "train"), write(of_pairs("N2/N V2/V"), "test")
    assert probe(vectors, train, test).known == 2
    assert probe(vectors, train, test, case_insensitive=False).known == 0


def test_neighbours_help_where_the_word_does_not_tell(vectors, write):
    sklearn()
    sentences = [f"both/A n{i}/N both/B v{i}/V" for i in range(20)]
    train, test = write(of_pairs(*sentences[:15]), "train"), write(of_pairs(*sentences[15:]), "test")
    assert probe(vectors, train, test, window=0).accuracy == 0.75
    assert probe(vectors, train, test, window=1).accuracy == 1


def test_scale_and_place_of_vectors_do_not_matter(vectors, write):
    sklearn()
    rng = np.random.default_rng(3)
    sentences = [
        " ".join(f"{'nv'[i]}{j}/{'NV'[i]}" for i, j in rng.integers((0, 0), (2, 20), (6, 2))) for _ in range(40)
    ]
    train, test = write(of_pairs(*sentences[:20]), "train"), write(of_pairs(*sentences[20:]), "test")
    moved = KeyedVectors(vectors.index_to_key, vectors.vectors * np.float32([1, 64, 0.25]) + np.float32(2))
    ours, theirs = (probe(some, train, test, window=1, max_iter=2000) for some in (vectors, moved))
    assert abs(ours.accuracy - theirs.accuracy) < 0.02


def test_a_token_is_the_vectors_of_its_window(vectors):
    rows = [np.array([0, -1, 2]), np.array([3])]
    features = Features(vectors, rows, 1)
    assert features.windows(rows).tolist() == [[-1, 0, -1], [0, -1, 2], [-1, 2, -1], [-1, 3, -1]]
    known = vectors.vectors[[0, 2, 3]].astype(float)
    scaled = (known - known.mean(axis=0)) / known.std(axis=0)
    made = features(features.windows(rows)).reshape(4, 3, 3)
    np.testing.assert_allclose(made[1], [scaled[0], [0, 0, 0], scaled[1]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(made[3], [[0, 0, 0], scaled[2], [0, 0, 0]], rtol=1e-4, atol=1e-6)


def test_f1_counts_what_is_a_name_or_is_taken_for_one():
    gold = np.array(["O", "B", "I", "O", "B", "O"])
    assert _f1(np.array(["O", "B", "O", "B", "I", "O"]), gold) == pytest.approx(2 * 1 / (3 + 3))
    assert _f1(gold, gold) == 1 and _f1(np.full(2, "O"), np.full(2, "O")) is None


def test_names_are_scored_without_what_is_none(vectors, write):
    sklearn()
    train = write(of_pairs("n1/B-LOC v1/O v2/O", "n2/B-LOC v3/O"), "train")
    result = probe(vectors, train, write(of_pairs("n5/B-LOC v5/O v6/O"), "test"))
    assert result.accuracy == 1 and result.f1 == 1 and result.majority == pytest.approx(2 / 3)


def test_fewer_sentences_to_learn_from(vectors, write):
    sklearn()
    train = write(of_pairs(*(f"n{i}/N v{i}/V" for i in range(20))), "train")
    test = write(of_pairs("n1/N"), "test")
    one, two, other = (probe(vectors, train, test, max_train=7, seed=seed) for seed in (1, 1, 2))
    assert one.train_tokens == 6 and one == two and other.train_tokens == 6
    assert probe(vectors, train, test, max_train=1).train_tokens == 2  # a whole sentence


def test_one_tag_needs_no_classifier(vectors, write):
    result = probe(vectors, write(of_pairs("n1/N n2/N"), "train"), write(of_pairs("n1/N v1/V"), "test"))
    assert result.accuracy == result.majority == 0.5 and result.tags == 1 and result.converged


def test_words_without_any_vector_get_the_usual_tag(vectors, write):
    sklearn()
    result = probe(vectors, write(of_pairs("x/N y/N z/V"), "train"), write(of_pairs("x/N y/V"), "test"))
    assert (result.accuracy, result.known) == (0.5, 0)


def test_a_classifier_that_could_go_on_says_so(vectors, write):
    sklearn()
    train = write(of_pairs(*(f"n{i}/N v{i}/V both/B" for i in range(9))), "train")
    assert not probe(vectors, train, train, max_iter=1).converged
    assert probe(vectors, train, train).converged


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": -1}, "window must be an integer >= 0; got -1"),
        ({"window": True}, "window must be an integer"),
        ({"max_train": 0}, "max_train must be an integer >= 1; got 0"),
        ({"max_iter": 0.5}, "max_iter must be an integer >= 1; got 0.5"),
        ({"C": 0}, "C must be a number > 0; got 0"),
    ],
    ids=str,
)
def test_bad_options(vectors, write, options, message):
    with pytest.raises(OptionError, match=message):
        probe(vectors, write(of_pairs("n1/N")), write(of_pairs("n1/N")), **options)


def test_vectors_that_are_not_finite(write):
    broken = KeyedVectors(["a", "b"], np.array([[1, 2], [np.nan, 1]], np.float32))
    with pytest.raises(FormatError, match=r"row 1 .*NaN"):
        probe(broken, write(of_pairs("a/N b/V")), write(of_pairs("a/N"), "test"))


def test_without_scikit_learn(vectors, write, monkeypatch):
    for name in ("sklearn", "sklearn.exceptions", "sklearn.linear_model"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(LibraryError, match=r"pip install \"wordvec\[sklearn\]\""):
        probe(vectors, write(of_pairs("n1/N v1/V"), "train"), write(of_pairs("n1/N"), "test"))
