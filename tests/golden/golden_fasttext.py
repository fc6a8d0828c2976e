"""Tiny files of fastText and floret, made by hand: name -> function(folder) -> (path, words, matrix)."""

import struct

import numpy as np
from reference_rows import rows

WORDS = [b"</s>", b"the", "naïve".encode(), b"cut\xc3", "日本".encode(), b"a"]
MAGIC = struct.pack("<i", 793712314)
DIM = 3


def numbers(count, seed=7, dim=DIM):
    return np.random.default_rng(seed).integers(-64, 64, (count, dim)).astype(np.float32) / 16


def options(model=2, bucket=11, min_n=2, max_n=3, floret=(), dim=DIM):
    return struct.pack(
        f"<{11 + len(floret)}iid", *(dim, 5, 2, 1, 5, 1, 2, model, bucket, min_n, max_n), *floret, 100, 1e-4
    )


def dictionary(words, labels=(), pruned=None, marked=True):
    head = struct.pack("<3iq", len(words) + len(labels), len(words), len(labels), 1000)
    head += struct.pack("<q", -1 if pruned is None else len(pruned)) if marked else b""
    entries = [(word, 50 - i, 0) for i, word in enumerate(words)] + [(label, 3, 1) for label in labels]
    head += b"".join(word + b"\0" + struct.pack("<qb", count, kind) for word, count, kind in entries)
    return head + b"".join(struct.pack("<2i", *pair) for pair in pruned or ())


def dense(matrix):
    return struct.pack("<2q", *matrix.shape) + matrix.astype("<f4").tobytes()


def composed(matrix, words=WORDS, kind="fasttext", own=True, kept=None, **hashing):
    """The means, in float64, of the own row and the rows of n-grams, which `kept` renumbers where it is given."""
    vectors = []
    for i, word in enumerate(words):
        hashed = rows(word, kind, **hashing) if hashing else []
        left = hashed if kept is None else [kept[row] for row in hashed if row in kept]
        chosen = ([i] if own or i == 0 else []) + [len(words) + row for row in left]
        vectors.append(matrix[chosen].astype(np.float64).mean(0) if chosen else np.zeros(matrix.shape[1]))
    return np.array(vectors)


def decoded(words):
    return [word.decode("utf-8", "surrogateescape") for word in words]


def written(folder, name, data, matrix, words=WORDS):
    path = folder / name
    path.write_bytes(data)
    return path, decoded(words), matrix


def version_12(folder):
    matrix = numbers(len(WORDS) + 11)
    data = MAGIC + struct.pack("<i", 12) + options() + dictionary(WORDS)
    data += b"\0" + dense(matrix) + b"\0" + dense(numbers(len(WORDS), 8))
    return written(folder, "v12.bin", data, composed(matrix, min_n=2, max_n=3, bucket=11))


def version_11(folder):
    """Supervised: its words have no n-grams of characters, though the options say so."""
    matrix = numbers(len(WORDS) + 11)
    data = MAGIC + struct.pack("<i", 11) + options(model=3) + dictionary(WORDS, [b"__label__x", b"__label__y"])
    data += b"\0" + dense(matrix) + b"\0" + dense(numbers(2, 8))
    return written(folder, "v11.bin", data, composed(matrix))


def unmarked(folder):
    """Of the time before there was a mark and a version."""
    matrix = numbers(len(WORDS) + 11)
    data = options() + dictionary(WORDS, marked=False) + dense(matrix) + dense(numbers(len(WORDS), 8))
    return written(folder, "old.bin", data, composed(matrix, min_n=2, max_n=3, bucket=11))


def quantised(folder):
    """A .ftz: pruned, with norms, in parts of 2 numbers of which the last is 1 wide; the output is quantised too."""
    rng = np.random.default_rng(9)
    pruned = [(9, 3), (0, 1), (4, 0), (7, 2)]
    total = len(WORDS) + len(pruned)

    def pq(dim, width):
        parts = -(-dim // width)
        last = dim - (parts - 1) * width
        centroids = (rng.integers(-32, 32, 256 * dim) / 8).astype("<f4")
        pieces = [centroids[256 * width * m :][: 256 * (last if m == parts - 1 else width)] for m in range(parts)]
        head = struct.pack("<4i", dim, parts, width, last)
        return head + centroids.tobytes(), [piece.reshape(256, -1) for piece in pieces]

    def matrix_of(count):
        codes, norm_codes = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in ((count, 2), count))
        (text, parts), (norm_text, (norms,)) = pq(DIM, 2), pq(1, 1)
        data = struct.pack("<?2qi", True, count, DIM, codes.size) + codes.tobytes() + text
        rows_ = np.hstack([part[codes[:, m]] for m, part in enumerate(parts)]) * norms[norm_codes]
        return data + norm_codes.tobytes() + norm_text, rows_

    (data, matrix), (output, _) = matrix_of(total), matrix_of(2)
    file = MAGIC + struct.pack("<i", 12) + options(model=3) + dictionary(WORDS, [b"__label__x", b"__label__y"], pruned)
    file += b"\1" + data + b"\1" + output
    return written(folder, "q.ftz", file, composed(matrix, min_n=2, max_n=3, bucket=11, kept=dict(pruned)))


def floret_binary(folder):
    words = [b"the", *WORDS[2:], b"</s>"]
    matrix = numbers(len(words) + 11)
    data = MAGIC + struct.pack("<i", 12) + options(floret=(2, 3)) + dictionary(words)
    data += b"\0" + dense(matrix) + b"\0" + dense(numbers(len(words), 8))
    vectors = composed(matrix, words, "floret", own=False, min_n=2, max_n=3, bucket=11, hash_count=3)
    return written(folder, "floret.bin", data, vectors, words)


def floret_table(folder):
    matrix = numbers(11)
    lines = [f"{i} {' '.join(map(str, row))} \n" for i, row in enumerate(matrix.tolist())]
    return written(
        folder, "x.floret", f"11 {DIM} 2 3 2 2166136261 < >\n{''.join(lines)}".encode(), np.empty((0, DIM)), []
    )


GOLDEN = {
    "fasttext": version_12,
    "fasttext-11": version_11,
    "fasttext-unmarked": unmarked,
    "fasttext-quantised": quantised,
    "floret-binary": floret_binary,
    "floret": floret_table,
}
