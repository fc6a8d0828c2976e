"""The sample corpus is what its generator writes, and trainers find in it what is planted there."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from wordvec.evaluate import analogies, word_pairs

FILES = ["sample.txt", "sample-analogies.txt", "sample-pairs.tsv", "sample-topics.json"]


@pytest.mark.parametrize("hash_seed", ["0", "7"])
def test_the_generator_writes_the_sample_again(sample, tmp_path, hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, sample.parent / "generate.py", tmp_path], check=True, env=environment)
    assert [name for name in FILES if (tmp_path / name).read_bytes() != (sample.parent / name).read_bytes()] == []


def test_the_sample_is_small_and_zipfian(sample):
    text = sample.read_bytes()
    assert len(text) < 2_000_000
    counts = [n for _, n in Counter(text.split()).most_common()]
    assert 290_000 < sum(counts) < 310_000
    assert counts[0] > 0.05 * sum(counts) and counts[99] > 100 > counts[999] and counts[-1] == 1


def test_another_seed_gives_another_sample(sample, tmp_path):
    command = [sys.executable, sample.parent / "generate.py", tmp_path, "--seed", "2", "--tokens", "1000"]
    subprocess.run(command, check=True)
    text = (tmp_path / "sample.txt").read_bytes()
    assert 1000 <= len(text.split()) < 1100
    assert not sample.read_bytes().startswith(text[:1000])


@pytest.mark.parametrize(("model", "floor"), [("skipgram", 0.8), ("cbow", 0.7)])
def test_analogies_are_found(request, sample, model, floor):
    result = analogies(request.getfixturevalue(model), sample.parent / "sample-analogies.txt")
    assert result.used == result.total
    assert result.accuracy > floor
    assert all(section.accuracy > 0.5 for section in result.sections), result.sections


@pytest.mark.parametrize(("model", "floor"), [("skipgram", 0.65), ("cbow", 0.6)])
def test_similarities_are_ranked_as_planted(request, sample, model, floor):
    result = word_pairs(request.getfixturevalue(model), sample.parent / "sample-pairs.tsv")
    assert result.used == result.total
    assert result.spearman > floor


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_neighbours_are_of_the_same_topic(request, topics, model):
    vectors = request.getfixturevalue(model)
    topic_of = {word: name for name, words in topics.items() for word in words}
    known = [word for word in topic_of if word in vectors]
    assert len(known) == len(topic_of)
    hits = [topic_of.get(other) == topic_of[word] for word in known for other, _ in vectors.most_similar(word, topn=5)]
    assert sum(hits) > 0.97 * len(hits)
