"""The command: every verb on real files, what goes to which stream, exit codes, and what it refuses to do."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import wordvec
from wordvec import TRAINERS, KeyedVectors
from wordvec.cli import VERBS, main
from wordvec.cli.train import default_output
from wordvec.subwords import make_subwords

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parent.parent)}
COMMAND = [sys.executable, "-m", "wordvec"]
TEXT = "\n".join(f"{a} {b} {c}" for a, b, c in [("sun", "moon", "star"), ("cat", "dog", "cow")] for _ in range(40))
SMALL = ["--vector-size", "8", "--epochs", "2", "--min-count", "1", "--workers", "1"]


@pytest.fixture
def here(in_folder):
    """A current folder with a corpus, vectors, word pairs and analogies in it."""
    (in_folder / "text.txt").write_text(TEXT)
    rows = [[2, 0, 0], [2, 2, 0], [0, 0, 2], [0, 2, 2.5], [0, 0, -2]]
    KeyedVectors(["man", "king", "woman", "queen", "tax"], rows, counts=[9, 5, 4, 2, 1]).save("toy.safetensors")
    (in_folder / "pairs.tsv").write_text("king\tqueen\t7\nking\ttax\t1\nman\tking\t9\nking\tprince\t8\n")
    (in_folder / "questions.txt").write_text(": royal\nman king woman queen\nman king girl princess\n")
    return in_folder


@pytest.fixture
def command(capsys):
    """Run a command line; its exit status, stdout and stderr."""

    def run(*words):
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run


# train


def test_train_names_the_output_after_the_corpus(here, command):
    status, out, err = command("train", "text.txt", *SMALL)
    assert (status, out) == (0, "text.safetensors\n")
    assert "6 vectors of 8 dimensions" in err and "240 of 240 tokens" in err
    vectors = wordvec.load("text.safetensors")
    assert sorted(vectors.index_to_key) == ["cat", "cow", "dog", "moon", "star", "sun"]
    assert vectors.metadata["trainer"] == "skipgram" and vectors.metadata["options"]["vector_size"] == 8


@pytest.mark.parametrize("model", list(TRAINERS))
def test_train_gives_what_the_class_gives(here, command, model):
    options = {"vector_size": 16, "min_count": 1, "workers": 1} | ({"epochs": 2} if TRAINERS[model].iterative else {})
    words = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), value)]
    assert command("train", "text.txt", "-o", "a.safetensors", "--model", model, *words, "--quiet")[0] == 0
    vectors = TRAINERS[model](**options).fit("text.txt")
    vectors.save("b.safetensors")
    one, two = (Path(name) for name in ("a.safetensors", "b.safetensors"))
    for name in os.listdir(one) if one.is_dir() else [""]:
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_train_reads_several_files_and_standard_input(here, command):
    Path("more.txt").write_text("owl bat owl bat\n")
    assert command("train", "text.txt", "more.txt", "-o", "both.safetensors", *SMALL)[0] == 0
    assert "owl" in wordvec.load("both.safetensors")
    done = subprocess.run(
        [*COMMAND, "train", "-", "-o", "piped.safetensors", *SMALL], input=TEXT.encode(), capture_output=True,
        env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(wordvec.load("piped.safetensors")) == 6


def test_train_keeps_context_starts_from_vectors_and_uses_a_cache(here, command):
    assert command("train", "text.txt", *SMALL, "--keep-context", "--cache", "cache")[0] == 0
    assert any(Path("cache").iterdir())
    assert wordvec.load("text.safetensors").context.shape == (6, 8)
    again = ["train", "text.txt", *SMALL, "--alpha", "1e-9", "--min-alpha", "0", "-o", "more.safetensors"]
    assert command(*again, "--init", "text.safetensors", "--cache", "cache")[0] == 0
    before, after = wordvec.load("text.safetensors"), wordvec.load("more.safetensors")
    assert after.context is None
    np.testing.assert_allclose(before.vectors, after.vectors, atol=1e-5)


def test_train_writes_json_and_word2vec_files(here, command):
    status, out, _ = command("train", "text.txt", "-o", "v.bin", *SMALL, "--json", "--quiet")
    summary = json.loads(out)
    assert status == 0 and summary["output"] == "v.bin" and summary["words"] == 6
    assert summary["options"]["epochs"] == 2 and summary["corpus"]["kept"] == 240 and len(summary["loss"]) == 2
    assert len(wordvec.load("v.bin")) == 6
    assert command("info", "text.txt")[0] == 1


@pytest.mark.filterwarnings("default")  # the command shows what a format has no place for
def test_train_writes_what_help_lists_and_refuses_a_table_before_training(here, command):
    said = " ".join(command("train", "--help")[1].split())
    for output, name in (("v/", "model2vec"), ("v.npy", "npy"), ("v.fifu", "finalfusion"), ("v.glove", "glove")):
        assert f"({name})" in said
        assert command("train", "text.txt", "-o", output, *SMALL, "--quiet")[0] == 0
        assert len(wordvec.load(output)) == 6
    status, _, err = command("train", "text.txt", "-o", "v.floret", *SMALL)
    assert status == 2 and "n-grams" in err and "epoch" not in err and "(floret)" not in said
    status, _, _ = command("train", "text.txt", "--model", "floret", "--bucket", "99", "-o", "v.floret", *SMALL)
    assert status == 0 and wordvec.load("v.floret").subwords.bucket == 99


def test_quiet_is_quiet_and_else_only_results_go_to_stdout(here, command):
    assert command("train", "text.txt", *SMALL, "--quiet") == (0, "text.safetensors\n", "")
    status, out, err = command("train", "text.txt", *SMALL, "--force")
    assert (status, out) == (0, "text.safetensors\n") and err


@pytest.mark.parametrize("model", list(TRAINERS))
def test_help_lists_the_options_of_the_model(command, model):
    status, out, _ = command("train", "--model", model, "--help")
    assert status == 0
    for name in TRAINERS[model]().to_dict():
        assert "--" + name.replace("_", "-") in out


def test_help_of_one_model_does_not_list_options_of_another(command):
    assert "--cbow-grad" in command("train", "--model=cbow", "--help")[1]
    assert "--cbow-grad" not in command("train", "--help")[1]


@pytest.mark.parametrize(
    ("corpus", "name"),
    [
        ("text.txt", "text"), ("a/b/wiki17.txt.xz", "wiki17"), ("wiki", "wiki"), ("texts/", "texts"),
        ("a.b.txt", "a.b"), ("s3://bucket/news.txt.gz", "news"),
    ],
)  # fmt: skip
def test_default_output(corpus, name):
    assert default_output([corpus, "other.txt"]) == f"{name}.safetensors"


@pytest.mark.parametrize("corpus", ["-", "texts/*.txt"])
def test_a_corpus_without_a_name_needs_an_output(here, command, corpus):
    status, _, err = command("train", corpus, *SMALL)
    assert status == 2 and "-o OUT must be given" in err


# What must not be written


@pytest.fixture
def no_training(monkeypatch):
    """Fail if a model is trained."""

    def fit(*arguments, **options):
        pytest.fail("the output must be checked before training")

    for trainer in TRAINERS.values():
        monkeypatch.setattr(trainer, "fit", fit)


def test_an_output_that_exists_needs_force(here, command, no_training):
    Path("text.safetensors").write_bytes(b"precious")
    for words in (["train", "text.txt"], ["convert", "toy.safetensors", "text.safetensors"]):
        status, _, err = command(*words)
        assert status == 1 and "--force" in err and err.count("\n") == 1
    assert Path("text.safetensors").read_bytes() == b"precious"
    assert command("convert", "toy.safetensors", "text.safetensors", "--force")[0] == 0
    assert len(wordvec.load("text.safetensors")) == 5


@pytest.mark.parametrize("output", ["missing/folder/out.safetensors", ".", os.devnull])
def test_impossible_outputs_are_refused_before_training(here, command, no_training, output):
    status, out, err = command("train", "text.txt", "-o", output, "--force", *SMALL)
    assert (status, out) == (1, "") and err.startswith("wordvec: error: ")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_refused_before_training(here, command, no_training):
    Path("locked").mkdir(mode=0o500)
    assert command("train", "text.txt", "-o", "locked/out.safetensors")[0] == 1


def test_a_symbolic_link_keeps_pointing(here, command):
    Path("real.safetensors").write_bytes(b"old")
    Path("link.safetensors").symlink_to("real.safetensors")
    assert command("train", "text.txt", "-o", "link.safetensors", *SMALL, "--force")[0] == 0
    assert Path("link.safetensors").is_symlink() and len(wordvec.load("real.safetensors")) == 6


def test_a_failed_training_leaves_nothing(here, command):
    status, out, err = command("train", "text.txt", *SMALL, "--alpha", "100000", "--epochs", "20", "--quiet")
    assert (status, out) == (1, "") and "wordvec: error:" in err
    assert [path.name for path in Path().iterdir() if path.name.startswith(("text.safe", ".text"))] == []


# The verbs that use vectors


def test_info(here, command):
    command("train", "text.txt", *SMALL, "--quiet")
    status, out, _ = command("info", "text.safetensors")
    facts = dict(line.split("\t") for line in out.splitlines())
    assert status == 0 and facts["words"] == "6" and facts["vector_size"] == "8" and facts["trainer"] == "skipgram"
    assert facts["options.epochs"] == "2" and facts["context"] == "no" and facts["counts"] == "yes"
    assert json.loads(command("info", "text.safetensors", "--json")[1])["metadata"]["options"]["epochs"] == 2


def test_similar(here, command):
    vectors = wordvec.load("toy.safetensors")
    status, out, err = command("similar", "toy.safetensors", "king", "-n", "2")
    assert (status, err) == (0, "")
    assert out.splitlines() == [f"{word}\t{score:.4f}" for word, score in vectors.most_similar("king", topn=2)]
    several = command("similar", "toy.safetensors", "king", "man", "-n", "1")[1].splitlines()
    assert [line.split("\t")[:2] for line in several] == [["king", "man"], ["man", "king"]]
    found = json.loads(command("similar", "toy.safetensors", "king", "--json")[1])
    assert found["king"][0]["word"] == "man" and found["king"][0]["similarity"] == pytest.approx(0.7071, abs=1e-4)


def test_analogy(here, command):
    status, out, _ = command("analogy", "toy.safetensors", "man", "king", "woman", "-n", "1")
    assert status == 0 and out.split("\t")[0] == "queen"
    found = json.loads(command("analogy", "toy.safetensors", "man", "king", "woman", "--json")[1])
    assert [item["word"] for item in found] == ["queen", "tax"]


@pytest.fixture
def filters():
    """What answers can be limited by is a matter of search."""
    pytest.importorskip("wordvec.search.analogy")


def test_answers_can_be_limited(here, command, filters):
    Path("few.txt").write_bytes(b"queen\r\ntax\nnobody\n\n")
    status, out, err = command("similar", "toy.safetensors", "king", "--within", "few.txt")
    assert status == 0 and [line.split("\t")[0] for line in out.splitlines()] == ["queen", "tax"]
    assert "1 of 3 words have no vector" in err
    words = [line.split("\t")[0] for line in command("similar", "toy.safetensors", "king")[1].splitlines()]
    assert words == ["man", "queen", "woman", "tax"]
    for flags, expected in (
        (["--exclude", "man", "--exclude", "woman", "--exclude", "nobody"], ["queen", "tax"]),
        (["--min-score", "0.1"], ["man", "queen"]),
        (["--restrict-vocab", "3"], ["man", "woman"]),
        (["--within", "few.txt", "--min-score", "0.1", "-n", "1"], ["queen"]),
    ):
        out = command("similar", "toy.safetensors", "king", *flags)[1]
        assert [line.split("\t")[0] for line in out.splitlines()] == expected
    Path("none.txt").write_text("nobody\n")
    status, _, err = command("similar", "toy.safetensors", "king", "--within", "none.txt")
    assert status == 1 and "none of 1" in err
    assert command("similar", "toy.safetensors", "king", "--min-score", "nan")[0] == 2


def test_analogies_by_other_methods(here, command, filters):
    from wordvec.search.analogy import analogy

    vectors = wordvec.load("toy.safetensors")
    asked = [[vectors.get_index(word)] for word in ("man", "king", "woman")]
    for method in ("3cosadd", "3cosmul", "pairdirection"):
        rows, scores = analogy(vectors.vectors, *asked, 2, norms=vectors.norms, method=method)
        expected = [f"{vectors.index_to_key[row]}\t{score:.4f}" for row, score in zip(rows[0], scores[0])]
        words = ["analogy", "toy.safetensors", "man", "king", "woman", "--method", method]
        assert command(*words)[1].splitlines() == expected
        assert command(*words, "--exclude", "queen")[1].splitlines() == expected[1:]
        assert command(*words, "--restrict-vocab", "3")[1] == ""
        assert command(*words, "--min-score", "0.5")[1].splitlines() == expected[:1]
    Path("few.txt").write_text("tax\n")
    assert command(*words[:-1], "3cosmul", "--within", "few.txt")[1].startswith("tax\t")
    status, _, err = command(*words, "--within", "few.txt")
    assert status == 2 and "pairdirection" in err


def asked_on_stdin(text, *words):
    return subprocess.run([*COMMAND, *words], input=text, capture_output=True, env=ENVIRONMENT)


def test_questions_come_from_stdin_one_a_line(here):
    KeyedVectors(["new york", b"caf\xe9", "tea"], [[1, 0], [1, 1], [0, 1]]).save("odd.safetensors")
    done = asked_on_stdin(b" new york \t\r\n \nmoon\ncaf\xe9\n", "similar", "odd.safetensors", "-", "-n", "1")
    assert done.stdout == b"new york\tcaf\xe9\t0.7071\ncaf\xe9\tnew york\t0.7071\n"
    assert done.returncode == 1 and b"line 2: " in done.stderr and b"1 of 3 questions" in done.stderr
    done = asked_on_stdin(b"king\n", "similar", "toy.safetensors", "-", "--json")
    assert done.returncode == 0 and done.stdout.count(b"\n") == 1
    assert json.loads(done.stdout)["query"] == "king" and json.loads(done.stdout)["found"][0]["word"] == "man"
    done = asked_on_stdin(b"", "similar", "toy.safetensors", "-")
    assert (done.returncode, done.stdout) == (0, b"")


def test_analogies_come_from_stdin(here):
    text = b"man king woman\nman\tking\twoman\nman king\nman king girl\n"
    done = asked_on_stdin(text, "analogy", "toy.safetensors", "-", "-n", "1", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [item["found"][0]["word"] for item in found[:2]] == ["queen", "queen"]
    assert "three words" in found[2]["error"] and "girl" in found[3]["error"] and found[3]["found"] == []
    assert done.returncode == 1 and b"2 of 4" in done.stderr


def test_an_answer_comes_before_the_next_question(here):
    similar = [*COMMAND, "similar", "toy.safetensors", "-", "-n", "1"]
    with subprocess.Popen(similar, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        for word, answer in ((b"king", b"man"), (b"man", b"king")):
            process.stdin.write(word + b"\n")
            process.stdin.flush()
            assert process.stdout.readline().split(b"\t")[1] == answer
        process.stdin.close()
    assert process.returncode == 0


def test_eval(here, command):
    status, out, err = command("eval", "toy.safetensors", "--pairs", "pairs.tsv", "--analogies", "questions.txt")
    rows = [line.split("\t") for line in out.splitlines()]
    assert status == 0
    assert rows[0] == ["pairs.tsv", "spearman", "1.0000", "3 of 4"]
    assert rows[-1] == ["questions.txt", "accuracy", "1.0000", "1 of 2"]
    assert "looked up" in err and "3CosAdd" in err
    by_content = command("eval", "toy.safetensors", "pairs.tsv", "questions.txt")
    assert by_content[1] == out
    results = json.loads(command("eval", "toy.safetensors", "questions.txt", "--dummy4unknown", "--json")[1])
    assert results[0]["accuracy"] == 0.5 and results[0]["found"] == 1


def test_eval_says_what_it_cannot_score(here, command):
    Path("few.txt").write_text("king queen 1\nhello\n")
    status, out, err = command("eval", "toy.safetensors", "--pairs", "few.txt", "--restrict-vocab", "4")
    assert status == 0 and "spearman\t-\t1 of 1" in out
    assert "3 pairs or more" in err and "'hello'" in err and "first 4 rows" in err
    assert command("eval", "toy.safetensors")[0] == 2
    Path("zeros.dat").write_bytes(bytes(9000))
    for file, said in (("toy.safetensors", "a file of vectors (native)"), ("zeros.dat", "something that starts with")):
        for flags in ([], ["--pairs"], ["--analogies"]):
            status, _, err = command("eval", "toy.safetensors", *flags, file)
            assert status == 1 and "must be text" in err and said in err
    Path("log.txt").write_text("one line\n" * 5000)
    status, _, err = command("eval", "toy.safetensors", "log.txt")
    assert status == 1 and "empty" not in err and "'one line'" in err


@pytest.mark.parametrize("suffix", [".bin", ".txt", ".vec"])
def test_convert_there_and_back(here, command, suffix):
    assert command("convert", "toy.safetensors", f"other{suffix}") == (0, f"other{suffix}\n", "")
    assert command("convert", f"other{suffix}", "back.safetensors")[0] == 0
    first, back = wordvec.load("toy.safetensors"), wordvec.load("back.safetensors")
    assert list(first.index_to_key) == list(back.index_to_key)
    np.testing.assert_array_equal(first.vectors, back.vectors)
    assert command("verify", "back.safetensors") == (0, "back.safetensors: whole\n", "")


def test_convert_to_a_format_that_is_named(here, command):
    assert command("convert", "toy.safetensors", "other.txt", "--to", "glove")[0] == 0
    assert (here / "other.txt").read_bytes().count(b"\n") == len(wordvec.load("toy.safetensors"))
    assert command("convert", "toy.safetensors", "no suffix", "--to", "word2vec-binary")[0] == 0
    assert list(wordvec.load("no suffix")) == list(wordvec.load("toy.safetensors"))
    assert command("convert", "toy.safetensors", "other.bin", "--to", "sparkle")[0] == 2


def test_convert_to_an_unknown_suffix(here, command):
    status, _, err = command("convert", "toy.safetensors", "other.xls")
    assert status == 2 and ".safetensors" in err and "other.xls" in err


def test_convert_a_part_by_a_named_format(here, command):
    Path("some.txt").write_text("queen\ntax\nnobody\n")
    convert = ["convert", "toy.safetensors", "part.any", "--to", "word2vec-text", "--force"]
    for flags, expected in (
        (["--limit", "2"], ["man", "king"]),
        (["--words", "some.txt"], ["queen", "tax"]),
        (["--min-count", "4"], ["man", "king", "woman"]),
        (["--words", "some.txt", "--limit", "4"], ["queen"]),
    ):
        assert command(*convert, *flags) == (0, "part.any\n", "")
        assert list(wordvec.load("part.any")) == expected
    facts = json.loads(command(*convert, "--json")[1])
    assert facts == {"output": "part.any", "format": "word2vec-text", "words": 5, "vector_size": 3}
    status, _, err = command(*convert, "--min-count", "100")
    assert status == 2 and "none is left" in err and len(wordvec.load("part.any")) == 5
    assert command("convert", "toy.safetensors", "x.txt", "--to", "nonsense")[0] == 2
    assert command("convert", "toy.safetensors", "x.txt", "--words", "missing.txt")[0] == 1


def test_info_of_any_format(here, command):
    command("convert", "toy.safetensors", "toy.bin")
    facts = json.loads(command("info", "toy.bin", "--json")[1])
    assert (
        facts["format"] == "word2vec-binary" and facts["codec"] == "float32" and facts["bytes_per_row"] == 16
    )  # with its length
    assert facts["subwords"] is None and facts["normalised"] is False and facts["metadata"]["source"]["rows"] == 5
    KeyedVectors(["a", "b"], [[1, 0], [0, 0]], metadata={"licence": "CC0"}).save("unit.safetensors")
    out = command("info", "unit.safetensors")[1].splitlines()
    assert "format\tnative" in out and "normalised\tyes" in out and "licence\tCC0" in out and "subwords\tno" in out


def test_info_says_how_rows_are_kept(here, command):
    rows = np.random.default_rng(0).standard_normal((20, 8))
    kv = KeyedVectors([f"w{i}" for i in range(20)], rows)
    for codec, options, expected in (
        ("pq", {"m": 4, "opq": True}, {"m": 4, "opq": True}),
        ("bits", {"rescore": None}, {"rescore": None}),
        ("int8", {}, None),
    ):
        kv.compress(codec, **options).save("small.safetensors")
        facts = json.loads(command("info", "small.safetensors", "--json")[1])
        told = facts["codec_options"]
        assert facts["codec"] == codec and (told and {name: told[name] for name in expected}) == expected
        table = command("compress", "small.safetensors", "again.safetensors", "--force", "--codec", "float32")[1]
        assert f"bytes a row\t{facts['bytes_per_row']:.1f}\t" in table
    assert "codec_options" in command("info", "small.safetensors")[1]


@pytest.mark.filterwarnings("default")
def test_damaged_files_are_read_when_asked_to(here, command):
    Path("cut.vec").write_text("3 2\nking 1 2\nqueen 2 1\n")
    status, _, err = command("convert", "cut.vec", "out.safetensors")
    assert status == 1 and "--no-strict" in err and "strict=False" not in err and not Path("out.safetensors").exists()
    status, _, err = command("convert", "cut.vec", "out.safetensors", "--no-strict")
    assert status == 0 and "wordvec: warning: " in err and list(wordvec.load("out.safetensors")) == ["king", "queen"]
    status, _, err = command("similar", "cut.vec", "king")
    assert status == 1 and "`wordvec convert --no-strict`" in err
    for verb in (["info"], ["compress", "--force"]):
        output = ["small.safetensors"] if verb[0] == "compress" else []
        assert command(verb[0], "cut.vec", *output, *verb[1:])[0] == 1
        assert command(verb[0], "cut.vec", *output, *verb[1:], "--no-strict")[0] == 0


@pytest.mark.parametrize(("which", "row"), [("first", [1, 2]), ("last", [3, 4]), ("mean", [2, 3]), ("error", None)])
def test_of_repeated_words_the_wanted_row_is_kept(here, command, which, row):
    Path("twice.vec").write_text("2 2\nking 1 2\nking 3 4\n")
    status, _, err = command("convert", "twice.vec", "out.safetensors", "--duplicates", which)
    if row is None:
        assert status == 1 and "king" in err
    else:
        assert status == 0 and wordvec.load("out.safetensors")["king"].tolist() == row


@pytest.fixture
def floret(here):
    """A file with a table of n-grams and without words, and what it composes of."""
    table = np.random.default_rng(1).standard_normal((50, 4)).astype(np.float32)
    subwords = make_subwords("floret", table, min_n=2, max_n=3, hash_count=2)
    kv = KeyedVectors([], np.empty((0, 4), np.float32), subwords=subwords)
    wordvec.formats.save(kv, "table.floret")
    Path("candidates.txt").write_text("guitar\nviolin\nbread\nviolin\n")
    return subwords


def test_a_table_without_words_needs_candidates(floret, command):
    for words in (["guitar"], ["guitar", "--within", "empty.txt"]):
        Path("empty.txt").write_text("\n")
        status, out, err = command("similar", "table.floret", *words)
        assert (status, out) == (1, "") and err.count("\n") == 1
        assert "the file has no words" in err and "--within FILE" in err and "--words FILE" in err
    status, out, err = command("similar", "table.floret", "guitars", "--within", "candidates.txt", "-n", "5")
    assert (status, err) == (0, "")
    rows = floret.compose(["guitars", "guitar", "violin", "bread"])[0]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosines = dict(zip(["guitar", "violin", "bread"], (rows[1:] @ rows[0]).tolist()))
    expected = sorted(cosines, key=cosines.get, reverse=True)
    found = [line.split("\t") for line in out.splitlines()]
    assert [word for word, _ in found] == expected
    assert [float(cosine) for _, cosine in found] == pytest.approx([cosines[word] for word in expected], abs=1e-4)
    assert command("analogy", "table.floret", "a", "b", "c", "--within", "candidates.txt")[0] == 0


def test_a_table_without_words_is_converted_with_words_or_as_a_table(floret, command):
    status, _, err = command("convert", "table.floret", "out.vec")
    assert status == 1 and "no words" in err and "--words FILE" in err and "--limit" not in err
    assert command("convert", "table.floret", "out.safetensors", "--words", "candidates.txt")[0] == 0
    assert list(wordvec.load("out.safetensors")) == ["guitar", "violin", "bread"]
    for output in ("table.safetensors", "again.floret"):
        assert command("convert", "table.floret", output)[0] == 0
        np.testing.assert_array_equal(np.asarray(wordvec.load(output).subwords.table), floret.table)
    assert command("similar", "table.safetensors", "guitar", "--within", "candidates.txt")[0] == 0
    assert command("info", "table.floret")[0] == 0


def test_verify_any_format(here, command):
    command("convert", "toy.safetensors", "toy.txt")
    assert command("verify", "toy.txt") == (0, "toy.txt: whole\n", "")
    facts = json.loads(command("verify", "toy.txt", "--json")[1])
    assert facts == {"file": "toy.txt", "format": "word2vec-text", "whole": True, "words": 5, "zero_rows": 0}
    for text, said in (
        ("2 2\na 1 2\nb nan 1\n", "row 2 ('b') holds NaN"),
        ("2 2\na 1 2\na 2 1\n", "must be distinct; 1 rows"),
        ("3 2\na 1 2\nb 2 1\n", "3 rows"),
        ("2 2\na 1 2\nb 2\n", "row 2"),
    ):
        Path("bad.txt").write_text(text)
        status, out, err = command("verify", "bad.txt")
        assert (status, out) == (1, "") and said in err and err.count("\n") == 1
    KeyedVectors(["a", "b"], [[1, 0], [0, 0]]).save("zero.safetensors")
    status, out, err = command("verify", "zero.safetensors")
    assert (status, out) == (0, "zero.safetensors: whole\n") and "1 of 2 rows are zeros" in err
    KeyedVectors(["a", "b"], [[1, 0], [0, np.inf]]).save("inf.safetensors")
    assert command("verify", "inf.safetensors")[0] == 1


def test_verify_finds_a_flipped_bit(here, command):
    data = bytearray(Path("toy.safetensors").read_bytes())
    place = data.find(np.float32(2.5).tobytes())
    data[place] ^= 1
    Path("toy.safetensors").write_bytes(data)
    status, out, err = command("verify", "toy.safetensors")
    assert (status, out) == (1, "") and err.startswith("wordvec: error: ")


# Usage, failures, streams


@pytest.mark.parametrize(
    "words",
    [
        [], ["nonsense"], ["--nonsense"], ["train"], ["train", "text.txt", "--nonsense"],
        ["similar", "toy.safetensors"], ["similar", "toy.safetensors", "king", "-n", "0"],
        ["similar", "toy.safetensors", "king", "-n", "x"],
        ["analogy", "toy.safetensors", "man", "king"], ["similar", "toy.safetensors", "-", "king"],
        ["analogy", "toy.safetensors", "man", "-", "king"], ["train", "text.txt", "--model", "nonsense"],
        ["train", "text.txt", "--window", "0"], ["train", "text.txt", "--vector-size", "0"],
        ["train", "text.txt", "--workers", "0"], ["train", "text.txt", "--alpha", "nan"],
        ["train", "text.txt", "--cbow-grad", "exact"], ["train", "text.txt", "--epoch", "3"],
        ["eval", "toy.safetensors", "pairs.tsv", "--restrict-vocab", "0"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_exits_with_2_and_says_why(here, command, words):
    status, out, err = command(*words)
    assert (status, out) == (2, "") and "wordvec" in err
    assert not Path("text.safetensors").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["similar", "toy.safetensors", "prince"], "prince"),
        (["similar", "missing.safetensors", "king"], "missing.safetensors"),
        (["similar", "text.txt", "king"], "text.txt"),
        (["info", "."], "."),
        (["verify", "missing.safetensors"], "missing.safetensors"),
        (["train", "missing.txt"], "missing.txt"),
        (["train", "empty.txt", "-o", "out.safetensors"], "no tokens"),
        (["train", "text.txt", "--min-count", "1000"], "1000"),
        (["train", "text.txt", "--init", "missing.safetensors"], "missing.safetensors"),
        (["eval", "toy.safetensors", "--pairs", "missing.tsv"], "missing.tsv"),
        (["eval", "toy.safetensors", "--pairs", "empty.txt"], "empty.txt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_failures_exit_with_1_and_one_line(here, command, words, said):
    Path("empty.txt").touch()
    before = sorted(here.iterdir())
    status, out, err = command(*words, *(["--quiet"] if words[0] == "train" else []))
    assert (status, out) == (1, "")
    assert err.startswith("wordvec: error: ") and said in err and err.count("\n") == 1
    assert sorted(here.iterdir()) == before


def test_help_and_version(command):
    status, out, _ = command("--help")
    assert status == 0 and all(name in out for name in VERBS)
    assert command("--version") == (0, f"wordvec {wordvec.__version__}\n", "")
    for verb in VERBS:
        assert command(verb, "--help")[0] == 0


def test_files_and_flags_come_in_any_order(here, command):
    Path("more.txt").write_text("owl bat owl bat\n")
    assert command("train", "text.txt", *SMALL, "more.txt", "--quiet")[0] == 0
    assert "owl" in wordvec.load("text.safetensors")
    assert command("eval", "--restrict-vocab", "4", "toy.safetensors", "--json", "pairs.tsv", "questions.txt")[0] == 0
    assert command("similar", "-n", "1", "toy.safetensors", "--json", "king")[0] == 0


@pytest.mark.filterwarnings("default")
def test_warnings_are_lines_on_stderr(here, command):
    KeyedVectors(["a", "king", "queen"], np.eye(3), counts=[1, 5, 2]).save("unsorted.safetensors")
    status, _, err = command("eval", "unsorted.safetensors", "pairs.tsv", "--restrict-vocab", "2")
    assert status == 0 and "wordvec: warning: --restrict-vocab 2" in err


def test_a_reader_that_has_seen_enough_is_no_error(here):
    words = [f"w{i}" for i in range(20_000)]
    KeyedVectors(words, np.random.default_rng(0).standard_normal((20_000, 4))).save("many.safetensors")
    similar = [*COMMAND, "similar", "many.safetensors", "w0", "-n", "20000"]
    with subprocess.Popen(similar, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert b"\t" in process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_words_that_are_no_utf8_come_out_as_they_are(here):
    KeyedVectors([b"caf\xe9", "tea"], [[1, 0], [1, 1]]).save("bytes.safetensors")
    for word in ("tea", b"caf\xe9"):
        done = subprocess.run([*COMMAND, "similar", "bytes.safetensors", word], capture_output=True, env=ENVIRONMENT)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split(b"\t")[0] == (b"caf\xe9" if word == "tea" else b"tea")


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing on Windows")
def test_an_interrupt_ends_training_with_130_and_leaves_nothing(here, sample):
    train = [*COMMAND, "train", str(sample), "-o", "out.safetensors", "--epochs", "10000", "--vector-size", "50"]
    with subprocess.Popen(train, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        seen = b""
        while b"epoch" not in seen and process.poll() is None:  # a line of the log, where there is no bar
            seen += os.read(process.stderr.fileno(), 1000)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        status = process.wait(timeout=30)
    assert status == 130, rest
    assert b"Traceback" not in rest and b"interrupted" in rest
    assert not [path for path in here.iterdir() if "out" in path.name]


@pytest.mark.filterwarnings("default")  # the command shows them
def test_words_that_a_format_cannot_hold_can_be_left_out(here, capsys):
    KeyedVectors(["new york", "tea"], [[1, 0], [1, 1]]).save("spaces.safetensors")
    assert main(["convert", "spaces.safetensors", "out.vec"]) == 2
    assert "--unwritable skip" in capsys.readouterr().err
    assert main(["convert", "spaces.safetensors", "out.vec", "--unwritable", "skip", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["words"] == 1 and "1 " in err
    assert Path("out.vec").read_bytes().startswith(b"1 2\ntea ")
