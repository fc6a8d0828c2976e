"""Files of finalfusion, Magnitude, gensim and model2vec by hand: GOLDEN[name](folder) -> (path, words, matrix)."""

import json
import sqlite3
import struct

import numpy as np

WORDS = ["</s>", "the", "naïve", "日本"]
UNITS = np.array([[0.6, 0.8, 0], [0, -1, 0], [0, 0.28, 0.96], [-0.8, 0, 0.6]], np.float32)
NORMS = np.array([0.5, 2, 1, 7.25], np.float32)
MATRIX = UNITS * NORMS[:, None]
COUNTS = [9, 7, 4, 2]


# finalfusion


def chunk(code, body):
    return struct.pack("<IQ", code, len(body)) + body


def strings(words):
    return b"".join(struct.pack("<I", len(word)) + word for word in (word.encode() for word in words))


def padded(at, head, data):
    """The body of a chunk of floats that starts at byte `at` of the file, with four bytes where none were needed."""
    return head + bytes(4 - (at + 12 + len(head)) % 4) + data


def ndarray(at, matrix):
    return chunk(2, padded(at, struct.pack("<QII", *matrix.shape, 10), matrix.astype("<f4").tobytes()))


def norms_chunk(at, norms):
    return chunk(6, padded(at, struct.pack("<QI", len(norms), 10), norms.astype("<f4").tobytes()))


def fifu(vocabulary, matrix, norms=None, metadata=None):
    """A file of a vocabulary chunk (code, body), a matrix or the function of a matrix chunk, norms and TOML text."""
    matrix_code = 4 if callable(matrix) else 2
    codes = [5] * (metadata is not None) + [vocabulary[0], matrix_code] + [6] * (norms is not None)
    data = b"FiFu" + struct.pack(f"<II{len(codes)}I", 0, len(codes), *codes)
    data += chunk(5, metadata.encode()) if metadata is not None else b""
    data += chunk(*vocabulary)
    data += matrix(len(data)) if callable(matrix) else ndarray(len(data), matrix)
    return data + (norms_chunk(len(data), norms) if norms is not None else b"")


def simple(words=WORDS):
    return 1, struct.pack("<Q", len(words)) + strings(words)


def finalfusion(folder):
    data = fifu(simple(), UNITS, NORMS, 'a = "b"\n')
    (folder / "golden.fifu").write_bytes(data)
    return folder / "golden.fifu", WORDS, MATRIX


# Magnitude


def magnitude(folder, words=WORDS, units=UNITS, norms=NORMS, precision=7, name="golden.magnitude"):
    path = folder / name
    path.unlink(missing_ok=True)
    columns = ", ".join(f"dim_{i} INTEGER" for i in range(units.shape[1]))
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE magnitude_format (key TEXT COLLATE NOCASE, value INTEGER)")
        facts = {"version": 2, "size": len(words), "dim": units.shape[1], "precision": precision, "subword": 0}
        database.executemany("INSERT INTO magnitude_format VALUES (?, ?)", [*facts.items(), ("entropy", 3.5)])
        database.execute(f"CREATE TABLE magnitude (key TEXT COLLATE NOCASE, {columns}, magnitude REAL)")
        integers = np.rint(units.astype(np.float64) * 10**precision).astype(np.int64).tolist()
        rows = [(word, *row, norm) for word, row, norm in zip(words, integers, norms.tolist(), strict=True)]
        database.executemany(f"INSERT INTO magnitude VALUES ({', '.join('?' * (units.shape[1] + 2))})", rows)
        database.execute("CREATE INDEX magnitude_key_idx ON magnitude (key)")
    database.close()
    return path, words, units.astype(np.float32) * norms[:, None]


# gensim 3, as Python 3 pickled it with protocol 2


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def integer(value):
    return b"J" + struct.pack("<i", value)


def data_of(raw):
    """Bytes, which protocol 2 writes as text to be encoded."""
    return b"c_codecs\nencode\n" + text(raw.decode("latin-1")) + text("latin1") + b"\x86R"


def array(values, kind="f4"):
    made = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + integer(0) + b"\x85" + data_of(b"b") + b"\x87R"
    shape = b"(" + b"".join(map(integer, values.shape)) + b"t"
    dtype = (
        b"cnumpy\ndtype\n" + text(kind) + b"K\x00K\x01\x87R(K\x03" + text("<") + b"NNN" + integer(-1) * 2 + b"K\x00tb"
    )
    return made + b"(K\x01" + shape + dtype + b"\x89" + data_of(values.astype(f"<{kind}").tobytes()) + b"tb"


def dictionary(items):
    return b"}(" + b"".join(key + value for key, value in items) + b"u"


def instance(module, name, state):
    return f"c{module}\n{name}\n".encode() + b")\x81" + dictionary([(text(key), value) for key, value in state]) + b"b"


def gensim3(vectors="vectors"):
    """KeyedVectors of gensim 3: a list of words, a dict of objects that know their row and count, a matrix."""
    entry = "gensim.models.keyedvectors", "Vocab"
    vocab = [
        (text(word), instance(*entry, [("index", integer(i)), ("count", integer(COUNTS[i])), ("sample_int", b"K\x07")]))
        for i, word in enumerate(WORDS)
    ]
    state = [
        (vectors, array(MATRIX)),
        ("vocab", dictionary(reversed(vocab))),
        ("vector_size", b"K\x03"),
        ("index2word", b"](" + b"".join(map(text, WORDS)) + b"e"),
        ("vectors_norm", b"N"),
    ]
    return b"\x80\x02" + instance("gensim.models.keyedvectors", "Word2VecKeyedVectors", state) + b"."


def gensim(folder):
    (folder / "golden.kv").write_bytes(gensim3())
    return folder / "golden.kv", WORDS, MATRIX


# model2vec


DTYPES = {"<f4": "F32", "<f2": "F16", "|i1": "I8", "<i8": "I64", "<f8": "F64"}


def safetensors(tensors):
    """The bytes of a safetensors file."""
    entries, data = {}, b""
    for name, values in tensors.items():
        span = [len(data), len(data) + values.nbytes]
        entries[name] = {"dtype": DTYPES[values.dtype.str], "shape": list(values.shape), "data_offsets": span}
        data += values.tobytes()
    head = json.dumps(entries).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


def tokenizer(words, special=()):
    added = [{"id": i, "content": words[i], "special": True} for i in special]
    model = {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(words)}, "unk_token": "[UNK]"}
    return json.dumps({"version": "1.0", "added_tokens": added, "model": model}).encode()


def model2vec(folder):
    path = folder / "golden"
    path.mkdir()
    rows = np.vstack([np.zeros((2, 3), np.float32), MATRIX])
    (path / "model.safetensors").write_bytes(safetensors({"embeddings": rows}))
    (path / "tokenizer.json").write_bytes(tokenizer(["[PAD]", "[UNK]", *WORDS], special=(0, 1)))
    (path / "config.json").write_text('{"normalize": true, "hidden_dim": 3}')
    return path, WORDS, MATRIX


def murmur(data, seed=1):
    """MurmurHash64A, number by number."""
    mix, mask = 0xC6A4A7935BD1E995, (1 << 64) - 1
    hashed = seed ^ (len(data) * mix & mask)
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        word = int.from_bytes(data[at : at + 8], "little") * mix & mask
        hashed = (hashed ^ ((word ^ word >> 47) * mix & mask)) * mix & mask
    if data[whole:]:
        hashed = (hashed ^ int.from_bytes(data[whole:], "little")) * mix & mask
    hashed = (hashed ^ hashed >> 47) * mix & mask
    return hashed ^ hashed >> 47


def spacy(folder):
    place = folder / "golden.spacy" / "vocab"
    place.mkdir(parents=True)
    with open(place / "vectors", "wb") as file:
        np.save(file, MATRIX)
    rows = b"".join(b"\xcf" + struct.pack(">Q", murmur(word.encode())) + bytes([row]) for row, word in enumerate(WORDS))
    (place / "key2row").write_bytes(bytes([0x80 + len(WORDS)]) + rows)
    (place / "strings.json").write_text(json.dumps(["of no row", *WORDS[::-1]]))
    (place / "vectors.cfg").write_text('{"mode": "default"}')
    return folder / "golden.spacy", WORDS, MATRIX


def matrix_text(folder):
    np.savetxt(folder / "golden.tsv", MATRIX, delimiter="\t")
    (folder / "golden.words").write_text("\n".join(WORDS) + "\n", encoding="utf-8")
    return folder / "golden.tsv", WORDS, MATRIX


GOLDEN = {
    "finalfusion": finalfusion,
    "magnitude": magnitude,
    "gensim": gensim,
    "model2vec": model2vec,
    "spacy": spacy,
    "matrix-text": matrix_text,
}
