"""A small file or folder of each format, made byte by byte: GOLDEN[name](folder) -> (path, words, matrix)."""

import struct
from io import BytesIO

import golden_others
import numpy as np

from wordvec import formats
from wordvec.subwords import make_subwords
from wordvec.vectors import KeyedVectors

WORDS = ["</s>", "the", "naïve", "日本"]
MATRIX = np.array([[0.5, -1, 3], [1.25, 0, -2.5], [-0.125, 7, 1e-3], [2, 2, -8]], np.float32)


def native(folder):
    KeyedVectors(WORDS, MATRIX).save(folder / "golden.safetensors")
    return folder / "golden.safetensors", WORDS, MATRIX


def lines():
    return "".join(f"{w} {' '.join(map(str, row))} \n" for w, row in zip(WORDS, MATRIX.tolist(), strict=True)).encode()


def word2vec_text(folder):
    (folder / "golden.vec").write_bytes(b"4 3\n" + lines())
    return folder / "golden.vec", WORDS, MATRIX


def glove(folder):
    (folder / "golden.glove").write_bytes(lines())
    return folder / "golden.glove", WORDS, MATRIX


def word2vec_binary(folder):
    rows = (w.encode() + b" " + struct.pack("<3f", *row) for w, row in zip(WORDS, MATRIX.tolist(), strict=True))
    (folder / "golden.bin").write_bytes(b"4 3\n" + b"\n".join(rows) + b"\n")
    return folder / "golden.bin", WORDS, MATRIX


def npy(folder):
    array = BytesIO()
    np.lib.format.write_array(array, MATRIX, version=(1, 0))
    (folder / "golden.npy").write_bytes(array.getvalue())
    (folder / "golden.words").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    return folder / "golden.npy", WORDS, MATRIX


def fasttext(folder):
    formats.save(KeyedVectors(WORDS, MATRIX), folder / "golden.bin", "fasttext")
    return folder / "golden.bin", WORDS, MATRIX


def floret(folder):
    """A table without words."""
    subwords = make_subwords("floret", np.vstack([MATRIX, MATRIX]), min_n=2, max_n=3)
    formats.save(KeyedVectors([], np.empty((0, 3)), subwords=subwords), folder / "golden.floret")
    return folder / "golden.floret", [], np.empty((0, 3), np.float32)


GOLDEN = {
    "native": native,
    "npy": npy,
    "fasttext": fasttext,
    "floret": floret,
    "word2vec-text": word2vec_text,
    "glove": glove,
    "word2vec-binary": word2vec_binary,
    **golden_others.GOLDEN,
}
