"""The judge of a sweep, made of a suite of one's own: its policy, and the text that its tasks read."""

import numpy as np
import pytest

import wordvec
from wordvec import KeyedVectors
from wordvec.evaluate.policy import Policy
from wordvec.evaluate.sweeps import Judge


def test_a_suite_of_ones_own_says_how_a_judge_scores(tmp_path):
    (tmp_path / "pairs.tsv").write_text("cat\tdog\t9\ncat\tsun\t1\nsun\tmoon\t8\n")
    suite = tmp_path / "mine.toml"
    suite.write_text('tasks = ["similarity"]\ndata = "pairs.tsv"\npolicy = "web"\noov = "zero"\nencoder = "sif"\n')
    judge = Judge.of(suite=str(suite))
    assert (judge.policy.case, judge.policy.oov, judge.policy.encoder) == ("as-is", "zero", "sif")
    assert Judge.of(suite=str(suite), policy="default").policy == Policy()


def test_a_judge_reads_the_text_of_its_suite_once(tmp_path):
    words = [f"w{i}" for i in range(12)]
    (tmp_path / "nonces.txt").write_text("".join(f"w{i}\ta ___ is w{i + 1} w{i + 2}\n" for i in range(9)))
    (tmp_path / "text.txt").write_text("\n".join(" ".join(words[i:] + words[:i]) for i in range(12)))
    suite = tmp_path / "mine.toml"
    suite.write_text('tasks = ["definitional-nonces"]\ndata = "nonces.txt"\ncorpus = "text.txt"\n')
    judge = Judge.of(suite=str(suite))
    (tmp_path / "text.txt").unlink()
    with pytest.raises(wordvec.CorpusError, match="is no file, folder"):
        judge.identity()
    (tmp_path / "text.txt").write_text("\n".join(" ".join(words[i:] + words[:i]) for i in range(12)))
    assert len(judge.identity()["judge corpus"]) == 32
    (tmp_path / "text.txt").unlink()
    vectors = KeyedVectors(words, np.random.default_rng(1).standard_normal((12, 4)).astype("f4"))
    assert judge(vectors) > 0
