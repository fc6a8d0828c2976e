"""Every codec: what is lost is bounded, what is kept is found, files are checked, threads and blocks change nothing."""

from argparse import ArgumentParser
from dataclasses import fields

import numpy as np
import pytest
from codec_variants import every_codec, made, reopened, scores_of, vectors

from wordvec import codecs, search
from wordvec.base.errors import FormatError, OptionError
from wordvec.codecs import CODECS, base, codebooks, encode, open_rows
from wordvec.rows import base as rows_base
from wordvec.rows.norms import row_norms


@every_codec
def test_it_reads_as_a_matrix(variant):
    matrix = vectors()
    encoded = made(variant, matrix)
    whole = np.asarray(encoded)
    assert whole.dtype == np.float32 and whole.shape == encoded.shape == matrix.shape
    assert (encoded.ndim, encoded.dtype, len(encoded)) == (2, np.float32, 500)
    assert encoded.norms.tolist() == pytest.approx(row_norms(matrix).tolist(), rel=1e-6)
    np.testing.assert_array_equal(encoded[7], whole[7])
    np.testing.assert_array_equal(encoded[-1], whole[-1])
    np.testing.assert_array_equal(encoded[np.int64(9)], whole[9])
    for rows in (slice(3, 90, 7), [5, 5, -2], np.array([8, 1], np.uint32), whole[:, 0] > 0, np.array([[1, 2], [3, 4]])):
        np.testing.assert_array_equal(encoded[rows], whole[rows])
    assert encoded[[]].shape == (0, 30) and encoded[10:10].shape == (0, 30)
    for wrong in (500, -501, [500], "3", 1.5, (1, 2), np.ones(7, bool), None):
        with pytest.raises(IndexError):
            encoded[wrong]
    assert np.array(encoded, np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="decoded"):
        encoded.__array__(copy=False)
    assert encoded.name in repr(encoded)
    encoded[0][0] = 9  # a copy
    np.testing.assert_array_equal(encoded[0], whole[0])


@every_codec
def test_zero_rows_stay_zero_and_are_never_found(variant):
    matrix = vectors()
    encoded = made(variant, matrix)
    assert not encoded[300:310].any()
    rows, scores = search.nearest(encoded, matrix[:3], 500, norms=encoded.norms)
    assert not set(range(300, 310)) & set(rows.ravel().tolist())
    assert (rows[:, 490:] == -1).all() and (scores[:, 490:] == -np.inf).all() and np.isfinite(scores[:, :400]).all()
    got = search.cosines(encoded, matrix[0], norms=encoded.norms)
    assert not got[300:310].any()


@every_codec
def test_norms_kept_aside(variant):
    """A search looks at the norms that it is given: a row without one is left out."""
    matrix = vectors()
    encoded = made(variant, matrix)
    norms = encoded.norms.copy()
    norms[0] = 0
    assert search.nearest(encoded, matrix[:1], 1, norms=norms)[0][0, 0] != 0


@every_codec
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_search_is_brute_force_over_what_it_scores(variant, workers):
    matrix = vectors(1)
    encoded = made(variant, matrix)
    if encoded.name == "bits" and encoded.inner is not None:
        encoded = made(variant, matrix, candidates=500)  # with fewer, it may miss some
    asked = np.concatenate([matrix[[3, 7]], vectors(2)[:15]])
    rows, scores = search.nearest(encoded, asked, 12, norms=encoded.norms, workers=workers)
    for query, found, cosines in zip(asked, rows, scores):
        true = scores_of(encoded, query)
        best = np.argsort(-np.where(np.isnan(true), -9, true), kind="stable")[:12]
        np.testing.assert_allclose(cosines, true[found], rtol=0, atol=2e-7)
        np.testing.assert_allclose(np.sort(cosines)[::-1], true[best], rtol=0, atol=2e-7)
        assert (np.diff(cosines) <= 0).all()
    duplicates = rows[0][np.isin(rows[0], [3, *range(100, 220)])].tolist()
    assert duplicates == sorted(duplicates)


@every_codec
def test_one_query_and_many_threads_agree_to_the_last_bit(variant):
    matrix = vectors(3, 3000)
    encoded = made(variant, matrix, candidates=60) if variant.startswith("bits") else made(variant, matrix)
    asked = vectors(4)[:40]
    exclude = [[i, 5, 100] for i in range(40)]
    together = search.nearest(encoded, asked, 10, norms=encoded.norms, workers=1, exclude=exclude)
    for workers in (2, 3):
        again = search.nearest(encoded, asked, 10, norms=encoded.norms, workers=workers, exclude=exclude)
        assert all((a == b).all() for a, b in zip(again, together))
    for i in range(0, 40, 7):
        alone = search.nearest(encoded, asked[i], 10, norms=encoded.norms, exclude=exclude[i : i + 1])
        assert (alone[0][0] == together[0][i]).all() and (alone[1][0] == together[1][i]).all()
        assert not set(exclude[i]) & set(alone[0][0].tolist())
    ranged, _ = search.nearest(encoded, asked[:2], 10, norms=encoded.norms, start=40, stop=90)
    assert ranged.min() >= 40 and ranged.max() < 90


@every_codec
def test_cosines_and_rows_closer(variant):
    matrix = vectors(5)
    encoded = made(variant, matrix)
    true = np.nan_to_num(scores_of(encoded, matrix[3]))
    got = search.cosines(encoded, matrix[3], norms=encoded.norms, start=2, stop=450)
    near = encoded.full.slack() if isinstance(encoded.full, codecs.Int8) else 2e-6
    np.testing.assert_allclose(got, true[2:450], rtol=0, atol=near)
    for threshold in (float(np.sort(true)[-200]) + 1e-5, 0.0):
        closer = search.rows_closer(encoded, matrix[3], threshold, norms=encoded.norms)
        unsure = np.abs(true - threshold) < 1e-6
        want = set(np.flatnonzero((true > threshold) & (encoded.norms > 0)).tolist())
        assert set(closer.tolist()) ^ want <= set(np.flatnonzero(unsure).tolist())


@every_codec
def test_files(variant):
    matrix = vectors(6)
    encoded = made(variant, matrix)
    again = reopened(encoded)
    assert again.config() == encoded.config()
    for name, array in encoded.tensors().items():
        assert again.tensors()[name].tobytes() == array.tobytes()
    np.testing.assert_array_equal(np.asarray(again), np.asarray(encoded))
    here, there = (search.nearest(e, matrix[:5], 6, norms=e.norms) for e in (encoded, again))
    assert (here[0] == there[0]).all() and (here[1] == there[1]).all()
    assert encoded.nbytes == sum(a.nbytes for a in encoded.tensors().values())


@every_codec
def test_hostile_files(variant):
    encoded = made(variant, vectors(7, 60))
    tensors, config, name = encoded.tensors(), encoded.config(), encoded.name
    for suffix, array in tensors.items():
        wrong = [array[:-1], array.astype(np.complex64), array[None], array[..., :0]]
        if suffix != ".rotation":
            wrong.append(None)
        for bad in wrong:
            damaged = {k: a for k, a in {**tensors, suffix: bad}.items() if a is not None}
            if suffix == "" and bad is wrong[0]:
                continue  # other tensors are then too long: seen below
            with pytest.raises(FormatError):
                open_rows(name, damaged, config)
    with pytest.raises(FormatError):
        open_rows(name, {**tensors, "": tensors[""][:-1]}, config)
    for key in config:
        for bad in (None, "x", -1, 2**70, 1.5, [], True):
            if key == "rescore" and bad is None:
                continue
            with pytest.raises(FormatError):
                open_rows(name, tensors, {**config, key: bad})
    with pytest.raises(FormatError, match=r"codec must be one of.*'zip'"):
        open_rows("zip", tensors, config)


def test_codes_beyond_the_centroids_decode_to_zeros():
    encoded = encode(vectors(8, 20), "pq", m=15)
    tensors = {**encoded.tensors(), "": np.full_like(encoded.codes, 255)}
    damaged = open_rows("pq", tensors, encoded.config())
    assert not np.asarray(damaged).any()
    rows, _ = search.nearest(damaged, vectors(8, 20)[:2], 3, norms=damaged.norms)
    assert rows.shape == (2, 3)


@every_codec
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_must_be_finite(variant, bad):
    matrix = vectors(rows=60)
    matrix[17, 3] = bad
    with pytest.raises(OptionError, match="row 17"):
        made(variant, matrix)


@every_codec
@pytest.mark.parametrize("shape", [(0, 5), (1, 5), (3, 1), (1, 1), (9, 7), (4, 65)])
def test_small_and_odd_shapes(variant, shape):
    matrix = np.random.default_rng(shape[1]).standard_normal(shape).astype(np.float32)
    encoded = reopened(made(variant, matrix))
    assert encoded.shape == shape and np.asarray(encoded).shape == shape
    queries = matrix[:1] if len(matrix) else np.ones((1, shape[1]))
    rows, scores = search.nearest(encoded, queries, 2, norms=encoded.norms)
    assert rows.shape == (1, min(2, shape[0]))
    if len(matrix) and variant != "bits alone":
        assert rows[0, 0] == 0 or abs(scores[0, 0] - scores_of(encoded, queries[0])[0]) < 1e-6
    assert search.cosines(encoded, queries[0], norms=encoded.norms).shape == shape[:1]


@every_codec
def test_constant_tiny_and_huge_rows(variant):
    matrix = np.ones((70, 12), np.float32)
    encoded = made(variant, matrix)
    np.testing.assert_allclose(np.asarray(encoded), 1, rtol=2e-2)
    for scale in (1e-40, 1e-20, 1e3):
        matrix = vectors(9, 60, 12) * np.float32(scale)
        encoded = made(variant, matrix)
        assert np.isfinite(np.asarray(encoded)).all()
        if scale > 1e-9 or variant in ("bfloat16", "int8"):
            found = search.nearest(encoded, vectors(9, 60, 12)[:1], 1, norms=encoded.norms)[0]
            assert found[0, 0] == (-1 if scale < 1e-30 else 0)


@every_codec
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(variant, monkeypatch):
    matrix = vectors(10, 4000)
    monkeypatch.setattr(rows_base, "_BLOCK_BYTES", 30 * 4 * 300)
    results = []
    for cores in (1, 2, 3):
        monkeypatch.setattr(base, "usable_cores", lambda cores=cores: cores)
        monkeypatch.setattr(codebooks, "usable_cores", lambda cores=cores: cores)
        results.append(made(variant, matrix))
    for other in results[1:]:
        for name, array in results[0].tensors().items():
            assert other.tensors()[name].tobytes() == array.tobytes(), name


@every_codec
def test_encoding_what_is_encoded(variant):
    encoded = made(variant, vectors(11))
    again = made(variant, encoded)
    np.testing.assert_array_equal(np.asarray(again) != 0, np.asarray(encoded) != 0)


@pytest.mark.parametrize("codec", CODECS)
def test_options_are_declared_once(codec):
    """The command line, the checks and the names follow from the dataclass of a codec."""
    options = CODECS[codec].options
    parser = ArgumentParser()
    options.add_arguments(parser)
    assert options.from_arguments(parser.parse_args([])) == options()
    assert encode(vectors(rows=20), codec, **options().to_dict()).name == codec
    assert all(f.metadata["help"] for f in fields(options))
    with pytest.raises(OptionError, match="options of"):
        encode(vectors(rows=20), codec, no_such=1)


def test_options_from_a_command_line():
    parser = ArgumentParser()
    CODECS["pq"].options.add_arguments(parser)
    options = CODECS["pq"].options.from_arguments(parser.parse_args(["--m", "4", "--opq", "--seed", "3"]))
    assert options == CODECS["pq"].options(m=4, opq=True, seed=3) and options.m == "4"
    matrix = vectors(rows=40)
    np.testing.assert_array_equal(encode(matrix, "pq", m="4").codes, encode(matrix, "pq", m=np.int64(4)).codes)


def test_options_and_names():
    matrix = vectors(rows=20)
    with pytest.raises(OptionError, match=r"codec must be one of float16.*'f8'"):
        encode(matrix, "f8")
    with pytest.raises(OptionError, match=r"options of int8 must be among none; got 'm'"):
        encode(matrix, "int8", m=3)
    with pytest.raises(OptionError, match=r"options of pq must be among m, opq"):
        encode(matrix, "pq", parts=3)
    for m in (0, 31, "d/0", "d/31", "d/400", "half", 2.5, True):
        with pytest.raises(OptionError, match="m must be"):
            encode(matrix, "pq", m=m)
    for options in ({"rescore": "pq"}, {"candidates": 0}, {"candidates": 2.5}):
        with pytest.raises(OptionError, match=next(iter(options))):
            encode(matrix, "bits", **options)
    for wrong in (np.ones(3), np.ones((2, 0)), np.array([["a"]])):
        with pytest.raises(OptionError, match="matrix must be one of numbers"):
            encode(wrong, "int8")
    with pytest.raises(OptionError, match="norms must be one number for each of 20 rows"):
        encode(matrix, "int8", norms=np.ones(3, np.float32))
    with pytest.raises(OptionError, match="row 4"):
        encode(np.where(np.arange(20)[:, None] == 4, 70000, matrix), "float16")
    with pytest.raises(OptionError, match="counts"):
        encode(matrix, "pq", counts=[1, 2])
    assert (
        list(CODECS) == ["float16", "bfloat16", "int8", "pq", "bits", "residual-bits"]
        and codecs.Encoded in CODECS["pq"].__mro__
    )


def test_doctests():
    import doctest

    for module in (codecs, base, codecs.half, codecs.int8, codecs.pq, codecs.bits, codecs.residual, codecs.rotation):
        assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
