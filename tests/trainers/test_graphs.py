"""Graphs: what is read, walks and their chances, the gradient of first order, syntactic contexts, bad input."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_array
from test_word2vec_kernel import LEVELS, realign, run, task

import wordvec
from wordvec.base.caches import cache_folder
from wordvec.graphs import Graph, dependency_pairs
from wordvec.graphs.walks import walk_corpus
from wordvec.optim.descent import aligned_matrix

SQUARE = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"), ("a", "c")]


def one_matrix(dim=5, words=7):
    matrix = aligned_matrix(words, dim, np.float64)
    matrix[:] = np.random.default_rng(3).standard_normal((words, dim)) / dim**0.5
    return matrix


def of_first_order(matrix, alpha):
    """The loss of groups whose nodes and contexts are rows of one matrix; the matrix is changed."""
    groups = [[1, 2, 3, 1], [0, 4], [5], [6, 0, 1, 2, 3, 4]]  # of the nodes 0, 3, 2 and 5
    given = task(groups, pool=10, centres=6, with_words=False, documents=np.array([0, 3, 2, 5], np.int32))
    return run(given | {"document_rows": matrix}, matrix, matrix, alpha)[0]


def test_first_order_steps_down_the_numerical_gradient_of_one_matrix():
    """Each row moves as a node and as a context and noise of others; a node that is drawn as its own noise is none."""
    matrix = one_matrix()
    after = realign(matrix.copy())
    of_first_order(after, 1e-6)
    numeric = np.empty_like(matrix)
    for index in np.ndindex(matrix.shape):
        losses = []
        for change in (1e-5, -1e-5):
            moved = realign(matrix.copy())
            moved[index] += change
            losses.append(of_first_order(moved, 0.0))
        numeric[index] = (losses[0] - losses[1]) / 2e-5
    np.testing.assert_allclose((matrix - after) / 1e-6, numeric, rtol=1e-4, atol=1e-4)
    assert np.abs(numeric).max() > 0.5


@pytest.mark.parametrize("level", LEVELS)
def test_a_node_is_no_noise_of_its_own(level):
    """Of two nodes of which each is the other's only neighbour, the scores rise without end."""
    matrix = aligned_matrix(2, 8)
    matrix[:] = 0.1
    given = task([[1] * 6, [0] * 6], words=2, pool=10, centres=6, noise=0.5, with_words=False)
    given |= {"documents": np.array([0, 1], np.int32), "document_rows": matrix}
    before = float(matrix[0] @ matrix[0])
    run(given, matrix, matrix, 0.05, level=level)
    assert matrix[0] @ matrix[1] > before  # noise that is a target weighs nothing, and there is no other


def test_edge_lists_are_read_as_documented(tmp_path):
    file = tmp_path / "graph.edgelist"
    file.write_text("# nodes\n% of a graph\na b\n\nb\ta\nc   c\nb c\na b\n")
    graph = Graph.of(file)
    assert list(graph.vocabulary) == ["b", "a", "c"] and not graph.is_weighted
    stats = graph.stats
    assert (stats.edges_read, stats.edges, stats.loops, stats.repeated, stats.nodes) == (5, 2, 1, 2, 3)
    directed = Graph.of(file, directed=True)
    assert directed.stats.edges == 3 and directed.stats.repeated == 1
    file.write_text("a b 2\nb a 3\nb c 1\n")
    weighted = Graph.of(file)
    assert weighted.to_scipy()[0, 1] == 5 and weighted.is_weighted
    assert weighted.vocabulary.counts.tolist() == [6, 5, 1]


def test_the_same_graph_in_any_form():
    rows, columns = np.array([0, 0, 1]), np.array([1, 2, 2])
    expected = Graph.of([("0", "1"), ("0", "2"), ("1", "2")])
    matrix = csr_array((np.ones(3), (rows, columns)), (3, 3))

    class Networkx:
        """What a graph of networkx answers; the library itself is not needed."""

        def nodes(self):
            return [0, 1, 2, "alone"]

        def edges(self, data):
            return [(0, 1, None), (0, 2, None), (1, 2, None)]

        def is_directed(self):
            return False

    for source in ((rows, columns), matrix, matrix + matrix.T, Networkx(), expected):
        graph = Graph.of(source)
        assert graph.fingerprint == expected.fingerprint
    assert Graph.of(Networkx()).stats.isolated == 1
    named = Graph.from_matrix(matrix, ["x", "y", "z"], directed=True)
    assert named.directed and sorted(named.vocabulary) == ["x", "y", "z"] and len(named.indices) == 3


def test_a_graph_of_networkx():
    networkx = pytest.importorskip("networkx")
    graph = Graph.of(networkx.karate_club_graph())
    assert len(graph) == 34 and graph.stats.edges == 78 and graph.is_weighted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no tokens"),
        ("# nothing\n", "at least one line"),
        ("a a\n", "one node"),
        ("a b 0\n", "above zero"),
        ("a\n", "line 1 has 1 column"),
        ("a b 1 2 3\n", "line 1 has 5 columns"),
        ("a b\nb c 2\n", "line 2 has 3 columns, not as the first one, which has 2"),
        ("a b x\n", "'x' in line 1"),
        ("a b 1\nb c -1\n", "'-1' in line 2"),
        ("a b nan\n", "finite"),
    ],
)
@pytest.mark.parametrize("model", ["line", "deepwalk", "node2vec"])
def test_bad_edge_lists_are_errors(model, text, message, tmp_path):
    file = tmp_path / "graph.txt"
    file.write_text(text)
    with pytest.raises(wordvec.CorpusError, match=message):
        wordvec.train(file, model=model)


@pytest.mark.parametrize("source", [7, b"a b", [("a",)], [("a", 1)], csr_array(np.ones((2, 3)))], ids=str)
def test_what_is_no_graph_is_an_error(source):
    with pytest.raises(wordvec.CorpusError, match=r"must be"):
        Graph.of(source)


# Walks


def transitions(walks, nodes):
    """[V, V, V] how often a walk went from a node over another to a third."""
    made = np.zeros((nodes,) * 3)
    ids = walks.ids.reshape(len(walks), -1)
    np.add.at(made, (ids[:, :-2].ravel(), ids[:, 1:-1].ravel(), ids[:, 2:].ravel()), 1)
    return made


@pytest.mark.parametrize(("p", "q"), [(1, 1), (0.25, 4), (4, 0.25), (0.5, 0.5), (2, 3)])
@pytest.mark.parametrize("weights", [None, [1, 2, 3, 4, 5]], ids=["plain", "weighted"])
@pytest.mark.parametrize("directed", [False, True])
def test_walks_have_the_chances_of_the_paper(p, q, weights, directed):
    edges = SQUARE if weights is None else [(*edge, weight) for edge, weight in zip(SQUARE, weights)]
    if directed:
        edges = edges + [(edge[1], edge[0], *edge[2:]) for edge in edges[:3]]
    graph = Graph.of(edges, directed=directed)
    walks = walk_corpus(graph, walks=400, walk_length=50, p=p, q=q)
    rank = np.array([graph.vocabulary.index(word) for word in walks.vocabulary])
    nodes, arcs = len(graph), graph.to_scipy().toarray()[np.ix_(rank, rank)]
    found = transitions(walks, nodes)
    for before, node in zip(*np.nonzero(arcs)):
        bias = np.where(arcs[before] > 0, 1.0, 1 / q)
        bias[before] = 1 / p
        chances = arcs[node] * bias
        seen = found[before, node]
        assert not seen[chances == 0].any()
        expected = chances / chances.sum() * seen.sum()
        assert (np.abs(seen - expected) < 5 * np.sqrt(expected + 1)).all()


def test_walks_are_the_same_for_any_number_of_workers_and_every_node_starts_as_often(monkeypatch):
    monkeypatch.setattr("wordvec.graphs.walks.PART", 7)
    graph = Graph.of(SQUARE)
    one, three = (walk_corpus(graph, walks=10, walk_length=5, p=2, workers=workers) for workers in (1, 3))
    assert np.array_equal(one.ids, three.ids) and one.fingerprint == three.fingerprint
    assert np.bincount(one.ids.reshape(-1, 5)[:, 0]).tolist() == [10] * 4
    assert walk_corpus(graph, walks=10, walk_length=5, seed=2).fingerprint != one.fingerprint


def test_walks_end_where_no_arc_leads_on():
    walks = walk_corpus(Graph.of([("a", "b"), ("b", "c")], directed=True), walks=3, walk_length=9)
    sentences = {
        tuple(walks.vocabulary[i] for i in walks.ids[a:b]) for a, b in zip(walks.offsets[:-1], walks.offsets[1:])
    }
    assert sentences == {("a", "b", "c"), ("b", "c"), ("c",)}


def test_options_of_walks_are_checked():
    graph = Graph.of(SQUARE)
    for options in ({"walks": 0}, {"walk_length": 1.5}, {"p": 0}, {"q": np.inf}):
        with pytest.raises(wordvec.OptionError, match=next(iter(options))):
            walk_corpus(graph, **options)
    with pytest.raises(wordvec.OptionError, match="p must be a number > 0"):
        wordvec.Node2Vec(p=0)
    with pytest.raises(wordvec.OptionError, match="order must be"):
        wordvec.LINE(order=3)
    with pytest.raises(wordvec.OptionError, match="keep_context needs order 2"):
        wordvec.LINE().fit(SQUARE, keep_context=True)
    with pytest.raises(wordvec.OptionError, match="hs=True"):
        wordvec.DeepWalk(hs=True).fit(SQUARE, keep_context=True)


def test_the_compiled_walks_are_kept_in_the_folder_of_caches():
    """In a process of its own, where no test has imported the module of the kernels itself."""
    code = "from wordvec.graphs.walks import compiled; print(compiled().walk._cache.cache_path)"
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.startswith(str(cache_folder() / "wordvec" / "numba"))


# Syntactic contexts

TREE = """# text = australian scientist discovers star with telescope
1\tAustralian\t_\tADJ\t_\t_\t2\tamod\t_\t_
2\tscientist\t_\tNOUN\t_\t_\t3\tnsubj\t_\t_
3\tdiscovers\t_\tVERB\t_\t_\t0\troot\t_\t_
4\tstar\t_\tNOUN\t_\t_\t3\t{object}\t_\t_
5\twith\t_\tADP\t_\t_\t{first}\t_\t_
6\ttelescope\t_\tNOUN\t_\t_\t{second}\t_\t_
7\t.\t_\tPUNCT\t_\t_\t3\tpunct\t_\t_

"""
SCHEMES = {"universal": ("obj", "6\tcase", "3\tobl"), "google": ("obj", "3\tadpmod", "5\tadpobj")}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_syntactic_contexts_are_those_of_the_paper(scheme, tmp_path):
    file, (object, first, second) = tmp_path / "t.conllu", SCHEMES[scheme]
    file.write_text(
        2 * TREE.format(object=object, first=first, second=second) + "1-2\tx\n".replace("x", "\t".join("_" * 9))
    )
    pairs = list(dependency_pairs(file))
    assert pairs[: len(pairs) // 2] == pairs[len(pairs) // 2 :]
    assert set(pairs) == {
        ("scientist", "amod_australian"),
        ("australian", "amodI_scientist"),
        ("discovers", "nsubj_scientist"),
        ("scientist", "nsubjI_discovers"),
        ("discovers", "obj_star"),
        ("star", "objI_discovers"),
        ("discovers", "prep_with_telescope"),
        ("telescope", "prep_withI_discovers"),
    }


def test_pairs_learn_from_conllu(tmp_path):
    """The option reads what `dependency_pairs` gives, from one file or several."""
    files = [tmp_path / "a.conllu", tmp_path / "b.conllu"]
    for file, scheme in zip(files, ("universal", "google")):
        object, first, second = SCHEMES[scheme]
        file.write_text(TREE.format(object=object, first=first, second=second))
    given = [pair for file in files for pair in dependency_pairs(file)]
    model = wordvec.Pairs(vector_size=4, workers=1, conllu=True)
    assert np.array_equal(model.fit(files).vectors, wordvec.Pairs(vector_size=4, workers=1).fit(given).vectors)
    files[0].write_text("# no tokens\n")
    with pytest.raises(wordvec.CorpusError, match="a word with a head"):
        model.fit(files[0])
    with pytest.raises(wordvec.CorpusError, match="give their paths"):
        model.fit(given)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\ta\n", "10 columns.*line 1 has 2"),
        ("1\ta\t_\t_\t_\t_\tx\tamod\t_\t_\n", "line 1 has '1' and 'x'"),
        ("1\ta\t_\t_\t_\t_\t7\tamod\t_\t_\n", "token 1 has the head 7"),
    ],
)
def test_bad_trees_are_errors(text, message, tmp_path):
    file = tmp_path / "t.conllu"
    file.write_text(text)
    with pytest.raises(wordvec.CorpusError, match=message):
        list(dependency_pairs(file))


# The command


def test_the_command_trains_on_pairs_and_graphs(tmp_path, capsys, monkeypatch):
    from wordvec.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "graph.txt").write_text("\n".join(" ".join(edge) for edge in SQUARE))
    for model, options in (("pairs", ["--keep-context"]), ("line", ["--order", "2"]), ("node2vec", ["--q", "2"])):
        out = f"{model}.safetensors"
        assert main(["train", "graph.txt", "--model", model, "--vector-size", "4", "--quiet", "-o", out, *options]) == 0
        assert (wordvec.load(out).contexts is None) == (model != "pairs")
        again = ["--init", out, "--vector-size", "4", "--quiet", "-o", "again.safetensors", "--force"]
        assert main(["train", "graph.txt", "--model", model, *again, *options]) == 0
        assert wordvec.load("again.safetensors").metadata["init"]["shared"] == len(wordvec.load(out))
    (tmp_path / "t.conllu").write_text(TREE.format(object="obj", first="6\tcase", second="3\tobl"))
    assert main(["train", "t.conllu", "--model", "pairs", "--conllu", "--vector-size", "4", "--quiet"]) == 0
    assert "telescope" in wordvec.load("t.safetensors")
    assert main(["train", "graph.txt", "--model", "deepwalk", "--window", "0"]) != 0
    (tmp_path / "bad.txt").write_text("a b c d e\n")
    assert main(["train", "bad.txt", "--model", "line"]) == 1
    assert "line 1 has 5 columns" in capsys.readouterr().err
