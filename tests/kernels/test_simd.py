"""The choice of SIMD instructions: one variable for all kernels, one error, a fall-back for each missing feature."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import _kernels
from wordvec._kernels import codes, simd, topk
from wordvec.base.simd import instruction_set, simd_level
from wordvec.texts import TextEncoder

SOURCES = Path(_kernels.__file__).parent
NAMES = [module.name for module in pkgutil.iter_modules(_kernels.__path__)]
MODULES = [importlib.import_module(f"wordvec._kernels.{name}") for name in NAMES]
WITH_LEVELS = sorted(
    path.stem
    for path in SOURCES.glob("*.pyx")
    if any(
        (header := SOURCES / name).exists() and '"levels.h"' in header.read_text(encoding="utf-8")
        for name in re.findall(r'extern from "(\w+\.h)"', path.read_text(encoding="utf-8"))
    )
)
TEXTS = ["the cat sat on the mat", "a dog sat on a log"] * 30


def corpus():
    return [text.split() for text in TEXTS]


def vectors(**options):
    rng = np.random.default_rng(1)
    return wordvec.KeyedVectors([f"w{i}" for i in range(300)], rng.standard_normal((300, 24), np.float32), **options)


def classifier():
    labels = [f"label-{i % 2}" for i in range(len(TEXTS))]
    return wordvec.classify.TextClassifier(vector_size=8, epochs=1, workers=1).fit(TEXTS, labels)


USES = {
    "topk": lambda: vectors().most_similar("w1"),
    "codes": lambda: vectors().compress("int8").most_similar("w1"),
    "kmeans": lambda: vectors().compress("pq"),
    "pooling": lambda: TextEncoder(vectors()).encode(["w1 w2"]),
    "word2vec": lambda: wordvec.SkipGram(min_count=1, epochs=1).fit(corpus()),
    "cmow": lambda: wordvec.CMOW(vector_size=16, min_count=1, epochs=1).fit(corpus()),
    "glove": lambda: wordvec.GloVe(min_count=1, epochs=1).fit(corpus()),
    "sparse": lambda: wordvec.PPMISVD(vector_size=3, min_count=1).fit(corpus()),
    "pu": lambda: wordvec.PULearning(vector_size=4, min_count=1, epochs=1).fit(corpus()),
    "classify": classifier,
}


def test_there_are_levels_from_the_baseline_up():
    assert list(simd.NAMES) == ["baseline", "avx2", "avx512", "avx512bf16"][: len(simd.NAMES)] and simd.NAMES


def test_the_level_is_the_best_or_the_one_that_is_named(monkeypatch):
    monkeypatch.delenv("WORDVEC_SIMD", raising=False)
    assert instruction_set() in {simd.NAMES[-1], simd.NAMES[:3][-1]}  # rounded factors only where they are known to pay
    for level, name in enumerate(simd.NAMES):
        monkeypatch.setenv("WORDVEC_SIMD", name)
        assert (simd_level(), instruction_set()) == (level, name)


ABSENT = sorted({"", "mmx", "AVX2", "avx2 ", "2", "baseline", "avx2", "avx512", "avx512bf16"} - {*simd.NAMES})


@pytest.mark.parametrize("name", ABSENT)
def test_a_level_that_is_not_here_is_refused(name, monkeypatch):
    monkeypatch.setenv("WORDVEC_SIMD", name)
    message = re.escape(f"WORDVEC_SIMD must be one of {', '.join(simd.NAMES)} on this machine; got {name!r}")
    with pytest.raises(wordvec.OptionError, match=message):
        simd_level()


@pytest.mark.parametrize("use", USES)
def test_an_unknown_level_is_one_error_wherever_it_is_first_used(use, monkeypatch):
    monkeypatch.setenv("WORDVEC_SIMD", "baseline")
    USES[use]()
    monkeypatch.setenv("WORDVEC_SIMD", "mmx")
    with pytest.raises(wordvec.OptionError, match=r"WORDVEC_SIMD must be one of baseline.* got 'mmx'"):
        USES[use]()


@pytest.mark.skipif(not WITH_LEVELS, reason="an installed package has no sources of its kernels")
def test_every_kernel_that_has_levels_obeys_the_variable():
    functions = {
        module.__name__.rpartition(".")[2]: [
            function
            for name, function in vars(module).items()
            if callable(function) and not name.startswith("_") and "level" in parameters(function)
        ]
        for module in MODULES
    }
    assert {*USES} <= {*WITH_LEVELS} and "simd" not in WITH_LEVELS
    for name in WITH_LEVELS:
        assert "level_of(level)" in (SOURCES / f"{name}.pyx").read_text(encoding="utf-8")
        assert functions[name], f"{name} has no function that takes a level"
    defaults = {parameters(f)["level"].default for name, found in functions.items() if name != "codes" for f in found}
    assert defaults == {-1}
    choices = codes.codec_level, codes.batch_level
    assert {parameters(f)["level"].default for f in functions["codes"] if f not in choices} == {-1}


def parameters(function):
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def test_the_variable_and_the_argument_choose_the_same_function(monkeypatch):
    rng = np.random.default_rng(2)
    matrix, query = rng.standard_normal((50, 1000), np.float32), rng.standard_normal(1000, np.float32)

    def products(**options):
        out = np.empty(50, np.float32)
        topk.products(matrix, query, 0, out, **options)
        return out.tobytes()

    by_level = [products(level=level) for level in range(len(simd.NAMES))]
    assert products(level=99) == by_level[-1]  # the best that there is
    assert set(by_level[3:]) <= set(by_level[2:3])  # only kernels that train round
    if len(set(by_level)) == 1:  # without optimisation no multiplication is fused
        pytest.skip("every level of this build rounds in the same way")
    for name, expected in zip(simd.NAMES, by_level, strict=True):
        monkeypatch.setenv("WORDVEC_SIMD", name)
        assert products() == expected


def test_a_missing_feature_costs_its_own_functions_only():
    kinds = [codes.FLOAT16, codes.BFLOAT16, codes.INT8, codes.PQ, codes.BITS, codes.RESIDUAL]
    for level in range(3):
        assert [codes.codec_level(kind, level, True, True) for kind in kinds] == [level] * 6
    assert [codes.codec_level(kind, 2, True, False) for kind in kinds] == [2, 2, 1, 2, 2, 2]
    assert [codes.codec_level(kind, 1, True, False) for kind in kinds] == [1] * 6
    assert [codes.codec_level(kind, 1, False, True) for kind in kinds] == [0, 1, 1, 1, 1, 0]
