"""The native file with what plain vectors do not have: codecs, shared rows, subwords, transforms, attributes."""

import json
import pickle

import numpy as np
import pytest

from wordvec import KeyedVectors, load
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import CODECS, encode
from wordvec.rows import Shared
from wordvec.subwords import make_subwords
from wordvec.transforms import ABTT, Center

WORDS = [f"w{i}" for i in range(300)]
MATRIX = np.random.default_rng(1).standard_normal((300, 24)).astype(np.float32)
SHARED = np.concatenate([np.arange(200), np.arange(100)]).astype(np.uint32)  # w200 and on share the first rows


def table(codec=None):
    rows = np.random.default_rng(2).standard_normal((50, 24)).astype(np.float32)
    return rows if codec is None else encode(rows, codec)


def everything(codec="int8"):
    subwords = make_subwords("fasttext", table(codec), min_n=3, max_n=4)
    return KeyedVectors(
        WORDS,
        Shared(encode(MATRIX[:200], codec), SHARED),
        counts=range(300, 0, -1),
        subwords=subwords,
        attributes={"year": np.arange(300)},
    )


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("codec", CODECS)
def test_every_codec_comes_back(codec, mapped, tmp_path):
    vectors = KeyedVectors(WORDS, MATRIX, counts=range(300, 0, -1)).compress(codec)
    vectors.save(tmp_path / "x.safetensors")
    opened = load(tmp_path / "x.safetensors", mmap=mapped)
    opened.verify()
    assert opened.vectors.name == codec and opened.norms.tobytes() == vectors.norms.tobytes()
    assert np.asarray(opened.vectors).tobytes() == np.asarray(vectors.vectors).tobytes()
    assert opened.most_similar("w7", topn=5) == vectors.most_similar("w7", topn=5)
    opened.save(tmp_path / "y.safetensors")
    assert (tmp_path / "y.safetensors").read_bytes() == (tmp_path / "x.safetensors").read_bytes()


def test_everything_at_once(tmp_path):
    vectors = everything()
    vectors.save(tmp_path / "x.safetensors")
    opened = load(tmp_path / "x.safetensors")
    opened.verify()
    assert len(opened) == 300 and opened.vectors.shape == (200, 24)
    assert opened["w250"].tolist() == opened["w50"].tolist() == vectors["w50"].tolist()
    assert opened.key_to_index["w250"] == 50 == opened.get_index("w250") and opened.index_to_key[50] == "w50"
    assert opened.most_similar("w3", topn=299)[-1][0] in WORDS[:200]
    composed, _ = vectors.subwords.compose(["unheard-of"])
    assert opened.subwords.compose(["unheard-of"])[0].tobytes() == composed.tobytes()
    assert opened._attributes["year"].tolist() == list(range(300))
    assert [word for first, block in opened.blocks(1000) for word in WORDS[first : first + len(block)]] == WORDS


@pytest.mark.parametrize("codec", [None, "int8", "pq"])
def test_pickled_by_value_and_by_reference(codec, tmp_path):
    vectors = KeyedVectors(WORDS, MATRIX) if codec is None else everything(codec)
    again = pickle.loads(pickle.dumps(vectors))
    assert again["w250"].tolist() == vectors["w250"].tolist() and again.most_similar("w1") == vectors.most_similar("w1")
    vectors.save(tmp_path / "x.safetensors")
    data = pickle.dumps(load(tmp_path / "x.safetensors"))
    assert len(data) < 10_000 and pickle.loads(data)["w250"].tolist() == vectors["w250"].tolist()


def test_transforms_are_kept(tmp_path):
    vectors = KeyedVectors(WORDS, MATRIX).transformed(Center(), ABTT(1))
    vectors.save(tmp_path / "x.safetensors")
    opened = load(tmp_path / "x.safetensors")
    assert [step.name for step in opened.transforms.steps] == [step.name for step in vectors.transforms.steps]
    np.testing.assert_allclose(opened.apply_transforms(MATRIX[:3]), vectors.vectors[:3], atol=1e-5)


@pytest.mark.parametrize(
    ("rows", "size"), [(np.zeros(299), 200), (SHARED[:299], 200), (SHARED, 301), (SHARED / 2, 200)]
)
def test_rows_that_do_not_fit(rows, size):
    with pytest.raises(OptionError, match=r"one row for each of 300 words|rows must be one integer for each word"):
        KeyedVectors(WORDS, Shared(np.ones((size, 2), np.float32), rows))


def damaged(path, change):
    """The file with its config changed in place."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    config = json.loads(header["__metadata__"]["wordvec.config"])
    change(header, config)
    header["__metadata__"]["wordvec.config"] = json.dumps(config)
    path.write_bytes(data[:8] + json.dumps(header).encode().ljust(size) + data[8 + size :])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda header, config: config.update(codec="zip"), "codec must be one of"),
        (lambda header, config: config.update(codec="pq"), "tensor"),
        (lambda header, config: config.update(codec="float32"), "'embeddings' must be F32"),
        (lambda header, config: config.pop("codec"), "must name the codec"),
        (lambda header, config: config.update(dim=7), "the 7 numbers"),
        (lambda header, config: config["subword"].update(kind="other"), "subword"),
        (lambda header, config: config["subword"].update(bucket=10**9), "subword"),
        (lambda header, config: config.update(transform=[{"name": "center"}]), "x.safetensors"),
        (lambda header, config: header["__metadata__"].update({"wordvec.requires": "codec,magic"}), "magic"),
    ],
)
def test_a_file_that_contradicts_itself(change, why, tmp_path):
    path = tmp_path / "x.safetensors"
    everything().save(path)
    damaged(path, change)
    with pytest.raises(FormatError, match=why):
        load(path)


def test_a_row_out_of_bounds_is_damage(tmp_path):
    everything().save(tmp_path / "x.safetensors")
    data = bytearray((tmp_path / "x.safetensors").read_bytes())
    at = data.find(SHARED.tobytes())
    data[at + 4 * 250 : at + 4 * 251] = b"\xff\xff\xff\x7f"
    (tmp_path / "x.safetensors").write_bytes(data)
    opened = load(tmp_path / "x.safetensors")
    with pytest.raises(FormatError, match="damaged"):
        opened["w250"]
    with pytest.raises(FormatError, match=r"vocab\.row"):
        opened.verify()


def test_other_readers_see_the_numbers_of_half_as_many_bits(tmp_path):
    header = {}
    for codec in ("float16", "bfloat16"):
        KeyedVectors(WORDS, MATRIX).compress(codec).save(tmp_path / codec)
        data = (tmp_path / codec).read_bytes()
        header[codec] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["embeddings"]["dtype"]
    assert header == {"float16": "F16", "bfloat16": "BF16"}
