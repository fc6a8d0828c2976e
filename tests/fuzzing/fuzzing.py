"""Damage files in many ways, and read them: what comes must be an error of wordvec's, in bounded time and memory.

    python tests/fuzzing/fuzzing.py [READER ...] [--seconds 120 | --total 3600 | --count 1000] [--seed 1] [--first 0]

Without names all readers take turns. Case number i of a seed is always the same; a failure is printed with the command
that repeats it, and its file is kept in `--folder` (build/fuzz). `make fuzz` runs all for an hour.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from fuzzing_damage import damage
from fuzzing_readers import READERS

from wordvec.base.errors import WordvecError

SLOW = 20  # seconds that reading one small file may take
ROOM = 1 << 30  # bytes that it may take, beside what the process has


class TooSlow(BaseException):
    """A file that takes too long."""


def limit_memory():
    """Let this process have some more memory than it has now; under AddressSanitizer, whose shadows take more, all."""
    if "asan" in os.environ.get("LD_PRELOAD", "") or not Path("/proc/self/statm").exists():
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@contextmanager
def in_time():
    """TooSlow, or the end of a process that does not come back to Python, where a case takes too long."""

    def late(*_):
        raise TooSlow(f"more than {SLOW} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SLOW)
    faulthandler.dump_traceback_later(3 * SLOW, exit=True)
    try:
        yield
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


def cases(name, folder, seed, first, count, seconds):
    """Try cases of a reader from number `first` on; how many, and what went wrong: (number, traceback) each."""
    reader, wrong, end = READERS[name], [], time.monotonic() + seconds
    seeds = folder / "seeds"
    shutil.rmtree(folder, ignore_errors=True)
    seeds.mkdir(parents=True)
    whole = reader.make(seeds)
    number = first
    while number < first + count and time.monotonic() < end:
        place = folder / "case"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        # the name says which case this is, should the process not come back
        (place / f"{name}-{number}").touch()
        rng = np.random.default_rng([seed, list(READERS).index(name), number])
        path = damaged(whole[int(rng.integers(len(whole)))], place, rng)
        try:
            with in_time():
                reader.use(path, place)
        except WordvecError:
            pass
        except (Exception, TooSlow):
            wrong.append((number, traceback.format_exc(limit=-12)))
            shutil.copytree(place, folder / f"failed-{number}", dirs_exist_ok=True)
        number += 1
    return number - first, wrong


def damaged(path, place, rng):
    """A copy of a file, or of a folder of which one file is changed, in `place`."""
    target = place / path.name
    if path.is_dir():
        shutil.copytree(path, target)
        files = sorted(file for file in target.rglob("*") if file.is_file())
        changed = files[int(rng.integers(len(files)))]
    else:
        for beside in path.parent.glob(f"{path.stem}.*"):  # words beside a matrix
            shutil.copy(beside, place)
        files = sorted(place.glob(f"{path.stem}.*"))
        changed = target if rng.random() < 0.7 else files[int(rng.integers(len(files)))]
    changed.write_bytes(damage(changed.read_bytes(), rng))
    return target


def run(arguments):
    """Try the cases in this process; 1 where something went wrong."""
    failed = 0
    limit_memory()
    for name in arguments.readers:
        done, wrong = cases(
            name, arguments.folder / name, arguments.seed, arguments.first, arguments.count, arguments.seconds
        )
        print(f"{name}: {done} cases from {arguments.first} of seed {arguments.seed}, {len(wrong)} failed", flush=True)
        for number, trace in wrong[:5]:
            print(f"{trace}\n{command(name, arguments.seed, number)}\n", flush=True)
        failed |= bool(wrong)
    return int(failed)


def command(name, seed, number):
    return f"repeat with: python tests/fuzzing/fuzzing.py {name} --seed {seed} --first {number} --count 1"


def main(given=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", choices=[[], *READERS])
    parser.add_argument("--seconds", type=float, default=120, help="of each reader")
    parser.add_argument("--total", type=float, help="seconds of all readers together, in the place of --seconds")
    parser.add_argument("--count", type=int, default=1 << 62, help="cases of each reader, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"))
    parser.add_argument("--here", action="store_true", help="in this process: a crash ends it")
    arguments = parser.parse_args(given)
    arguments.readers = arguments.readers or list(READERS)
    if arguments.total is not None:
        arguments.seconds = arguments.total / len(arguments.readers)
    if arguments.here:
        return run(arguments)
    failed = 0
    for name in arguments.readers:  # a process each, so that a crash is an end of one alone
        options = [f"--{key}={getattr(arguments, key)}" for key in ("seconds", "count", "seed", "first", "folder")]
        environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run([sys.executable, __file__, "--here", *options, name], env=environment, check=False)
        if done.returncode not in (0, 1):
            case = next(iter(sorted((arguments.folder / name / "case").glob(f"{name}-*"))), None)
            number = int(case.name.rpartition("-")[2]) if case else arguments.first
            print(f"{name}: the process ended with {done.returncode}\n{command(name, arguments.seed, number)}\n")
        failed |= done.returncode != 0
    return int(failed)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
