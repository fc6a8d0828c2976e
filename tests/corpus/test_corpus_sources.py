"""What encode leaves behind and refuses: cache, temporary files, interrupts, and every kind of bad input."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

import numpy as np
import pytest
from compressions import COMPRESS

from wordvec.base.errors import CorpusError, OptionError
from wordvec.corpus import encode_corpus
from wordvec.corpus.encoder import Passes
from wordvec.corpus.sources import resolve

TEXT = "the cat sat\r\n\nthe dog sat on the log\nthe café\n".encode() + b"\xff\x00"


def equal(left, right):
    assert left.fingerprint == right.fingerprint and left.stats == right.stats
    np.testing.assert_array_equal(left.ids, right.ids)
    np.testing.assert_array_equal(left.vocabulary.counts, right.vocabulary.counts)


# ---- the cache, and what is left behind ----


def leftovers(folder):
    return sorted(name for name in os.listdir(folder) if name.startswith((".wordvec", "wordvec", "shard")))


def test_the_cache_is_reused_until_file_or_options_change(tmp_path, file, monkeypatch):
    cache, path = tmp_path / "cache", file(TEXT)
    first = encode_corpus(path, min_count=1, cache=cache)
    assert len(os.listdir(cache)) == 1
    with monkeypatch.context() as patch:
        patch.setattr(Passes, "run", None)  # a second pass would fail
        equal(encode_corpus(str(path), min_count=1, cache=str(cache)), first)
    encode_corpus(path, min_count=2, cache=cache)
    encode_corpus(path, min_count=1, lowercase=True, cache=cache)
    assert len(os.listdir(cache)) == 3
    path.write_bytes(TEXT + b" more")
    assert encode_corpus(path, min_count=1, cache=cache).stats.read == first.stats.read + 1
    equal(first, encode_corpus(file(TEXT), min_count=1))  # still readable


def test_a_damaged_cache_is_made_again(tmp_path, file):
    cache, path = tmp_path / "cache", file(TEXT)
    encode_corpus(path, min_count=1, cache=cache)
    (folder,) = cache.iterdir()
    first = encode_corpus(path, min_count=1)
    os.truncate(folder / "counts", 4)
    equal(encode_corpus(path, min_count=1, cache=cache), first)
    (folder / "info.json").write_text("{")
    equal(encode_corpus(path, min_count=1, cache=cache), first)
    assert [entry.name for entry in cache.iterdir()] == [folder.name]


ODD_SIZES = [5, [], {}, None, {"ids": 1}, "x"]


def test_numbers_of_a_cache_that_were_changed_are_not_believed(tmp_path, file):
    cache, path = tmp_path / "cache", file(TEXT)
    first = encode_corpus(path, min_count=1, cache=cache)
    (folder,) = cache.iterdir()
    whole = json.loads((folder / "info.json").read_text())
    stats = {name: whole["stats"] | {name: 950} for name in whole["stats"]}
    changes = [{"stats": changed} for changed in stats.values()] + [{"sizes": sizes} for sizes in ODD_SIZES]
    changes += [{"options": {"min_count": 7}}, {"stats": 3}, {"fingerprint": "0"}, {"seal": None}, {"more": 1}]
    for change in changes:
        (folder / "info.json").write_text(json.dumps(whole | change))
        again = encode_corpus(path, min_count=1, cache=cache)
        equal(again, first)
        assert again.options == first.options and json.loads((folder / "info.json").read_text()) == whole
    for text in ("[" * 100_000, "3", "null", "[1]", '"x"', "\x00"):
        (folder / "info.json").write_text(text)
        equal(encode_corpus(path, min_count=1, cache=cache), first)


@pytest.mark.parametrize("at", [0, 600_000, 1_199_990])
def test_another_text_of_the_same_size_and_time_is_another_text(at, tmp_path, file, monkeypatch):
    cache, path = tmp_path / "cache", file(b"word " * 240_000)
    first, status = encode_corpus(path, min_count=1, cache=cache), os.stat(path)
    with open(path, "r+b") as text:
        text.seek(at)
        text.write(b"wort ")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert os.stat(path).st_mtime_ns == status.st_mtime_ns
    assert len(first.vocabulary) == 1 and len(encode_corpus(path, min_count=1, cache=cache).vocabulary) == 2
    # what is written is in no sample: the time of change tells
    monkeypatch.setattr(sys.modules["wordvec.corpus.encode"], "SAMPLE", 8)
    with open(path, "r+b") as text:
        text.seek(5000)
        text.write(b"worm ")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(encode_corpus(path, min_count=1, cache=cache).vocabulary) == 3


def test_what_cannot_be_cached_leaves_nothing_in_the_cache(tmp_path, file):
    cache = tmp_path / "cache"
    encode_corpus([["a"]], min_count=1, cache=cache)
    encode_corpus(file(TEXT), min_count=1, tokenizer=str.split, cache=cache)
    assert os.listdir(cache) == []


def test_temporary_files_are_gone_with_the_corpus_and_after_errors(tmp_path, file, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    corpus = encode_corpus(file(TEXT), min_count=1)
    total = int(corpus.ids.sum())
    ids = corpus.ids
    del corpus
    gc.collect()
    assert int(ids.sum()) == total  # arrays outlive the corpus
    del ids
    assert leftovers(tmp_path) == []
    with pytest.raises(CorpusError):
        encode_corpus(file(TEXT), min_count=1000)
    assert leftovers(tmp_path) == []


def run_python(code, *arguments, **options):
    code = textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, **options)


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_disk_that_fills_is_one_clear_error_and_leaves_nothing(tmp_path, file, zipf):
    done = run_python(
        """
        import resource, sys, tempfile
        from wordvec.corpus import encode_corpus
        from wordvec.base.errors import CorpusError
        tempfile.tempdir = sys.argv[2]
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            encode_corpus(sys.argv[1], min_count=1)
        except CorpusError as error:
            print(error)
        """,
        file(zipf),
        tmp_path,
    )
    assert done.stdout.startswith("cannot write the encoded corpus to") and "free some space" in done.stdout, (
        done.stderr
    )
    assert leftovers(tmp_path) == []


# ---- errors ----


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("the cat sat on the mat", "looks like text; give the path"),
        ("one line\nanother", "looks like text"),
        ("no-such-file.txt", "there is no file 'no-such-file.txt'"),
        ("no-such-*.txt", "no file matches"),
        ("", "looks like text"),
        ("nul\0.txt", "there is no file"),
        (["the cat sat", "on the mat"], "is read as a list of paths, and 'the cat sat' is no file"),
        ([["a", "b"], "c d"], r"sentence 1 must be a list of tokens, not a str \('c d'\); split it"),
        ([["a"], 7], "sentence 1 must be a list of tokens, not a int"),
        ([["a", None]], "a token must be a str"),
        ([["a", True]], "a token must be a str"),
        ([["a", "\ud800"]], "half of a surrogate pair"),
        (b"bytes", "a corpus cannot be a bytes"),
        ({"a": 1}, "a corpus cannot be a dict"),
        (5, "a corpus cannot be a int"),
        (None, "a corpus cannot be a NoneType"),
        ([], "no tokens"),
        ([[], [""]], "no tokens"),
        (io.StringIO("a b"), "a corpus cannot be a StringIO; give the path of a file"),
        ("nosuchscheme://x/y", "cannot be opened"),
    ],
)
def test_what_is_no_corpus(source, message):
    with pytest.raises(CorpusError, match=message):
        encode_corpus(source, min_count=1)


def test_a_generator_of_strings_and_one_that_is_used_up():
    with pytest.raises(CorpusError, match=r"sentence 0 must be a list of tokens, not a str.*tokenizer="):
        encode_corpus(line for line in ["a b c", "d e f"])
    sentences = iter([["a"]])
    encode_corpus(sentences, min_count=1)
    with pytest.raises(CorpusError, match="an iterator that was used up gives none"):
        encode_corpus(sentences, min_count=1)


def test_nothing_above_min_count(file):
    with pytest.raises(CorpusError, match=r"no word occurs 50 times.* of 8 distinct words occurs 4 times.*min_count=2"):
        encode_corpus(file(TEXT), min_count=50)


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n "])
def test_empty_files(file, data):
    with pytest.raises(CorpusError, match="the corpus has no tokens"):
        encode_corpus(file(data))


def test_folders_without_text(tmp_path):
    (tmp_path / ".hidden").write_text("x")
    with pytest.raises(CorpusError, match="has no files"):
        encode_corpus(tmp_path)


@pytest.mark.parametrize("suffix", COMPRESS)
def test_truncated_and_damaged_compressed_files(tmp_path, zipf, suffix):
    path, data = tmp_path / f"x.{suffix}", COMPRESS[suffix](zipf)
    for cut in (len(data) // 2, len(data) - 3, 12):
        path.write_bytes(data[:cut])
        with pytest.raises(CorpusError, match=rf"x\.{suffix} is cut short"):
            encode_corpus(path)
    damaged = bytearray(data)
    damaged[len(data) // 2] ^= 0x55
    damaged[len(data) // 2 + 1] ^= 0x55
    path.write_bytes(damaged)
    with pytest.raises(CorpusError, match=rf"x\.{suffix}"):
        encode_corpus(path)
    for data in (b"plain text under a wrong name", b""):
        path.write_bytes(data)
        with pytest.raises(CorpusError, match=r"does not hold the .* data that its name promises"):
            encode_corpus(path)


def test_unreadable_files(file):
    path = file(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(CorpusError, match="cannot be read: Permission denied"):
        encode_corpus(path)


def test_a_file_that_changes_while_it_is_read(tmp_path, file):
    path = file(b"a b c\n" * 100)
    found = resolve(path, False)
    path.write_bytes(b"a b c\n" * 50)
    with pytest.raises(CorpusError, match="became shorter"):
        Passes(found, range_size=100).run(tmp_path)
    path.write_bytes(b"a b d\n" * 100)
    os.utime(path, ns=(1, 1))
    with pytest.raises(CorpusError, match="changed while it was read"):
        Passes(found, range_size=100).run(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_count": 0}, "min_count must be an integer >= 1; got 0"),
        ({"min_count": 2.5}, "min_count must be an integer"),
        ({"max_vocab": 0}, "max_vocab must be an integer >= 1 or None; got 0"),
        ({"workers": 0}, "workers must be an integer >= 1 or None; got 0"),
        ({"tokenizer": "split"}, "tokenizer must be whitespace, unicode"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(OptionError, match=message):
        encode_corpus([["a"]], **options)


def test_a_tokenizer_must_return_lists_and_get_lines():
    with pytest.raises(CorpusError, match="what the tokenizer made of line 0 must be a list of tokens, not a str"):
        encode_corpus(["a b"], tokenizer=str.lower)
    with pytest.raises(CorpusError, match="each item must be a line"):
        encode_corpus([["a"]], tokenizer=str.split)


def test_an_exception_of_the_users_iterator_comes_through_and_threads_end(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def sentences():
        yield from ([["a", "b"] * 50] * 20_000)
        raise KeyError("mine")

    before = threading.active_count()
    for options in ({}, {"tokenizer": str.split}):
        items = sentences() if not options else (" ".join(tokens) for tokens in sentences())
        with pytest.raises(KeyError, match="mine"):
            encode_corpus(items, workers=3, **options)
        assert threading.active_count() == before
        assert leftovers(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path):
    code = """
        import itertools, sys, tempfile, threading
        from wordvec.corpus import encode_corpus
        tempfile.tempdir = sys.argv[1]
        encode_corpus([["a", "b"]], min_count=1)  # imports all: an interrupted import would change the exit status
        print("ready", flush=True)
        try:
            encode_corpus((["a", "b", str(i)] for i in itertools.count()), workers=2)
        except KeyboardInterrupt:
            print(threading.active_count(), flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        try:
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert out == "1\n" and process.returncode == 0
    assert leftovers(tmp_path) == []


def test_progress_goes_to_standard_error(file, capsys, terminal):
    encode_corpus(file(TEXT), min_count=1, progress=True)
    out, err = capsys.readouterr()
    assert out == "" and "reading" in err
    encode_corpus(file(TEXT), min_count=1)
    assert capsys.readouterr() == ("", "")
