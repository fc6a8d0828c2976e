"""Training by workers in two network namespaces without a common folder: bytes on the wire against the model of bytes.

    sudo python benchmarks/cluster_netns.py wiki.txt --lines 40000 --epochs 5 --replicas 2

It needs root and iproute2 (Linux). Scheduler, driver and one worker are in one namespace, another worker is in the
other; a pair of virtual interfaces joins them, whose counters are read. Each worker has a folder of its own, and the
folder of the text is hidden from both, so that the text must be sent.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from recording import FACTS, record

import wordvec
from wordvec.corpus import encode_corpus
from wordvec.trainers.base import FitOptions
from wordvec.trainers.replicas import rounds_of
from wordvec.trainers.updates import expected_updates

NAMES, HOSTS, CARDS = ("wordvec-a", "wordvec-b"), ("10.77.0.1", "10.77.0.2"), ("wordvec-va", "wordvec-vb")
ADDRESS = f"tcp://{HOSTS[0]}:8786"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(wordvec.__file__).parents[1])}


def sh(*words: str, inside: str | None = None) -> str:
    before = ["ip", "netns", "exec", inside] if inside else []
    return subprocess.run([*before, *words], check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout


@contextmanager
def namespaces() -> Iterator[None]:
    """Two namespaces, joined by a pair of interfaces."""
    try:
        for name in NAMES:
            sh("ip", "netns", "add", name)
        sh("ip", "link", "add", CARDS[0], "type", "veth", "peer", "name", CARDS[1])
        for name, host, card in zip(NAMES, HOSTS, CARDS):
            sh("ip", "link", "set", card, "netns", name)
            sh("ip", "addr", "add", f"{host}/24", "dev", card, inside=name)
            sh("ip", "link", "set", card, "up", inside=name)
            sh("ip", "link", "set", "lo", "up", inside=name)
        yield
    finally:
        for name in NAMES:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


@contextmanager
def processes(hidden: Path, folder: Path) -> Iterator[None]:
    """A scheduler and two workers, which do not see the folder of the text."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str, *words: str) -> None:
        hide = f"mount -t tmpfs none '{hidden}' && exec \"$@\""
        command = ["ip", "netns", "exec", name, "unshare", "-m", "sh", "-c", hide, "sh", sys.executable, "-m", "dask"]
        log = open(folder / f"{len(started)}.log", "wb")
        started.append(subprocess.Popen([*command, *words], stdout=log, stderr=log, env=ENVIRONMENT))

    try:
        start(NAMES[0], "scheduler", "--host", HOSTS[0], "--port", "8786", "--no-dashboard")
        for name, host in zip(NAMES, HOSTS):
            own = ["--host", host, "--local-directory", str(folder / name)]
            start(name, "worker", ADDRESS, *own, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        time.sleep(8)
        yield
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def counted() -> int:
    """The bytes that have crossed the wire, both ways."""
    statistics = f"/sys/class/net/{CARDS[0]}/statistics/"
    return sum(int(sh("cat", statistics + name, inside=NAMES[0])) for name in ("rx_bytes", "tx_bytes"))


def model(trainer: wordvec.SkipGram, text: Path) -> dict[str, float]:
    """The bytes that must cross: rows in rounds, tables at the start and the end, and text."""
    corpus = encode_corpus(text, **trainer.reading())
    words = corpus.vocabulary
    none = FitOptions()
    tables = {"input": trainer._inputs(words, none).arguments["input"], "output": trainer._output(words, None)}
    rates = expected_updates(trainer, np.asarray(words.counts), {**trainer._tables(words), **tables})
    rounds = rounds_of(trainer, corpus)
    rows = 0
    for name in tables:
        averaging = rounds.averaging(rates[name])
        rows += sum(averaging.due(done, rounds.count) for done in range(1, rounds.count + 1))
    state = sum(table.size * 4 for table in tables.values())
    ids, size = 4 * len(corpus.ids), text.stat().st_size
    return {
        # each worker sends the sums of the rows that the other averages, then those it has averaged itself
        "rounds": trainer.epochs * rows * trainer.vector_size * 4 * 2,
        # every table is with one worker at first, half of them across the wire; the other worker takes it from there
        "tables": 1.5 * state,
        # half of the text crosses to be encoded, half of its tokens, counts and ids from worker to worker
        "text": size / 2 + 3 * ids,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--lines", type=int, default=40_000)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--replicas", type=int, default=2)
    arguments = parser.parse_args()
    options = {"epochs": arguments.epochs, "vector_size": arguments.vector_size, "replicas": arguments.replicas}
    trainer = wordvec.SkipGram(**options)
    flags = [word for name, value in options.items() for word in ("--" + name.replace("_", "-"), str(value))]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        private = folder / "private"
        private.mkdir()
        text = private / "text.txt"
        with open(arguments.text, encoding="utf-8") as source:
            text.write_text("".join(islice(source, arguments.lines)), encoding="utf-8")
        parts = model(trainer, text)
        with namespaces(), processes(private, folder):
            before, start = counted(), time.perf_counter()
            command = [sys.executable, "-m", "wordvec", "train", str(text), "-o", str(private / "cluster.safetensors")]
            done = subprocess.run(
                ["ip", "netns", "exec", NAMES[0], *command, "--cluster", ADDRESS, *flags], env=ENVIRONMENT, check=False
            )
            seconds, crossed = time.perf_counter() - start, counted() - before
            if done.returncode:
                for log in sorted(folder.glob("*.log")):
                    print(log.name, log.read_text()[-2000:])
                raise SystemExit("wordvec train failed")
        trainer.fit(text).save(private / "local.safetensors")
        same = (private / "local.safetensors").read_bytes() == (private / "cluster.safetensors").read_bytes()
    predicted = sum(parts.values())
    FACTS["bytes"] = {"crossed": crossed, **parts}
    print("| bytes on the wire | model | of it rounds | tables | text | measured / model | seconds | same vectors |")
    print("|---|---|---|---|---|---|---|---|")
    shown = " | ".join(f"{value / 1e6:.1f} MB" for value in (crossed, predicted, *parts.values()))
    print(f"| {shown} | {crossed / predicted:.3f} | {seconds:.1f} | {'yes' if same else 'no'} |")


if __name__ == "__main__":
    record(main)
