"""Attributes of nodes: what is read, how often they are met on walks, what is learned of them, bad input."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

import wordvec
from wordvec.graphs import Graph, PairCounts
from wordvec.graphs.attributes import attributes_met, node_attributes, placed
from wordvec.graphs.walks import walk_corpus

SQUARE = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c")]
OWN = {"a": ["red", "round"], "b": ["red"], "d": ["blue"]}  # c has none
SMALL = {"vector_size": 8, "workers": 1, "walks": 5, "walk_length": 8, "window": 2}


def twin(walks, own, distances):
    """[distances] of {(node, attribute): times}, counted pair by pair as algorithm 2 of the paper does."""
    sentences = [[walks.vocabulary[i] for i in walks.ids[a:b]] for a, b in zip(walks.offsets[:-1], walks.offsets[1:])]
    found = []
    for r in range(1, distances + 1):
        counts = {}
        for nodes in sentences:
            for left, right in zip(nodes, nodes[r:]):
                for node, other in ((left, right), (right, left)):
                    for attribute in own.get(other, ()):
                        counts[node, attribute] = counts.get((node, attribute), 0) + 1
        found.append(counts)
    return found


def told(matrix, nodes, attributes):
    cells = matrix.tocoo()
    return {(nodes[i], attributes[j]): value for i, j, value in zip(cells.row, cells.col, cells.data)}


@pytest.mark.parametrize("directed", [False, True])
def test_the_attributes_met_are_those_of_the_algorithm(directed, monkeypatch):
    monkeypatch.setattr("wordvec.graphs.attributes.BLOCK", 50)  # several blocks
    edges = [*SQUARE, ("d", "e")]  # where walks of the directed graph end
    walks = walk_corpus(Graph.of(edges, directed=directed), walks=6, walk_length=9)
    own = node_attributes(OWN)
    weights = placed(own, walks.vocabulary)
    expected = twin(walks, OWN, 3)
    multi = attributes_met(walks, weights, 3, pooled=False)
    assert [told(matrix, walks.vocabulary, own.contexts) for matrix in multi] == expected
    (pooled,) = attributes_met(walks, weights, 3, pooled=True)
    np.testing.assert_array_equal(pooled.toarray(), sum(matrix.toarray() for matrix in multi))


def test_two_nodes_by_hand():
    """Walks a b a b and b a b a: six neighbours of either, and two steps away each twice its own twin in both walks."""
    walks = walk_corpus(Graph.of([("a", "b")]), walks=1, walk_length=4)
    own = node_attributes([("a", "x", 1), ("b", "y", 2.5)])
    one, two, three = (
        told(matrix, walks.vocabulary, own.contexts)
        for matrix in attributes_met(walks, placed(own, walks.vocabulary), 3, pooled=False)
    )
    assert one == {("a", "y"): 15, ("b", "x"): 6}
    assert two == {("a", "x"): 4, ("b", "y"): 10}
    assert three == {("a", "y"): 5, ("b", "x"): 2}


def test_the_expected_numbers_are_powers_of_the_transitions():
    """Walks that start anywhere in a graph where all nodes have the same degree meet attributes as P^r F says."""
    size, rng = 10, np.random.default_rng(1)
    ring = [(str(i), str((i + step) % size)) for i in range(size) for step in (1, 2)]
    walks = walk_corpus(Graph.of(ring), walks=200, walk_length=20)
    weights = csr_array((rng.random((size, 4)) < 0.5).astype(float))
    rows = [int(word) for word in walks.vocabulary]
    step = np.zeros((size, size))
    for left, right in np.array(ring, int):
        step[left, right] = step[right, left] = 1 / 4
    for r, matrix in enumerate(attributes_met(walks, weights[rows], 3, pooled=False), 1):
        expected = 2 * 200 * (20 - r) * np.linalg.matrix_power(step, r) @ weights.toarray()
        assert np.abs(matrix.toarray() - expected[rows]).max() < 0.1 * expected.max()


# What is read


def test_the_same_attributes_in_any_form(tmp_path):
    file = tmp_path / "own.txt"
    file.write_text("# of nodes\na red round\n\nb\tred\nc\nd blue\n")
    matrix = csr_array(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1.0]]))
    pairs = [(node, name) for node, names in OWN.items() for name in names]
    sources = (
        file,
        [str(file)],
        OWN,
        pairs,
        PairCounts.of(pairs),
        PairCounts.from_matrix(matrix, list("abcd"), ["red", "round", "blue"]),
    )
    expected = node_attributes(OWN)
    assert list(expected.contexts) == ["red", "blue", "round"]
    assert {node_attributes(source).fingerprint for source in sources} == {expected.fingerprint}
    numbers = node_attributes({0: [0, 1], 1: [0], 3: [2]})
    assert numbers.fingerprint == node_attributes(matrix).fingerprint
    two = node_attributes([file, file])
    assert two.weights.tolist() == [2] * 4  # a node that has an attribute twice has twice the weight


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"z": ["red"], "a": ["red"]}, "1 of 2 nodes with attributes are not in the graph, such as 'z'"),
        ({}, "no node has any"),
        ({"a": [], "b": []}, "no node has any"),
        ({"a": "red"}, "list of str; those of 'a' are 'red'"),
        ({"a": [None]}, "got None of 'a'"),
        ({"a": 7}, "those of 'a' are 7"),
        ([("a", "red", -1)], "not below zero; got '-1'"),
        ([("a", "red", 0)], "no node has any"),
        ([("a", "red", float("nan"))], "finite"),
        ([("a",)], "node, attribute"),
        (7, "attributes must be"),
        (np.eye(4), "csr_array makes it sparse"),
        (csr_array(np.array([[1.0, -1.0]])), "not below zero"),
        (csr_array((2, 3)), "the matrix \\(2, 3\\) has none"),
        (csr_array(np.eye(3)), "3 of 3 nodes with attributes are not in the graph, such as '0'"),
    ],
    ids=str,
)
def test_bad_attributes_are_errors(source, message):
    with pytest.raises(wordvec.CorpusError, match=message):
        wordvec.DeepWalk(**SMALL).fit(SQUARE, attributes=source)


@pytest.mark.parametrize(("text", "message"), [("# none\n", "at least one line `NODE"), ("a\nb\n", "no node has any")])
def test_bad_files_of_attributes_are_errors(text, message, tmp_path):
    file = tmp_path / "own.txt"
    file.write_text(text)
    with pytest.raises(wordvec.CorpusError, match=message):
        wordvec.Node2Vec(**SMALL).fit(SQUARE, attributes=file)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hs": True}, "hs must be False"),
        ({"window": 8}, "window must be below walk_length"),
        ({"window": 7, "vector_size": 6, "scales": "multi"}, "vector_size must be at least window=7"),
        ({"scales": "both"}, "scales must be"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(wordvec.OptionError, match=message):
        wordvec.DeepWalk(**SMALL | options).fit(SQUARE, attributes=OWN)
    if options.get("scales") == "multi":
        with pytest.raises(wordvec.OptionError, match="attributes must be given"):
            wordvec.DeepWalk(**SMALL | options).fit(SQUARE)


def test_rows_of_a_matrix_without_an_edge_are_told():
    arcs = np.array([0, 1, 2]), np.array([1, 2, 4])
    with pytest.warns(UserWarning, match="2 of 6 nodes with attributes are not in the graph, such as '3'"):
        vectors = wordvec.DeepWalk(**SMALL).fit(arcs, attributes=csr_array(np.eye(6)))
    assert vectors.metadata["attributes"]["unknown"] == 2 and len(vectors) == 4


# What is learned


def lattice(side):
    """A torus of six by six nodes."""
    return [
        (f"{side}{i}{j}", f"{side}{(i + down) % 6}{(j + 1 - down) % 6}")
        for i in range(6)
        for j in range(6)
        for down in (0, 1)
    ]


@pytest.mark.parametrize(
    ("model", "scales"), [(wordvec.DeepWalk, "pooled"), (wordvec.DeepWalk, "multi"), (wordvec.Node2Vec, "multi")]
)
def test_twins_far_apart_are_near(model, scales):
    """Two copies of a graph, not linked: a node finds its twin by attributes, and could not by nodes that it meets."""
    edges = [*lattice("x"), *lattice("y")]
    own = {side + f"{i}{j}": [f"{i}/{j // 3}", f"{j}|{i // 3}"] for side in "xy" for i in range(6) for j in range(6)}
    trainer = model(vector_size=16, workers=2, walks=10, walk_length=20, window=2, epochs=5, alpha=0.1, scales=scales)

    def rank(vectors):
        """The mean share of the nodes of the other copy that are nearer than the twin."""
        unit = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
        names = [node[1:] for node in vectors if node[0] == "x"]
        x, y = (unit[vectors.vocabulary.ids([side + name for name in names])] for side in "xy")
        scores = x @ y.T
        return float((scores > np.diag(scores)[:, None]).mean())

    assert rank(trainer.fit(edges, attributes=own)) < 0.05
    if scales == "pooled":
        assert rank(trainer.fit(edges)) > 0.3  # one half by chance


@pytest.mark.parametrize("scales", ["pooled", "multi"])
def test_repeats_is_saved_and_goes_on(scales, tmp_path):
    trainer = wordvec.DeepWalk(**SMALL | {"vector_size": 7}, scales=scales, epochs=4)
    how = {"attributes": OWN, "keep_context": True}
    whole = trainer.fit(SQUARE, **how)
    assert np.array_equal(trainer.fit(SQUARE, **how).vectors, whole.vectors) and whole.vectors.dtype == np.float32
    assert whole.vectors.shape == (4, 7) and whole.contexts.vectors.shape == (3, 7)
    assert list(whole.contexts) == ["red", "blue", "round"] and len(whole.metadata["loss"]) == 4
    assert wordvec.DeepWalk(**json.loads(json.dumps(whole.metadata["options"])), workers=1) == trainer
    about = whole.metadata["attributes"]
    assert (about["attributes"], about["nodes"], about["without"], about["unknown"]) == (3, 3, 1, 0)
    whole.save(tmp_path / "v.safetensors")
    again = wordvec.load(tmp_path / "v.safetensors")
    assert np.array_equal(again.contexts.vectors, whole.contexts.vectors) and again.metadata == whole.metadata
    moved = trainer.fit(SQUARE, init=again, **how)
    assert moved.metadata["init"]["shared"] == 4 and moved.metadata["loss"][0] < whole.metadata["loss"][0]

    def fail(epoch):
        if epoch.number == 3:
            raise KeyboardInterrupt

    checkpoint = wordvec.Checkpoint(tmp_path / "run", every="1epochs")
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(SQUARE, checkpoint=checkpoint, callbacks=fail, **how)
    goes_on = wordvec.Checkpoint(tmp_path / "run", resume=True)
    assert np.array_equal(trainer.fit(SQUARE, checkpoint=goes_on, **how).vectors, whole.vectors)
    with pytest.raises(wordvec.OptionError, match="attributes"):
        trainer.fit(SQUARE, checkpoint=goes_on, attributes={"a": ["red"]}, keep_context=True)


def test_nodes_that_meet_nothing_are_zero_and_told():
    """Of two components one has no attributes; on a path of two, those of a are one step from b and two from a."""
    edges = [("a", "b"), ("c", "d")]
    with pytest.warns(UserWarning, match="2 of 4 nodes meet no attribute on any walk, such as 'c'"):
        vectors = wordvec.DeepWalk(**SMALL, scales="multi").fit(edges, attributes={"a": ["red"]})
    assert not vectors["c"].any() and not vectors["d"].any()
    assert vectors["b"][:4].any() and not vectors["b"][4:].any()
    assert not vectors["a"][:4].any() and vectors["a"][4:].any()
    with pytest.raises(wordvec.CorpusError, match="none does at a distance of 2"):
        wordvec.DeepWalk(**SMALL, scales="multi", directed=True).fit(edges, attributes={"a": ["red"]})


def test_the_command_takes_attributes(tmp_path, capsys, monkeypatch):
    from wordvec.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.txt").write_text("\n".join(" ".join(edge) for edge in SQUARE))
    (tmp_path / "own.txt").write_text("\n".join(" ".join([node, *names]) for node, names in OWN.items()))
    options = [word for name, value in SMALL.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    how = ["--model", "deepwalk", "--attributes", "own.txt", "--keep-context", *options]
    assert main(["train", "graph.txt", "--scales", "multi", *how]) == 0
    assert "3 attributes of 3 nodes, none of 1" in capsys.readouterr().err
    made, given = wordvec.load("graph.safetensors"), wordvec.DeepWalk(**SMALL, scales="multi")
    assert np.array_equal(made.vectors, given.fit(SQUARE, attributes=OWN).vectors) and made.contexts is not None
    (tmp_path / "own.txt").write_text("nobody red\n")
    assert main(["train", "graph.txt", "--force", *how]) == 1
    assert "'nobody'" in capsys.readouterr().err
    assert main(["train", "graph.txt", "--model", "node2vec", "--scales", "multi", "--force"]) != 0
    assert "--attributes must be given" in capsys.readouterr().err
