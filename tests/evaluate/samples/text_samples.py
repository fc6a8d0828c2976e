"""Small sets of the tasks of texts and of tags."""

import json

from task_sample import Sample


def text(i, kinds="abc"):
    """Five words of some kinds."""
    return " ".join(f"{kinds[j % len(kinds)]}{(i * (j + 3) + i // 4) % 12}" for j in range(5))


def pair_lines():
    return [f"{text(i)}\t{text(i + 3)}\t{i % 5}.5" for i in range(12)] + ["a1 missing absent\ta2 missing b1\t3"]


def class_lines():
    return [text(i, "ab") for i in range(20)] + ["a1 missing"]


def probe_lines():
    parts = ["tr"] * 6 + ["va", "te"] * 2
    lines = [f"{part}\t{kind}\t{text(i, kind)}" for i, part in enumerate(parts * 3) for kind in "ab"]
    return [*lines, "te\ta\ta1 missing"]


def tagged_blocks():
    names = [f"a{i}\tO\nb{i}\tB-LOC\nb{(i * 5) % 12}\tI-LOC\nc{i}\tO\n" for i in range(12)]
    return [*names, "a3\tO\nmissing\tB-PER\n"]


def labelled_lines():
    lines = [{"text": text(i, kind), "label": kind} for i in range(8) for kind in "ab"]
    return [json.dumps(line) for line in [*lines, {"text": "a1 missing", "label": "a"}]]


def query_lines():
    lines = [{"_id": f"q{i}", "text": text(i)} for i in range(9)] + [{"_id": "q9", "text": "a1 missing"}]
    return [json.dumps(line) for line in lines]


DOCUMENTS = [json.dumps({"_id": f"d{i}", "title": f"c{i % 12}", "text": text(2 * i)}) for i in range(15)]
ANSWERS = ["query-id\tcorpus-id\tscore", *(f"q{i}\td{j}\t{j - i}" for i in range(10) for j in (i, i + 1, i + 2))]

SAMPLES = {
    "text-similarity": Sample("sts-test.tsv", pair_lines, ("sentence1\tsentence2\tscore",)),
    "text-classification": Sample(
        "reviews.pos", class_lines, beside={"reviews.neg": [text(i, "c") for i in range(20)]}, junk=None
    ),
    "text-probes": Sample("length.txt", probe_lines),
    "text-clustering": Sample("clusters.jsonl", labelled_lines),
    "retrieval": Sample(
        "beir/queries.jsonl",
        query_lines,
        beside={"beir/corpus.jsonl": DOCUMENTS, "beir/qrels/test.tsv": ANSWERS},
        is_folder=True,
    ),
    "tags": Sample("ner-test.tsv", tagged_blocks, beside={"ner-train.tsv": tagged_blocks()}),
}
