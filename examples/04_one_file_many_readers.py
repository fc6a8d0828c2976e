"""A saved file is safetensors: read it with numpy alone, or share one map between processes."""

import json
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np

import wordvec

CORPORA = Path(__file__).parent.parent / "corpora"
FILE = "shared.safetensors"


def read_with_numpy(path):
    """Words and matrix of a native file, without wordvec."""
    data = np.memmap(path, dtype=np.uint8, mode="r")
    size = int(data[:8].view("<u8")[0])
    tensors = json.loads(data[8 : 8 + size].tobytes())
    kinds = {"F32": "<f4", "I64": "<i8", "U8": "u1"}

    def tensor(name):
        start, end = (8 + size + offset for offset in tensors[name]["data_offsets"])
        return data[start:end].view(kinds[tensors[name]["dtype"]]).reshape(tensors[name]["shape"])

    text, offsets = tensor("vocab.data").tobytes(), tensor("vocab.offsets")
    words = [text[a:b].decode() for a, b in pairwise(offsets)]
    return words, tensor("embeddings")


def nearest(word):
    """What a worker does: opening is a map, so every process may open the file itself."""
    return word, wordvec.load(FILE).most_similar(word, topn=1)[0][0]


def main():
    wordvec.train(CORPORA / "sample.txt", vector_size=32, epochs=5).save(FILE)
    words, matrix = read_with_numpy(FILE)
    print(f"numpy sees {len(words):,} words and a matrix of {matrix.shape}")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for word, other in pool.map(nearest, ["guitar", "ship", "lawyer"]):
            print(f"{word}: {other}")


if __name__ == "__main__":
    main()
