"""Autotuning against fastText's: the same minutes and threads, accuracy on lines that neither side has seen.

    python benchmarks/autotune_vs_fasttext.py DATA [--task trec|cr|subj] [--minutes 1] [--pairs 3] [--workers 2]
        [--max-size 200k] [--memory 4] [--timeout 0]

DATA       a folder with TREC/train_5500.label and TREC_10.label, CR/custrev.pos and .neg, SUBJ/subj.objective and
           .subjective
--task     trec: six classes of questions, a tenth of the training lines for validation, its own test lines; cr, subj:
           two classes, a tenth of all lines for validation and a tenth for testing
--minutes  the budget of each side
--pairs    how often each side runs, with other splits and seeds; who goes first changes from pair to pair
--max-size of the file, for both sides; our file is one of fastText, .ftz, too
--memory   GB that a side may have: fastText tries tables of up to 10 million buckets by 1,000 dimensions, and fills
           them before it looks at the clock; what does not fit it passes over
--timeout  seconds after which a side is ended and counts as not done; 0: 60 more than four times its minutes. When its
           time is over, fastText trains the best options once more, as long as that takes

Printed are medians with the smallest and largest: accuracy on the validation and the test lines, how many classifiers
were tried, megabytes, seconds of the whole process. fasttext-wheel must be installed beside wordvec. fastText's number
of trials is not known to its Python module.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from common import pairs, run, spread
from recording import record

LIMIT = """
import resource, sys
memory = int(float(sys.argv.pop()) * 1e9)
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
"""
OURS = """
import json, os, sys
from wordvec.classify import autotune
train, valid, test, out, minutes, workers, seed, size = sys.argv[1:]
limit = {"max_size": size, "suffix": ".ftz"} if size else {}
tuned = autotune(train, valid=valid, minutes=float(minutes), workers=int(workers), seed=int(seed), **limit)
tuned.classifier.save(out)
print(json.dumps({"valid": tuned.classifier.test(valid).accuracy, "test": tuned.classifier.test(test).accuracy,
    "bytes": os.path.getsize(out), "trials": len(tuned.trials)}))
"""
THEIRS = """
import json, os, sys, fasttext
train, valid, test, out, minutes, workers, seed, size = sys.argv[1:]
limit = {"autotuneModelSize": size.upper()} if size else {}
model = fasttext.train_supervised(train, autotuneValidationFile=valid, autotuneDuration=round(60 * float(minutes)),
    thread=int(workers), seed=int(seed), verbose=0, **limit)
model.save_model(out)
print(json.dumps({"valid": model.test(valid)[1], "test": model.test(test)[1], "bytes": os.path.getsize(out)}))
"""
CLASSES = {
    "cr": {"pos": "CR/custrev.pos", "neg": "CR/custrev.neg"},
    "subj": {"objective": "SUBJ/subj.objective", "subjective": "SUBJ/subj.subjective"},
}


def questions(path: Path) -> list[str]:
    """The lines of a file of TREC, with their coarse class as label."""
    lines = (line.split(" ", 1) for line in path.read_text(encoding="latin-1").splitlines() if " " in line)
    return [f"__label__{label.split(':')[0]} {text.strip().lower()}\n" for label, text in lines]


def split(data: Path, task: str, seed: int) -> dict[str, list[str]]:
    """The lines of the three parts."""
    if task == "trec":
        lines, test = questions(data / "TREC/train_5500.label"), questions(data / "TREC/TREC_10.label")
        random.Random(seed).shuffle(lines)
        tenth = len(lines) // 10
        return {"train": lines[tenth:], "valid": lines[:tenth], "test": test}
    lines = []
    for label, name in CLASSES[task].items():
        texts = (data / name).read_text(encoding="latin-1").splitlines()
        lines += [f"__label__{label} {text.strip().lower()}\n" for text in texts if text.strip()]
    random.Random(seed).shuffle(lines)
    tenth = len(lines) // 10
    return {"train": lines[2 * tenth :], "valid": lines[:tenth], "test": lines[tenth : 2 * tenth]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--task", choices=("trec", *CLASSES), default="trec")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--max-size", default="")
    parser.add_argument("--memory", type=float, default=4.0)
    parser.add_argument("--timeout", type=float, default=0.0)
    arguments = parser.parse_args()
    timeout = arguments.timeout or 60 + 4 * 60 * arguments.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def side(code: str, out: str, turn: int) -> dict[str, Any]:
            paths = []
            for part, lines in split(arguments.data, arguments.task, turn + 1).items():
                paths.append(folder / f"{part}-{turn}")
                paths[-1].write_text("".join(lines), encoding="utf-8")
            how = (arguments.minutes, arguments.workers, turn + 1, arguments.max_size, arguments.memory)
            try:
                found = run(sys.executable, LIMIT + code, *paths, folder / out, *how, timeout=timeout)
            except subprocess.TimeoutExpired:
                found = {}
            print(json.dumps({"side": out, **found}), file=sys.stderr)
            return found

        suffix = (".ftz", ".ftz") if arguments.max_size else (".safetensors", ".bin")
        results = list(
            pairs(
                arguments.pairs,
                lambda turn: side(OURS, "ours" + suffix[0], turn),
                lambda turn: side(THEIRS, "theirs" + suffix[1], turn),
            )
        )
    print(f"{arguments.task}, {arguments.minutes:g} minutes, {arguments.max_size or 'no limit of size'}")
    for number, name in enumerate(("wordvec", "fastText")):
        found = [pair[number] for pair in results if pair[number]]
        if len(found) < len(results):
            print(f"{name:9} was not done after {timeout:g} s in {len(results) - len(found)} of {len(results)} runs")
        if not found:
            continue
        values = {key: [one[key] for one in found] for key in found[0]}
        shown = f"valid {spread(values['valid'], 3)}, test {spread(values['test'], 3)}"
        trials = f", {spread(values['trials'])} trials" if "trials" in values else ""
        megabytes = statistics.median(values["bytes"]) / 1e6
        print(f"{name:9} {shown}, {megabytes:.3g} MB, whole {spread(values['whole'])} s{trials}")


if __name__ == "__main__":
    record(main)
