"""The examples of CONTRIBUTING: an alignment method and a meta-embedding method, each a class and a line of a table."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, OptionError
from wordvec.align import METHODS, Map, Method, fit_map, meta
from wordvec.align.meta import MetaMethod
from wordvec.base.options import option
from wordvec.cli import main


@dataclass(frozen=True, kw_only=True)
class Diagonal(Method):
    """One factor for each dimension, by least squares."""

    name: ClassVar[str] = "diagonal"
    shrink: float = option(0.0, "added to the sums of squares", low=0)

    def _fit(self, x, y, w, spaces):
        factors = w @ (x * y) / (w @ (x * x) + self.shrink)
        return np.diag(factors), None, {"largest": float(factors.max())}


@dataclass(frozen=True, kw_only=True)
class PaddedSum(MetaMethod):
    """The weighted sum of the rows of all sources, padded with zeros."""

    name: ClassVar[str] = "padded-sum"

    def _fit(self, sources, weights):
        matrix = np.zeros((len(sources), max(sources.sizes)), np.float32)
        for block, parts in sources.blocks():
            for (rows, _), weight in zip(parts, weights, strict=True):
                matrix[block, : rows.shape[1]] += weight * rows
        return matrix, {"sizes": sources.sizes}


@pytest.fixture
def added(monkeypatch):
    monkeypatch.setitem(METHODS, "diagonal", Diagonal)
    monkeypatch.setitem(meta.METHODS, "padded-sum", PaddedSum)


@pytest.fixture
def sides():
    rows = np.random.default_rng(0).standard_normal((30, 4))
    words = [f"w{i}" for i in range(30)]
    return KeyedVectors(words, rows), KeyedVectors(words, rows * [1, 2, 3, 4]), [(word, word) for word in words]


@pytest.mark.usefixtures("added")
def test_an_alignment_method_has_options_facts_and_a_file(sides, tmp_path):
    source, target, pairs = sides
    fitted = fit_map(source, target, pairs, "diagonal", normalize="none", shrink=0.0)
    np.testing.assert_allclose(fitted.matrix, np.diag([1, 2, 3, 4]), atol=1e-5)
    assert fitted.facts["options"] == {"shrink": 0.0} and fitted.facts["largest"] == pytest.approx(4)
    fitted.save(tmp_path / "map.safetensors")
    assert Map.load(tmp_path / "map.safetensors").facts["method"] == "diagonal"
    with pytest.raises(OptionError, match="shrink must be a number >= 0; got -1"):
        fit_map(source, target, pairs, "diagonal", shrink=-1)
    with pytest.raises(OptionError, match="shrnk must be an option of diagonal, which has shrink: did you mean shrink"):
        fit_map(source, target, pairs, "diagonal", shrnk=1)


@pytest.mark.usefixtures("added")
def test_an_alignment_method_is_on_the_command_line(sides, in_folder, capsys):
    source, target, pairs = sides
    source.save("a.safetensors")
    target.save("b.safetensors")
    (in_folder / "pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")
    command = ["align", "map", "a.safetensors", "b.safetensors", "--pairs", "pairs.tsv", "-o", "out.safetensors"]
    assert main([*command, "--method", "diagonal", "--normalize", "none", "--shrink", "0.5", "--quiet"]) == 0
    moved = wordvec.load("out.safetensors")
    assert moved.metadata["alignment"]["options"] == {"shrink": 0.5}
    capsys.readouterr()


@pytest.mark.usefixtures("added")
def test_a_meta_embedding_method_has_options_and_metadata():
    first, second = KeyedVectors(["a", "b"], [[1, 2, 3], [4, 5, 6]]), KeyedVectors(["b", "c"], [[1, 1], [2, 2]])
    combined = meta.combine([first, second], "padded-sum", weights=(1, 2), normalize="none")
    assert list(combined) == ["a", "b", "c"] and combined["b"].tolist() == [6, 7, 6]
    facts = combined.metadata["meta"]
    assert facts["method"] == "padded-sum" and facts["weights"] == [1, 2] and facts["sizes"] == [3, 2]
    assert meta.coverage(combined).tolist() == [[True, False], [True, True], [False, True]]
    with pytest.raises(OptionError, match="weights must be a number > 0 for each of 2 sources"):
        meta.combine([first, second], "padded-sum", weights=(1, 2, 3))


def test_an_option_that_two_could_take_is_refused(sides):
    with pytest.raises(OptionError, match=r"k must be given as Learning\(k=\.\.\.\) or as RCSLS\(k=\.\.\.\)"):
        wordvec.align.self_learn(*sides[:2], method="rcsls", k=3)
