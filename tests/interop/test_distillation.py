"""Distillation: parity with model2vec's own functions and folders, tokenizers that are kept, bad input."""

import ast
import importlib.util
import json
import logging
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from wordvec import KeyedVectors, OptionError, load
from wordvec.base.errors import FormatError
from wordvec.corpus.pieces import Pieces
from wordvec.interop import distill, to_sentence_transformers
from wordvec.texts import TextEncoder
from wordvec.transforms import PCA, Truncate

RNG = np.random.default_rng(3)
OUTPUTS = RNG.standard_normal((80, 12)) @ RNG.standard_normal((12, 12)) + 3
TEXTS = ["the walk, walking!", "a cat", "", "zzz 9", "the the ing"]


def model(pieces):
    """The outputs of a language model for words: always the same for a word."""
    return [OUTPUTS[sum(map(ord, piece)) % len(OUTPUTS)] * (1 + len(piece) / 9) for piece in pieces]


def pieces_file(path, kind="WordPiece"):
    """A tokenizer of letters and a few endings, with pieces that no text has."""
    letters = list("abcdefghijklmnopqrstuvwxyz,!")
    before = {"type": "BertPreTokenizer"}
    if kind == "WordPiece":
        names = [
            "[PAD]",
            "[unused0]",
            "[unused1]",
            "[UNK]",
            "[CLS]",
            *letters,
            *(f"##{x}" for x in letters),
            "walk",
            "##ing",
            "the",
        ]
        made = {"type": kind, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
        made["vocab"] = {name: id for id, name in enumerate(names)}
    elif kind == "BPE":
        names = ["[UNK]", *letters, "[unused1]", "th", "the", "in", "ing"]
        made = {"type": kind, "unk_token": "[UNK]", "merges": [["t", "h"], ["th", "e"], ["i", "n"], ["in", "g"]]}
        made["vocab"] = {name: id for id, name in enumerate(names)}
    else:
        names = ["[unused1]", "<unk>", *letters, "the", "ing"]
        made = {"type": kind, "unk_id": 1, "vocab": [[name, -float(id)] for id, name in enumerate(names)]}
    added = [
        {"id": id, "content": name, "special": True}
        for id, name in enumerate(names)
        if name[0] == "[" and "un" not in name
    ]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    data = {"version": "1.0", "truncation": None, "padding": None, "normalizer": None, "pre_tokenizer": before}
    data |= {"post_processor": None, "decoder": None, "added_tokens": [token | flags for token in added], "model": made}
    path.write_text(json.dumps(data))
    return path


def peer(*names):
    """Functions of model2vec's distillation that are numpy only: their module asks for torch, they do not."""
    spec = importlib.util.find_spec("model2vec")
    if spec is None:
        pytest.skip("model2vec is not installed")
    source = Path(spec.origin).parent / "distill" / "inference.py"
    tree = ast.parse(source.read_text())
    parts = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    assert len(parts) == len(names)
    space = {"np": np, "logger": logging.getLogger("peer"), "cast": cast}
    code = ast.Module([ast.ImportFrom("__future__", [ast.alias("annotations")], 0), *parts], [])
    exec(compile(ast.fix_missing_locations(code), "peer", "exec"), space)
    return [space[name] for name in names]


@pytest.mark.parametrize("size", [1, 5, 12, None])
@pytest.mark.parametrize("a", [1e-4, 0.5, None])
def test_components_and_weights_are_those_of_model2vec(size, a):
    compute_weights, _, apply_pca = peer("compute_weights", "_pca_fit_transform", "apply_pca")
    words = [f"w{i}" for i in range(50)]
    made = distill(model, words, vector_size=size, sif_a=a, batch_size=7)
    wanted = apply_pca(np.array(model(words)), size) * compute_weights(50, a)[:, None]
    np.testing.assert_allclose(made.vectors, wanted, atol=1e-6, rtol=1e-6)
    assert list(made) == words and made.tokenizer is None


@pytest.mark.parametrize("kind", ["WordPiece", "BPE", "Unigram"])
def test_a_tokenizer_is_distilled_and_cuts_the_texts(kind, tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    file = pieces_file(tmp_path / "tokenizer.json", kind)
    asked = []

    def spy(batch):
        asked.extend(batch)
        return model(batch)

    made = distill(spy, file, vector_size=4)
    assert list(made) == asked and not any("unused" in piece for piece in asked)
    again = [distill(model, given, vector_size=4) for given in (tmp_path, tokenizers.Tokenizer.from_file(str(file)))]
    assert all(np.array_equal(made.vectors, other.vectors) for other in again)
    whole = tokenizers.Tokenizer.from_file(str(file))
    for text in ("walking the cat", "thing"):
        cut = [
            piece for piece in whole.encode(text, add_special_tokens=False).tokens if piece not in ("[UNK]", "<unk>")
        ]
        assert made.tokenizer(text) == cut
    to_sentence_transformers(made, tmp_path / "out")
    library = pytest.importorskip("model2vec")
    theirs = library.StaticModel.from_pretrained(str(tmp_path / "out"))
    assert theirs.tokenizer.get_vocab_size() == len(made) and theirs.normalize
    np.testing.assert_allclose(TextEncoder(made).encode(TEXTS), theirs.encode(TEXTS), atol=1e-6)


def folder(path):
    """A folder that model2vec wrote."""
    library = pytest.importorskip("model2vec")
    tokenizers = pytest.importorskip("tokenizers")
    cut = tokenizers.Tokenizer.from_file(str(pieces_file(path.parent / "pieces.json")))
    rows = RNG.standard_normal((cut.get_vocab_size(), 12)).astype(np.float32)
    library.StaticModel(rows, cut, normalize=True).save_pretrained(str(path))
    return library, rows


def test_a_folder_that_is_truncated_is_what_model2vec_truncates(tmp_path):
    library, _ = folder(tmp_path / "in")
    load(tmp_path / "in").transformed(Truncate(5)).save(f"{tmp_path}/out/")
    wanted = library.StaticModel.from_pretrained(str(tmp_path / "in"), dimensionality=5).encode(TEXTS)
    for found in (
        library.StaticModel.from_pretrained(str(tmp_path / "out")).encode(TEXTS),
        TextEncoder(load(tmp_path / "out")).encode(TEXTS),
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert (tmp_path / "out" / "tokenizer.json").read_bytes() == (tmp_path / "in" / "tokenizer.json").read_bytes()


def test_a_folder_of_principal_components_is_that_of_model2vec_but_for_signs(tmp_path):
    """The sign of a component is free: model2vec looks at the scores, our transform at the direction."""
    library, rows = folder(tmp_path / "in")
    (components,) = peer("_pca_fit_transform")
    load(tmp_path / "in").transformed(PCA(5)).save(f"{tmp_path}/out/")
    found = library.StaticModel.from_pretrained(str(tmp_path / "out"))
    theirs = components(rows.astype(np.float64), 5)[0]
    signs = np.sign((found.embedding * theirs).sum(axis=0))
    np.testing.assert_allclose(found.embedding * signs, theirs, atol=2e-6)
    wanted = library.StaticModel((theirs * signs).astype(np.float32), found.tokenizer, normalize=True).encode(TEXTS)
    np.testing.assert_allclose(found.encode(TEXTS), wanted, atol=1e-6)


def test_pieces_that_leave_a_tokenizer(tmp_path):
    pytest.importorskip("tokenizers")
    whole = Pieces(pieces_file(tmp_path / "t.json", "BPE").read_bytes())
    assert whole("the")[0] == "the" and whole.without({"th"})("the") == ["t", "h", "e"]
    assert list(whole.without({"a", "the"}).pieces()[0].values()) == list(range(len(whole.pieces()[0]) - 2))
    with pytest.raises(OptionError, match="unknown piece"):
        whole.without({"[UNK]"})


def width_changes():
    widths = iter((3, 3, 4))
    return lambda batch: np.ones((len(batch), next(widths)))


@pytest.mark.parametrize(
    ("teacher", "said"),
    [
        (lambda batch: np.full((len(batch), 3), np.nan), "finite"),
        (width_changes(), "always give 3 numbers; got 4"),
        (lambda batch: np.ones((len(batch) - 1, 3)), "an answer for each word"),
        (lambda batch: None, "a list or array"),
        (lambda batch: "vectors", "a list or array"),
        (lambda batch: [["x"]] * len(batch), "must give numbers"),
        (lambda batch: [[]] * len(batch), "shape"),
        ("a model", "must be a function"),
    ],
)
def test_teachers_that_answer_otherwise(teacher, said):
    with pytest.raises(OptionError, match=said):
        distill(teacher, [f"w{i}" for i in range(9)], vector_size=2, batch_size=3)


def test_vocabularies_and_options_that_are_none(tmp_path):
    words = [f"w{i}" for i in range(9)]
    for vocabulary, said in (([], "at least one"), ([1, 2], "each a str"), (tmp_path / "no.json", "there is no")):
        with pytest.raises(OptionError, match=said):
            distill(model, vocabulary)
    for options, said in (
        ({"vector_size": 0}, "vector_size"),
        ({"vector_size": 9}, "more words than"),
        ({"sif_a": 0}, "sif_a"),
        ({"pool": "sum"}, "pool"),
        ({"batch_size": 0}, "batch_size"),
    ):
        with pytest.raises(OptionError, match=said):
            distill(model, words, **options)
    with pytest.raises(OptionError, match="regular expression"):
        distill(model, pieces_file(tmp_path / "t.json"), drop="(")
    with pytest.raises(FormatError, match="must be JSON"):
        distill(model, Pieces(b"x"))
    with pytest.warns(UserWarning, match="vector_size should be at most 12"):
        assert distill(model, [f"w{i}" for i in range(20)], vector_size=15).vector_size == 12
    assert isinstance(distill(model, words, vector_size=None), KeyedVectors)
