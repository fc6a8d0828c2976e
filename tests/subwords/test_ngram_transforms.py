"""Transforms of vectors with n-grams: words with and without a row stay in one space, in memory and in every file."""

import json

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors, formats, load
from wordvec.align import fit_map
from wordvec.base.errors import FormatError, OptionError
from wordvec.cli import main
from wordvec.subwords import make_subwords, open_subwords
from wordvec.transforms import (
    ABTT,
    PCA,
    Center,
    Multiply,
    Rotation,
    SIFScale,
    Standardize,
    Transforms,
    Truncate,
    Unit,
    Whiten,
)
from wordvec.vocabulary import Vocabulary

STEMS = ("walk", "talk", "house", "king")
D, WORDS = 8, [f"{a}{b}{c}" for a in ("", "un", "re") for b in STEMS for c in ("s", "ed", "er")]
UNKNOWN = ["walking", "housekings", "unstalked", "talkss"]
RNG = np.random.default_rng(5)
LINEAR = {
    "center": [Center()],
    "rotate": [Rotation(counts=True)],
    "cut": [Rotation(), Truncate(5)],
    "pca": [PCA(3)],
    "whiten": [ABTT(1), Whiten(0.1), Truncate(4)],
    "standardize": [Standardize(), Center()],
    "longer": [Multiply(RNG.standard_normal((D, 11)))],
    "sif": [SIFScale(1e-2), Rotation()],
}
NOT_LINEAR = {
    "unit": [Unit()],
    "normalised": [Unit(), Center(), Unit(), Rotation(), Truncate(3)],
    "last": [PCA(4), Unit()],
}
KINDS = ["fasttext", "floret", "floret 2", "finalfusion", "bytes", "features", "explicit", "pruned", "zeros"]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_step = pytest.mark.parametrize("steps", [*LINEAR, *NOT_LINEAR])


def ngrams(kind):
    lengths = {"min_n": 1, "max_n": 1} if kind == "features" else {"min_n": 2, "max_n": 4}
    table = (RNG.standard_normal((64, D)) + 1).astype(np.float32)
    if kind in ("pruned", "zeros"):
        table[-1] = 0 if kind == "zeros" else 1
        pairs = np.stack([np.arange(0, 128, 2)[:63], np.arange(63)], axis=1)
        return make_subwords("fasttext", table, **lengths, bucket=128, pruned=pairs, zeros=kind == "zeros")
    if kind == "explicit":
        grams = sorted({f"<{word}>"[i : i + 3] for word in WORDS for i in range(len(word))})
        names, rows = Vocabulary.from_words(grams), np.arange(len(grams)) % 64
        return make_subwords(kind, table, **lengths, names=names, rows=rows)
    if kind == "floret 2":
        return make_subwords("floret", table, **lengths, hash_count=2, hash_seed=7)
    return make_subwords(kind, table, **lengths)


def vectors(kind="fasttext"):
    """Vectors whose words are means of their n-grams and, where the kind has such, of a row of their own."""
    subwords = ngrams(kind)
    own = (RNG.standard_normal((len(WORDS), D)) + 1).astype(np.float32)
    words = Vocabulary.from_words(WORDS)
    subwords.compose_into(own, words.data, words.offsets, own=subwords.kind in ("fasttext", "finalfusion", "explicit"))
    return KeyedVectors(WORDS, own, counts=range(100, 100 - len(WORDS), -1), subwords=subwords)


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-5)


@every_kind
@every_step
def test_words_with_and_without_a_row_stay_in_one_space(kind, steps, tmp_path):
    before = vectors(kind)
    chosen = (LINEAR | NOT_LINEAR)[steps]
    moved = before.transformed(*chosen[:1])
    for step in chosen[1:]:
        moved = moved.truncate(step.d) if isinstance(step, Truncate) else moved.transformed(step)
    close(moved[UNKNOWN], moved.apply_transforms(before[UNKNOWN]))
    close(moved.vectors, before.transformed(*chosen).vectors)
    assert moved.subwords.is_linear == (steps in LINEAR)
    assert moved.subwords.vector_size == moved.vector_size == moved.subwords.compose(UNKNOWN)[0].shape[1]
    moved.save(tmp_path / "x.safetensors")
    for mmap in (True, False):
        opened = load(tmp_path / "x.safetensors", mmap=mmap)
        opened.verify()
        np.testing.assert_array_equal(opened[UNKNOWN], moved[UNKNOWN])
        close(opened.apply_transforms(before[UNKNOWN]), moved[UNKNOWN])
    close(opened.to_memory()[UNKNOWN], moved[UNKNOWN])


@every_kind
@every_step
def test_every_writer_gives_the_same_vectors_or_refuses(kind, steps, tmp_path):
    moved = vectors(kind).transformed(*(LINEAR | NOT_LINEAR)[steps])
    held = {"fasttext": ("fasttext", "zeros"), "finalfusion": ("fasttext", "zeros", "finalfusion", "explicit")}
    held["floret"] = ("floret", "floret 2")
    for name, kinds in held.items():
        path = tmp_path / f"{name}.x"
        if kind not in kinds or steps in NOT_LINEAR:
            with pytest.raises(OptionError, match=r"n-grams|subwords"):
                formats.save(moved, path, name)
            assert not path.exists()
            continue
        bare = moved.without("transforms", "counts")
        if name == "floret":
            with pytest.warns(UserWarning, match="words are left out"):
                formats.save(bare, path, name)
            if steps != "sif":  # which moves words of the corpus alone
                close(load(path)[WORDS], moved[WORDS])
        else:
            formats.save(bare, path, name)
            close(load(path)[WORDS], moved[WORDS])
        close(load(path)[UNKNOWN], moved[UNKNOWN])


def test_a_table_is_cut_with_the_rows_and_shared_where_nothing_is_multiplied():
    before = vectors()
    cut, centred = before.truncate(3), before.transformed(Center())
    assert np.shares_memory(cut.subwords.table, before.subwords.table) and cut.subwords.table.shape == (64, 3)
    assert centred.subwords.table is before.subwords.table and repr(centred.subwords.after).startswith("Transforms(cen")
    assert before.subwords.after is None
    rotated = before.transformed(Rotation())
    assert rotated.subwords.after is None and rotated.compress("int8").subwords.table.shape == (64, D)
    close(rotated.compress("float16")[UNKNOWN], rotated.compress("float16").decompress()[UNKNOWN])
    small = before.compress("int8").transformed(Rotation())
    assert isinstance(small.subwords.table, np.ndarray)
    close(small[UNKNOWN], small.apply_transforms(before.compress("int8")[UNKNOWN]))


def test_words_without_a_learned_ngram_stay_without_a_vector(tmp_path):
    table = np.concatenate([RNG.standard_normal((2, D)), np.zeros((1, D))]).astype(np.float32)
    options = {"min_n": 3, "max_n": 3, "bucket": 8, "pruned": [[1, 0], [3, 1]], "zeros": True}
    some = KeyedVectors(["a", "b"], np.eye(2, D), subwords=make_subwords("fasttext", table, **options))
    words = [f"{a}{b}" for a in "bcdfgh" for b in "aeiou"]
    known = [word for word in words if any(rows for _, rows in some.subwords.ngrams(word))]
    assert 0 < len(known) < len(words)
    for kv in (some, some.transformed(Center(), Rotation()), some.compress("int8"), some.transformed(Unit())):
        kv.save(tmp_path / "x.safetensors")
        for each in (kv, load(tmp_path / "x.safetensors")):
            assert [word for word in words if each.can_embed(word)] == known
            assert each.coverage(words).words_by_policy == len(known)
            with pytest.raises(wordvec.base.errors.UnknownWordError, match="by the policy 'subword'"):
                each[next(word for word in words if word not in known)]
    some.save(tmp_path / "x.bin")
    assert [word for word in words if load(tmp_path / "x.bin").can_embed(word)] == known


def test_unit_normalize_all_brings_composed_vectors_along():
    kv = vectors()
    kv.unit_normalize_all()
    np.testing.assert_allclose(np.linalg.norm(kv[WORDS + UNKNOWN], axis=1), 1, atol=1e-6)
    assert kv.transforms is None


def test_files_of_a_table_in_the_old_space_are_read_as_they_were_written(tmp_path):
    before = vectors()
    for steps in ([Center(), PCA(3)], [Unit(), Rotation()]):
        fitted = Transforms.fit(steps, before.vectors)
        moved = before.transformed(fitted)
        # As they were: the table as it was trained, all transforms, and no word of what is done after composing.
        old = KeyedVectors(WORDS, moved.vectors, transforms=fitted)
        old._subwords = before.subwords  # of other numbers than the rows, if need be
        old.save(tmp_path / "old.safetensors")
        stripped(tmp_path / "old.safetensors")
        opened = load(tmp_path / "old.safetensors")
        close(opened[UNKNOWN], fitted.apply(before[UNKNOWN]))
        opened.save(tmp_path / "again.safetensors")
        close(load(tmp_path / "again.safetensors")[UNKNOWN], opened[UNKNOWN])
        if opened.subwords.is_linear:
            opened.without("transforms").save(tmp_path / "again.bin")
            close(load(tmp_path / "again.bin")[UNKNOWN], opened[UNKNOWN])


def stripped(path):
    """A native file without what says how composed vectors come into the space of the rows."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    meta = header["__metadata__"]
    config = json.loads(meta["wordvec.config"])
    assert config["subword"].pop("after") == [] and meta["wordvec.requires"] == "subword.after"
    meta["wordvec.requires"], meta["wordvec.config"] = "", json.dumps(config, separators=(",", ":"))
    sums = json.loads(meta["wordvec.checksums"])
    assert sums.pop("wordvec.header")
    meta["wordvec.checksums"] = json.dumps({**sums, "wordvec.header": "crc32:00000000"}, separators=(",", ":"))
    path.write_bytes(data[:8] + json.dumps(header, separators=(",", ":")).encode().ljust(size) + data[8 + size :])


def test_damaged_steps_after_composing_are_refused():
    subwords = vectors().transformed(Center(), Unit()).subwords
    tensors, config = subwords.tensors(), subwords.config()
    assert [step["step"] for step in config["after"]] == ["center", "unit"]
    for change in ({"after": 3}, {"after": [{"step": "pickle"}]}, {"after": [{**config["after"][0], "dims": [3, 3]}]}):
        with pytest.raises(FormatError):
            open_subwords(tensors, {**config, **change})
    with pytest.raises(OptionError, match="after must take the 8 numbers of the table"):
        after = Transforms([Multiply(np.ones((5, 2))).fitted()])
        make_subwords("fasttext", np.ones((4, 8)), min_n=2, max_n=3, after=after)
    with pytest.raises(OptionError, match="subwords must compose vectors of 3 numbers, as the rows; got 8"):
        KeyedVectors(["a"], np.ones((1, 3)), subwords=ngrams("fasttext"))


def test_compress_rotates_and_cuts_vectors_with_ngrams(in_folder, capsys):
    before = vectors()
    before.save("ft.safetensors")
    flags = ["--rotate", "--truncate", "4", "--codec", "float32"]
    assert main(["compress", "ft.safetensors", "o.safetensors", *flags]) == 0
    opened = load("o.safetensors")
    close(opened[UNKNOWN], before.rotate_pca().truncate(4)[UNKNOWN])
    assert opened.subwords.table.shape == (64, 4)


# In the hands of those whose formats these are


def aligned():
    source, target = vectors("floret"), vectors("floret")
    pairs = [(word, word) for word in WORDS]
    return fit_map(source, target, pairs, normalize="none").apply(source)


def test_gensim_and_fasttext_give_the_same_vectors(tmp_path):
    pytest.importorskip("gensim")
    fasttext = pytest.importorskip("fasttext")
    from gensim.models.fasttext import FastTextKeyedVectors, load_facebook_vectors

    for kind in ("fasttext", "zeros"):
        for steps in LINEAR.values():
            moved = vectors(kind).transformed(*steps)
            peer = wordvec.interop.to_gensim(moved)
            assert isinstance(peer, FastTextKeyedVectors)
            moved.without("transforms").save(tmp_path / "x.bin")
            model, other = fasttext.load_model(str(tmp_path / "x.bin")), load_facebook_vectors(str(tmp_path / "x.bin"))
            for word in (*WORDS, *UNKNOWN):
                for found in (peer[word], model.get_word_vector(word), other[word]):
                    close(found, moved[word])
    with pytest.warns(UserWarning, match="subwords .*are left out, as gensim has no place"):
        assert not isinstance(wordvec.interop.to_gensim(moved.transformed(Unit())), FastTextKeyedVectors)


def test_spacy_gives_the_vectors_of_an_aligned_space():
    pytest.importorskip("spacy")
    from wordvec.interop import to_spacy

    moved = aligned()
    nlp = to_spacy(moved)
    for word in (*WORDS, *UNKNOWN):
        close(nlp(word)[0].vector, moved[word])
    assert "unkinger" in nlp.vocab.strings
    why = r"floret, composed ones being moved by Transforms\(unit.*unknown words have zeros"
    with pytest.warns(UserWarning, match=why):
        nlp = to_spacy(moved.transformed(Unit()))
    close(nlp("walks")[0].vector, moved.transformed(Unit())["walks"])
    changed = moved.copy()
    changed.add_vectors(["walks", "walked"], np.zeros((2, changed.vector_size)), replace=True)
    with pytest.warns(UserWarning, match="2 of 36 words have other vectors than the table"):
        to_spacy(changed)
