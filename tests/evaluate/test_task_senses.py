"""Words in context: WiC, WiC-TSV and SCWS, and the thresholds and means that they are decided by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordvec import FormatError, KeyedVectors, SenseVectors
from wordvec.evaluate.policy import Policy, Resolver
from wordvec.evaluate.suite import Model, differences, evaluate, find
from wordvec.evaluate.tasks import TASKS
from wordvec.evaluate.tasks.contexts import context_means, same_meaning, threshold
from wordvec.evaluate.tasks.induced_senses import agreement

# Two topics: words of one are alike.
KV = KeyedVectors(["cash", "loan", "water", "shore", "bank"], [[3, 1], [2, 1], [0, 1], [-1, 3], [5, 5]])
MONEY, RIVER = "bank cash loan", "bank water shore"


def wic(folder, split, pairs, labels):
    lines = [f"bank\tN\t0-0\t{one}\t{other}" for one, other in pairs]
    (folder / f"{split}.data.txt").write_text("\n".join(lines) + "\n")
    (folder / f"{split}.gold.txt").write_text("\n".join(labels) + "\n")
    return folder / f"{split}.data.txt"


def run(name, path, vectors=KV, **policy):
    return TASKS[name].run(Resolver(vectors, Policy(**policy)), TASKS[name].read(path), 1)


def test_wic_takes_its_threshold_from_the_files_before_it(tmp_path):
    pairs = [(MONEY, MONEY), (RIVER, RIVER), (MONEY, RIVER), (RIVER, MONEY)]
    test = wic(tmp_path, "test", pairs, "TTFF")
    (alone,) = run("wic", test)
    wic(tmp_path, "dev", pairs[1:3], "TF")
    (right,) = run("wic", test)
    assert right.interval().score == 1 and right.used == right.total == 4 and right.headline
    wic(tmp_path, "dev", pairs[1:3], "FT")  # a threshold above all scores, or below
    (wrong,) = run("wic", test)
    assert wrong.interval().score == 0.5
    read = TASKS["wic"].read(test)
    assert read.name == "wic-test" and len(read.more["earlier"]) == 2 and alone.used == 4


def test_wic_is_read_in_the_folders_of_the_published_archive(tmp_path):
    for split in ("train", "dev"):
        (tmp_path / split).mkdir()
        wic(tmp_path / split, split, [(MONEY, MONEY), (MONEY, RIVER)], "TF")
    found = find(TASKS.values(), [tmp_path])
    assert [dataset.name for _, dataset in found.sets] == ["wic-dev", "wic-train"]
    assert [len(dataset.more["earlier"]) for _, dataset in found.sets] == [2, 0]


def test_the_word_itself_and_unknown_words_are_no_part_of_a_context(tmp_path):
    (outcome,) = run("wic", wic(tmp_path, "dev", [("bank", "bank cash"), ("bank cash nowhere", "bank loan")], "TF"))
    assert (outcome.used, outcome.total, outcome.coverage) == (1, 2, 0.5)
    assert outcome.items.tolist() == [1]  # sorted by context
    (every,) = run("wic", tmp_path / "dev.data.txt", oov="mean")
    assert (every.used, every.coverage) == (1, 0.5)  # an empty context has no mean


def test_labels_must_lie_beside_the_contexts_line_by_line(tmp_path):
    path = wic(tmp_path, "dev", [(MONEY, RIVER)] * 3, "TFT")
    (tmp_path / "dev.gold.txt").write_text("T\nF\n")
    with pytest.raises(FormatError, match=r"dev\.data\.txt 3, dev\.gold\.txt 2"):
        TASKS["wic"].read(path)
    (tmp_path / "dev.gold.txt").write_text("T\nmaybe\nT\n\n\n")
    assert len(TASKS["wic"].read(path).unreadable) == 1
    (tmp_path / "dev.gold.txt").unlink()
    with pytest.raises(FormatError, match=r"there is no dev\.gold\.txt"):
        TASKS["wic"].read(path)
    assert "dev.gold.txt" in find(TASKS.values(), [tmp_path]).refused[0]


def test_lines_of_other_forms_are_counted(tmp_path):
    path = wic(tmp_path, "dev", [(MONEY, RIVER)], "TTTTT")
    with path.open("a") as file:
        file.write("bank\tN\t9-0\tbank cash\tbank loan\nbank\tN\t0-0\tbank cash\nbank\tN\tone\ta\tb\n\n")
    read = TASKS["wic"].read(path)
    assert len(read.items) == 1 and len(read.unreadable) == 3


def test_wic_tsv_compares_a_context_with_definition_and_hypernyms(tmp_path):
    files = {
        "examples": ["bank\t0\tbank cash", "bank\t1\twater bank"] * 2,
        "definitions": ["a loan, or (cash).", "water and shore", "water-shore shore", "the loan"],
        "hypernyms": ["loan_cash", "shore\twater"] * 2,
        "labels": ["T", "T", "F", "F"],
    }
    for name, lines in files.items():
        (tmp_path / f"dev_{name}.txt").write_text("\n".join(lines) + "\n")
    read = TASKS["wic-tsv"].read(tmp_path / "dev_examples.txt")
    assert read.name == "wic-tsv-dev"
    assert read.items[0] == (
        "bank",
        ("cash",),
        (("a", "loan", "or", "cash", "loan", "cash"), ("a", "loan", "or", "cash"), ("loan", "cash")),
        1.0,
    )
    outcomes = run("wic-tsv", tmp_path / "dev_examples.txt")
    assert [one.measure for one in outcomes] == ["accuracy", "accuracy-definition", "accuracy-hypernyms"]
    assert outcomes[1].interval().score == 1 and [one.headline for one in outcomes] == [True, False, False]


def test_scws_correlates_words_and_contexts(tmp_path):
    contexts = {"cash": "the <b> cash </b> loan", "water": "<b> Water </b> shore", "bank": "cash <b> bank </b> shore"}
    pairs = [("cash", "cash", 9), ("cash", "water", 1), ("bank", "water", 5), ("bank", "cash", 6)]
    lines = [
        f"{i}\t{a}\tn\t{b}\tn\t{contexts[a]}\t{contexts[b]}\t{rating}\t1\t2" for i, (a, b, rating) in enumerate(pairs)
    ]
    (tmp_path / "ratings.txt").write_text("\n".join(lines))
    words, means = run("scws", tmp_path / "ratings.txt")
    expected = sorted((*pair[:2], pair[2]) for pair in pairs)
    assert [item[:2] + item[-1:] for item in TASKS["scws"].read(tmp_path / "ratings.txt").items] == expected
    np.testing.assert_allclose(words.values, [KV.similarity(a, b) for a, b, _ in expected], atol=1e-6)
    assert words.interval().score == 1 and words.used == 4  # a pair of a word with itself counts
    of = {"cash": KV["loan"], "water": KV["shore"], "bank": (KV["cash"] + KV["shore"]) / 2}
    cosine = [of[a] @ of[b] / np.linalg.norm(of[a]) / np.linalg.norm(of[b]) for a, b, _ in expected]
    np.testing.assert_allclose(means.values, cosine, atol=1e-6)


def senses():
    """`bank` has a sense of money and one of rivers."""
    contexts = KeyedVectors(["cash", "loan", "water", "shore"], [[1, 0], [1, 0], [0, 1], [0, 1]])
    return SenseVectors(
        ["bank|1", "bank|2", "cash|1"],
        [[1, 0], [0, 1], [1, 0]],
        attributes={"share": [0.6, 0.4, 1.0], "centre": np.array([[1, 0], [0, 1], [1, 0]], np.float32)},
        contexts=contexts,
    )


def test_scws_of_senses(tmp_path):
    pairs = [("bank", "cash", "loan", 9), ("bank", "cash", "water", 1), ("bank", "bank", "shore", 5)]
    lines = [
        f"{i}\t{a}\tn\t{b}\tn\t{near} <b> {a} </b>\tloan <b> {b} </b>\t{rating}"
        for i, (a, b, near, rating) in enumerate([*pairs, ("nowhere", "cash", "loan", 2)])
    ]
    (tmp_path / "ratings.txt").write_text("\n".join(lines))
    weighted, plain, most = run("scws", tmp_path / "ratings.txt", senses())
    assert [one.measure for one in (weighted, plain, most)] == ["avgsim-c", "avgsim", "maxsim-c"]
    assert weighted.used == 3 and weighted.headline
    np.testing.assert_allclose(most.values, [0, 1, 0])  # sorted: bank bank, bank cash loan, bank cash water
    np.testing.assert_allclose(weighted.values, most.values, atol=1e-4)
    np.testing.assert_allclose(plain.values, 0.5)


def test_senses_are_induced_in_contexts(tmp_path):
    contexts = ["cash\tloan", "loan\tcash", "\twater", "shore\t"]
    (tmp_path / "wsi-dataset.txt").write_text("\n".join(["bank.n 4", *contexts, "river.n 1", "cash\tloan"]) + "\n")
    gold = [f"bank.n bank.n.{i + 1} bank.n.{'1122'[i]}" for i in range(4)]
    (tmp_path / "wsi-key.txt").write_text("\n".join([*gold, "river.n river.n.1 river.n.1"]) + "\n")
    outcomes = run("induced-senses", tmp_path / "wsi-dataset.txt", senses())
    assert [(one.measure, one.values.tolist()) for one in outcomes] == [
        ("v-measure", [1.0]),
        ("paired-f", [1.0]),
        ("ari", [1.0]),
    ]
    assert (outcomes[0].used, outcomes[0].total) == (1, 2)
    one_sense = run("induced-senses", tmp_path / "wsi-dataset.txt")
    assert [one.values.tolist() for one in one_sense] == [[0.0], [0.5], [0.0]]
    (tmp_path / "wsi-key.txt").unlink()
    with pytest.raises(FormatError, match="senses must lie beside it"):
        TASKS["induced-senses"].read(tmp_path / "wsi-dataset.txt")


def test_agreement_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    metrics = pytest.importorskip("sklearn.metrics")
    for _ in range(5):
        gold, found = rng.integers(0, 3, 20), rng.integers(0, 4, 20)
        v, _, ari = agreement(gold, 2 * found)
        assert v == pytest.approx(metrics.v_measure_score(gold, found), abs=1e-12)
        assert ari == pytest.approx(metrics.adjusted_rand_score(gold, found), abs=1e-12)


def test_means_keep_the_lengths_of_vectors():
    contexts = [["cash", "water"], ["nowhere"], [], ["cash", "cash", "nowhere"]]
    means, usable, known = context_means(Resolver(KV, Policy()), contexts)
    np.testing.assert_allclose(means, [[1.5, 1], [0, 0], [0, 0], [3, 1]])
    assert usable.tolist() == known.tolist() == [True, False, False, True]
    means, usable, known = context_means(Resolver(KV, Policy(oov="zero")), contexts)
    np.testing.assert_allclose(means[3], [2, 2 / 3])
    assert usable.tolist() == [True, True, False, True] and known.tolist() == [True, False, False, True]


@given(st.lists(st.tuples(st.sampled_from([-0.5, 0.0, 0.25, 0.7]), st.booleans()), min_size=1, max_size=12))
def test_no_threshold_is_better(items):
    scores, gold = (np.array(some, float) for some in zip(*items))
    right = ((scores > threshold(scores, gold)) == gold).mean()
    assert right == max(((scores > bound) == gold).mean() for bound in (-1, -0.3, 0.1, 0.5, 1))


def test_without_other_items_each_half_has_the_threshold_of_the_other():
    scores, gold = np.array([0.9, 0.9, 0.1, 0.1, 0.5]), np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    nothing = (np.zeros(0), np.zeros(0))
    # Above .5 for the items at even places (the other half has .9 and .1), above .3 for those at odd places.
    assert same_meaning(scores, gold, nothing).tolist() == [True, True, True, True, False]
    assert same_meaning(scores[:1], gold[:1], nothing).tolist() == [True]  # above 0


def test_models_are_compared_by_mcnemar(tmp_path):
    pairs = [(MONEY, MONEY), (RIVER, RIVER), (MONEY, RIVER), (RIVER, MONEY)] * 5
    wic(tmp_path, "dev", pairs, "TTFF" * 5)
    wic(tmp_path, "test", pairs[:4], "TTFF")
    wrong = KeyedVectors(KV.index_to_key, [[1, 0], [0, 1], [0, 1], [1, 0], [1, 1]])
    report = evaluate([Model("good", KV), Model("bad", wrong)], find([TASKS["wic"]], [tmp_path]))
    assert {one.test for one in differences(report)} == {"mcnemar"}
