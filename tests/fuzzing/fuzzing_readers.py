"""The readers that are fuzzed: for each, whole files to begin with, and what is done with one that was damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from itertools import islice
from typing import NamedTuple

import golden
import golden_fasttext
import golden_others
import numpy as np

import wordvec
from wordvec import formats
from wordvec.align import Map, Orthogonal, Slices
from wordvec.align.knowledge.graph import read_graph
from wordvec.align.lexicon.lexicon import read_lexicon
from wordvec.base.errors import WordvecError
from wordvec.classify import TextClassifier
from wordvec.corpus.encoded import open_folder
from wordvec.evaluate.files import read_pairs, read_questions
from wordvec.evaluate.tagged import read_tagged
from wordvec.rows import Shared
from wordvec.search.indexes import build_index, open_index
from wordvec.subwords import make_subwords
from wordvec.texts import TextEncoder
from wordvec.transforms import Center, Whiten
from wordvec.vectors import KeyedVectors
from wordvec.vocabulary import Vocabulary

TEXTS = ["red green blue", "one two three"] * 10
WORDS = ["</s>", "the", "naïve", "日本", *(f"w{i}" for i in range(28))]
RNG = np.random.default_rng(3)
ROWS = RNG.standard_normal((len(WORDS), 8)).astype(np.float32)


class Reader(NamedTuple):
    """`make(folder)` gives whole files; `use(path, folder)` reads one of them and uses what was read."""

    make: Callable
    use: Callable


def vectors(**parts):
    return KeyedVectors(WORDS, ROWS, counts=np.arange(len(WORDS), 0, -1), **parts)


def used(kv, folder):
    """All that may be done with vectors, each of it whatever becomes of the rest."""
    words = list(islice(kv, 3))
    word = words[0] if words else "a"
    for use in (
        lambda: kv.verify(),
        lambda: (kv[word], kv.norms, kv.rows.row_of, dict(islice(kv.key_to_index.items(), 3))),
        lambda: kv["naivete"],
        lambda: kv.with_oov("subword")["absent"],
        lambda: kv.with_oov("similar")["absent"],
        lambda: kv.most_similar(word, topn=3),
        lambda: kv.most_similar_cosmul(positive=words[:2], topn=3),
        lambda: list(kv.blocks(256)),
        lambda: kv.subset(words),
        lambda: kv.to_memory(),
        lambda: kv.dedupe(),
        lambda: TextEncoder(kv).encode([" ".join(words), "absent"]),
        lambda: kv.compress("int8"),
        lambda: kv.save(folder / "saved.safetensors"),
        lambda: formats.save(kv, folder / "saved.vec"),
        lambda: formats.save(kv, folder / "saved.bin"),
        lambda: formats.save(kv, folder / "fasttext.bin", "fasttext"),
        lambda: kv.transforms and kv.transforms.apply(np.ones((1, kv.transforms.dims[0]), np.float32)),
    ):
        with suppress(WordvecError):
            use()


def load(path, folder):
    with suppress(WordvecError):
        used(formats.load(path), folder)
    with suppress(WordvecError):
        used(formats.load(path, limit=2, strict=False), folder)


def native(folder):
    names = Vocabulary.from_words(["<th", "he>", "w1"])
    pruned = np.array([[1, 0], [5, 1], [9, 2]])
    made = {
        "plain": vectors(context=ROWS, attributes={"weight": np.ones(len(WORDS))}),
        "shared": KeyedVectors(WORDS, Shared(ROWS[:20], [*range(20), *[3] * 12])),
        "pruned": vectors(subwords=make_subwords("fasttext", ROWS[:3], min_n=2, max_n=3, bucket=11, pruned=pruned)),
        "named": vectors(subwords=make_subwords("explicit", ROWS[:3], min_n=2, max_n=3, names=names, rows=[2, 0, 1])),
        "floret": vectors(subwords=make_subwords("floret", ROWS, min_n=2, max_n=3, hash_count=2)),
        "changed": vectors().transformed(Center(), Whiten()),
    }
    made["ball"] = wordvec.PoincareVectors(WORDS, 0.9 * ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True))
    made |= {
        codec: vectors().compress(codec) for codec in ("float16", "bfloat16", "int8", "pq", "bits", "residual-bits")
    }
    for name, kv in made.items():
        kv.save(folder / f"{name}.safetensors")
    flood = [word + zlib.crc32(word).to_bytes(4, "little") for word in (b"%d" % i for i in range(1500))]
    KeyedVectors(flood, np.ones((1500, 2))).save(folder / "order.safetensors")
    return sorted(folder.glob("*.safetensors"))


def gold(make):
    """Golden files of a format."""
    return Reader(lambda folder: [make(folder)[0]], load)


def packed(data, name):
    """A text, plain and compressed."""

    def make(folder):
        paths = [folder / name, folder / f"g{name}.gz", folder / f"b{name}.bz2", folder / f"x{name}.xz"]
        for path, pack in zip(paths, (bytes, partial(gzip.compress, mtime=0), bz2.compress, lzma.compress)):
            path.write_bytes(pack(data))
        return paths

    return make


def text_vectors(folder):
    kv = KeyedVectors(WORDS, np.round(ROWS, 3))
    formats.save(kv, folder / "a.vec")
    formats.save(kv, folder / "a.glove", "glove")
    return [*packed((folder / "a.vec").read_bytes(), "p.vec")(folder), folder / "a.glove"]


def binary_vectors(folder):
    formats.save(KeyedVectors(WORDS, ROWS), folder / "a.bin", "word2vec-binary")
    (folder / "b.bin.gz").write_bytes(gzip.compress((folder / "a.bin").read_bytes(), mtime=0))
    return [folder / "a.bin", folder / "b.bin.gz"]


def fasttext(folder):
    return [make(folder)[0] for make in golden_fasttext.GOLDEN.values()]


def counts(folder):
    made = wordvec.count([text.split() for text in TEXTS], min_count=1)
    made.save(folder / "counts.safetensors")
    wordvec.count([text.split() for text in TEXTS], min_count=1, per_offset=True).save(folder / "far.safetensors")
    return [folder / "counts.safetensors", folder / "far.safetensors"]


def use_counts(path, folder):
    made = wordvec.Cooccurrence.load(path)
    for use in (
        made.sums,
        made.ppmi,
        made.to_scipy,
        lambda: made.to_scipy().sum(),
        lambda: made.save(folder / "c.safetensors"),
        lambda: made.save_glove_format(folder / "c.bin", folder / "vocab.txt"),
        lambda: wordvec.GloVe(vector_size=4, epochs=1, workers=1).fit(made),
        lambda: wordvec.PPMISVD(vector_size=2).fit(made),
    ):
        with suppress(WordvecError):
            use()


def glove_counts(folder):
    wordvec.count([text.split() for text in TEXTS], min_count=1).save_glove_format(folder / "c.bin", folder / "c.txt")
    return [folder / "c.bin"]


def maps(folder):
    Orthogonal().fit(ROWS, ROWS @ np.linalg.qr(RNG.standard_normal((8, 8)))[0]).save(folder / "map.safetensors")
    return [folder / "map.safetensors"]


def use_map(path, folder):
    made = Map.load(path)
    for use in (
        lambda: made.apply(vectors()),
        lambda: made.transform(ROWS[:2]),
        lambda: made.inverse(ROWS[:2]),
        lambda: made.save(folder / "m.safetensors"),
    ):
        with suppress(WordvecError):
            use()


def phrase_models(folder):
    text = [["bank", "of", "england", "bank"], ["new", "york", "bank"]] * 3
    made = wordvec.Phrases(text, min_count=1, threshold=0.2, connector_words=["of"], passes=2)
    made.save(folder / "phrases.safetensors")
    made.freeze().save(folder / "frozen.safetensors")
    return [folder / "phrases.safetensors", folder / "frozen.safetensors"]


def use_phrases(path, folder):
    text = [["the", "bank", "of", "england"], ["new", "york"]]
    frozen = wordvec.FrozenPhrases.load(path)
    list(frozen[text]), frozen.encode_corpus(text, min_count=1)
    with suppress(WordvecError):
        made = wordvec.Phrases.load(path)
        _ = made.vocab, made.export_phrases()
        made.add_vocab(text)


def form_contexts(folder):
    vectors = wordvec.KeyedVectors(["under", "undo", "unfit", "unit"], [[1, 0], [0, 1], [1, 1], [1, 2]])
    text = [["under", "undo"], ["unfit", "unit"]] * 3
    wordvec.FormContext.fit(vectors, text, epochs=1, min_n=3, max_n=3).save(folder / "form.safetensors")
    return [folder / "form.safetensors"]


def use_form_context(path, folder):
    vectors = wordvec.KeyedVectors(["under", "undo"], [[1, 0], [0, 1]])
    model = wordvec.FormContext.load(path, vectors)
    model.induce(contexts={"unknown": [["under", "unknown"]], "unity": []})
    model.with_forms()["unity"]


def classifiers(folder):
    labels = ["a", "b"] * 10
    made = {
        "words": TextClassifier(vector_size=4, epochs=1, workers=1),
        "grams": TextClassifier(vector_size=4, epochs=1, workers=1, word_ngrams=2, min_n=2, max_n=3, bucket=50),
        "tree": TextClassifier(vector_size=4, epochs=1, workers=1, loss="hs"),
    }
    for name, one in made.items():
        one.fit(TEXTS, labels).save(folder / f"{name}.safetensors")
    made["grams"].compress().save(folder / "small.safetensors")
    made["words"].save(folder / "words.bin")
    return sorted(folder.iterdir())


def use_classifier(path, folder):
    made = TextClassifier.load(path)
    for use in (
        lambda: made.predict(["red three", "", "none"], k=2),
        lambda: made.transform(TEXTS[:2]),
        lambda: made.test(TEXTS, ["a", "b"] * 10),
        lambda: made.save(folder / "c.safetensors"),
        lambda: made.save(folder / "c.bin"),
    ):
        with suppress(WordvecError):
            use()


def trained_documents(folder):
    wordvec.PVDBOW(vector_size=4, min_count=1, epochs=1, workers=1).fit(TEXTS).save(folder / "documents")
    wordvec.BinaryPVDBOW(vector_size=4, min_count=1, epochs=1, workers=1).fit(TEXTS).save(folder / "codes")
    wordvec.PVDM(vector_size=4, min_count=1, epochs=1, workers=1).fit(TEXTS).save(folder / "means")
    model = wordvec.Sent2Vec(vector_size=4, min_count=1, epochs=1, workers=1, ngram_min_count=1, bucket=100)
    model.fit(TEXTS).save(folder / "sentences")
    return [folder / "documents", folder / "codes", folder / "means", folder / "sentences"]


def use_documents(path, folder):
    made = wordvec.load_documents(path)
    with suppress(WordvecError):
        made.encode(["red two", ""])
    with suppress(WordvecError):
        made.save(folder / "again")


def indexes(folder):
    return [folder / f"{kind}.index" for kind in ("usearch", "faiss") if built(kind, folder)]


def built(kind, folder):
    if find_spec(kind) is None:
        return False
    build_index(ROWS, norms=np.linalg.norm(ROWS, axis=1).astype("f4"), kind=kind, path=folder / f"{kind}.index")
    return True


def use_index(path, folder):
    open_index(path, ROWS, norms=np.linalg.norm(ROWS, axis=1).astype(np.float32)).search(ROWS[:2], 3)


def use_relations(path):
    relations = wordvec.Relations.of(path)
    for method in ("sgd", "combinatorial", "h-mds"):
        with suppress(WordvecError):
            wordvec.Poincare(vector_size=2, epochs=1, workers=1, method=method).fit(relations)


def caches(folder):
    (folder / "text.txt").write_text("\n".join(TEXTS))
    wordvec.encode_corpus(folder / "text.txt", min_count=1, cache=folder / "cache")
    return [path for path in (folder / "cache").iterdir() if path.is_dir()]


def use_cache(path, folder):
    corpus = open_folder(path)
    if corpus is not None:
        corpus.check()
        list(corpus.vocabulary)
        wordvec.SkipGram(vector_size=4, epochs=1, workers=1).fit(corpus)


def slices(folder):
    for name, repeats in (("once", 0), ("repeated", 1)):
        again = [Slices({"past": vectors(), "now": vectors()})] * repeats
        Slices({"past": vectors(), "now": vectors()}, vectors(context=ROWS), repeats=again).save(folder / name)
    return [folder / "once", folder / "repeated"]


def use_slices(path, folder):
    made = Slices.load(path)
    for use in (
        made.verify,
        lambda: made.drift(*list(made.slices)[:2]),
        lambda: made.neighbours("the"),
        lambda: made.save(folder / "again", force=True),
    ):
        with suppress(WordvecError):
            use()


def encoders(folder):
    TextEncoder(vectors(), agg="sif").fit([" ".join(WORDS)] * 3).save(folder / "encoder.safetensors")
    return [folder / "encoder.safetensors"]


def listed(data, name, read):
    """A reader of lines, from plain and compressed files."""
    return Reader(packed(data, name), lambda path, folder: read(path))


PAIRS = b"# pairs\nred\tgreen\t3.5\none,two,4\nred three 1e0\n"
QUESTIONS = b": one\nred green one two\n: two\nblue red three two\n"
LEXICON = "dog\tHund\nNew York\tNew York\ncat Katze\nnaïve naiv\n".encode()
TAGGED = b"red\tADJ\ngreen\tADJ\n\none\tNUM\ntwo\tNUM\n"
GRAPH = b"red green blue\none two\nthree\n"
TREE = "red\tcolour\ngreen\tcolour\r\nNew York\tcity\nnaïve\tred\n\n".encode()
CORPUS = ("\n".join(TEXTS) + "\nnaïve 日本 \x00 a\n\n").encode()

READERS: dict[str, Reader] = {
    "native": Reader(native, load),
    "text": Reader(text_vectors, load),
    "binary": Reader(binary_vectors, load),
    "fasttext": Reader(fasttext, load),
    "floret": gold(golden.floret),
    "npy": gold(golden.npy),
    "finalfusion": gold(golden_others.finalfusion),
    "magnitude": gold(golden_others.magnitude),
    "gensim": gold(golden_others.gensim),
    "model2vec": gold(golden_others.model2vec),
    "counts": Reader(counts, use_counts),
    "glove-counts": Reader(
        glove_counts, lambda path, folder: wordvec.Cooccurrence.load_glove_format(path, path.with_suffix(".txt")).sums()
    ),
    "map": Reader(maps, use_map),
    "phrases": Reader(phrase_models, use_phrases),
    "form-context": Reader(form_contexts, use_form_context),
    "classifier": Reader(classifiers, use_classifier),
    "documents": Reader(trained_documents, use_documents),
    "encoder": Reader(encoders, lambda path, folder: TextEncoder.load(path).encode(["the w1", ""])),
    "cache": Reader(caches, use_cache),
    "slices": Reader(slices, use_slices),
    "corpus": listed(CORPUS, "corpus.txt", lambda path: wordvec.encode_corpus(path, min_count=1, workers=1).check()),
    "pairs": listed(PAIRS, "pairs.tsv", read_pairs),
    "questions": listed(QUESTIONS, "questions.txt", read_questions),
    "lexicon": listed(LEXICON, "lexicon.txt", read_lexicon),
    "tagged": listed(TAGGED, "tagged.conll", read_tagged),
    "graph": listed(GRAPH, "graph.txt", read_graph),
    "relations": listed(TREE, "tree.tsv", use_relations),
}
if find_spec("usearch") or find_spec("faiss"):
    READERS["index"] = Reader(indexes, use_index)
