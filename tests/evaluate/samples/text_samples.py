"""Small sets of the tasks of texts and of tags."""

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


SAMPLES = {
    "text-similarity": Sample("sts-test.tsv", pair_lines, ("sentence1\tsentence2\tscore",)),
    "text-classification": Sample(
        "reviews.pos", class_lines, beside={"reviews.neg": [text(i, "c") for i in range(20)]}, junk=None
    ),
    "text-probes": Sample("length.txt", probe_lines),
    "tags": Sample("ner-test.tsv", tagged_blocks, beside={"ner-train.tsv": tagged_blocks()}),
}
