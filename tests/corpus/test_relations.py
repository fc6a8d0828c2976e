"""Relations: what is read, counted, left out with a warning and refused."""

import gzip

import numpy as np
import pytest

from wordvec import CorpusError, Relations
from wordvec.corpus.relations import on_cycles

PAIRS = [("dog", "mammal"), ("cat", "mammal"), ("mammal", "animal")]


def written(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_of_every_line_end_with_and_without_a_mark(tmp_path, end, mark):
    text = mark + end.join(f" {child}\t{parent} " for child, parent in PAIRS).encode() + end.encode() * 2
    relations, given = Relations.of(written(tmp_path / "a.tsv", text)), Relations.of(PAIRS)
    assert list(relations.vocabulary) == ["mammal", "animal", "cat", "dog"]
    assert relations.pairs.tolist() == [[0, 1], [2, 0], [3, 0]] and relations.fingerprint == given.fingerprint
    assert relations.vocabulary.counts.tolist() == [3, 1, 1, 1] and relations.stats.blank == 1
    (tmp_path / "b.gz").write_bytes(gzip.compress(text))
    assert Relations.of(str(tmp_path / "b.gz")).fingerprint == given.fingerprint


def test_the_order_of_pairs_does_not_count_and_several_files_are_one(tmp_path):
    paths = [written(tmp_path / f"{i}.tsv", "\t".join(pair)) for i, pair in enumerate(PAIRS)]
    assert Relations.of(paths).fingerprint == Relations.of(PAIRS[::-1]).fingerprint
    assert Relations.of(np.array(PAIRS)).fingerprint == Relations.of(iter(PAIRS)).fingerprint
    assert Relations.of(Relations.of(PAIRS)).stats.pairs == 3


def test_names_may_hold_spaces_and_bytes_that_are_no_utf8(tmp_path):
    relations = Relations.of(written(tmp_path / "a.tsv", b"New York\tcity\nM\xe4dchen\tcity\n"))
    assert "New York" in relations.vocabulary and "M\udce4dchen" in relations.vocabulary


def test_self_pairs_and_repeated_ones_are_counted_and_left_out():
    with pytest.warns(UserWarning) as caught:
        relations = Relations.of([*PAIRS, ("dog", "dog"), ("lone", "lone"), ("dog", "mammal")])
    said = [str(warning.message) for warning in caught]
    assert said == [
        "2 of 6 pairs of a node and itself say nothing and are left out",
        "1 of 6 pairs are repeated and count once",
    ]
    stats = relations.stats
    assert (stats.read, stats.pairs, stats.self_pairs, stats.repeated, stats.nodes) == (6, 3, 2, 1, 4)
    assert "lone" not in relations.vocabulary


def test_a_cycle_is_named():
    with pytest.warns(UserWarning, match=r"the relations are no tree: 3 nodes are their own ancestors .*'a', 'c', 'b'"):
        relations = Relations.of([("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"), ("c", "e")])
    assert relations.stats.cyclic == 3


def test_nodes_on_cycles_against_a_plain_search():
    rng = np.random.default_rng(0)
    for _ in range(30):
        pairs = np.unique(rng.integers(0, 12, (14, 2)).astype(np.int32), axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        reach = np.zeros((12, 12), bool)
        reach[pairs[:, 0], pairs[:, 1]] = True
        for k in range(12):
            reach |= reach[:, [k]] & reach[[k]]
        own = np.diag(reach)
        between = (reach[:, own].any(axis=1) & reach[own].any(axis=0)) | own
        assert on_cycles(pairs, 12).tolist() == np.flatnonzero(between).tolist()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "at least one pair of a child and its parent; got none"),
        ("\n\n", "at least one pair of a child and its parent; got none"),
        ("a\tb\nc\td\te\n", "line 2 has 3 columns: 'c\\\\td\\\\te'"),
        ("a\tb\nc d\n", "line 2 has 1 column; columns are separated by a tab, and names may hold spaces: 'c d'"),
        ("a\t\n", "line 1 has an empty name"),
        ("a\ta\nb\tb\n", "all 2 are of a node and itself, such as 'a': a graph of one node has no distances"),
        (b"a\tb\n\0\1\2", "it must be text"),
    ],
)
def test_what_is_no_relation_is_refused(tmp_path, text, said):
    with pytest.raises(CorpusError, match=said):
        Relations.of(written(tmp_path / "a.tsv", text))


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([], "got none"),
        (3, "must be a file of lines .* or pairs; got 3"),
        ([("a", "b", "c")], r"number 0 is \('a', 'b', 'c'\)"),
        ([("a", "b"), ("a", 3)], r"number 1 is \('a', 3\)"),
        ([("a", " ")], "number 0 has an empty one"),
    ],
)
def test_what_are_no_pairs_are_refused(pairs, said):
    with pytest.raises(CorpusError, match=said):
        Relations.of(pairs)


def test_a_missing_file_is_an_error_of_files(tmp_path):
    with pytest.raises(FileNotFoundError):
        Relations.of(tmp_path / "none.tsv")
