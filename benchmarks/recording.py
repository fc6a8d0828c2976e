"""One JSON file for each run of a benchmark: what was run, where, when, on which commit, what was measured and printed.

A script ends in `record(main)`. Its output goes to the terminal as usual and, with all pairs of measurements, to a file
in build/benchmarks (or the folder in WORDVEC_RESULTS). A run that is to be published is moved to benchmarks/results and
named in benchmarks/RESULTS.in.md; benchmarks/report.py makes RESULTS.md from these.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TextIO

ROOT = Path(__file__).resolve().parent.parent
PAIRS: list[Any] = []  # the numbers of every pair that `common.pairs` measured in this process, in order
HEADLINES: list[dict[str, Any]] = []  # what the README's table says of this run (bench.py)
FACTS: dict[str, Any] = {}  # what else a script wants to keep, such as the commits of two builds

Block = dict[str, Any]


def headline(
    work: str,
    peer: str,
    ours: list[float],
    theirs: list[float],
    unit: str = "s",
    *,
    quality: str = "",
    more: bool = False,
) -> None:
    """Keep a row of the README's table: the measurements of both sides, pair by pair; `more`: more is better."""
    HEADLINES.append({"work": work, "peer": peer, "ours": ours, "theirs": theirs, "unit": unit})
    HEADLINES[-1].update({"quality": quality, "more": more})


def numbers(value: Any) -> Any:
    """The numbers and texts of a measurement; models and arrays in it are left out."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbers(item) for item in value]
    return value if isinstance(value, (int, float, str)) else None


def machine() -> dict[str, Any]:
    """The machine in neutral words: processor, instruction set, usable cores, memory, system, versions."""
    model, flags = platform.processor() or platform.machine(), ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        text = cpuinfo.read_text()
        name = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
        flags = (re.search(r"^flags\s*: (.*)$", text, re.MULTILINE) or [""])[0]
        model = name[1] if name else model
    simd = next((label for flag, label in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else None
    return {
        "processor": " ".join(model.split()),
        "simd": simd,
        "cores": usable,
        "memory_gb": memory and round(memory),
        "system": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}",
        "python": platform.python_version(),
        **{name: installed(name) for name in ("numpy", "gensim") if installed(name)},
    }


def installed(name: str) -> str | None:
    """The version of an installed package; None where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit(folder: Path = ROOT) -> str | None:
    """The last commit that changed the package, with a + where it has changes since; None outside a checkout."""
    try:
        last = ["git", "log", "-1", "--format=%h", "--", "wordvec", "setup.py"]
        head = subprocess.check_output(last, cwd=folder, text=True).strip()
        changed = subprocess.check_output(["git", "status", "--porcelain", "-uno", "wordvec"], cwd=folder, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return head + "+" * bool(changed.strip())


def command_line(arguments: list[str]) -> str:
    """The command as someone else would type it: paths are reduced to their last part."""
    short = [Path(word).name if os.sep in word and Path(word).exists() else word for word in arguments]
    script = f"benchmarks/{Path(arguments[0]).name}"
    return " ".join(["python", script, *(f'"{word}"' if " " in word else word for word in short[1:])])


def cells(line: str) -> list[str]:
    """The cells of a line of a Markdown table."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def blocks(text: str) -> list[Block]:
    """Printed text as a list of tables (columns and rows of text) and console lines."""
    result: list[Block] = []
    for line in text.rstrip("\n").split("\n"):
        last = result[-1] if result else {}
        if line.startswith("|"):
            if "rows" not in last:
                result.append({"columns": cells(line), "rows": []})
            elif set(line) - set("|-: "):
                last["rows"].append(cells(line))
        elif line.strip():
            if "console" not in last:
                result.append({"console": []})
            result[-1]["console"].append(line)
        else:
            result.append({})  # an empty line ends a table
    return [block for block in result if block]


class Tee(io.StringIO):
    """Text that is kept and shown at once."""

    def __init__(self, shown: TextIO) -> None:
        super().__init__()
        self.shown = shown

    def write(self, text: str) -> int:
        self.shown.write(text)
        self.shown.flush()
        return super().write(text)


def record(main: Callable[[], None]) -> None:
    """Run a benchmark, and write the file of the run when it has succeeded."""
    now, output = datetime.now(timezone.utc), Tee(sys.stdout)
    with contextlib.redirect_stdout(output):
        main()
    script = Path(sys.argv[0]).name
    run = {
        "script": script,
        "command": command_line(sys.argv),
        "date": now.date().isoformat(),
        "commit": commit(),
        "machine": machine(),
        **FACTS,
        "headlines": HEADLINES,
        "pairs": PAIRS,
        "body": blocks(output.getvalue()),
    }
    folder = Path(os.environ.get("WORDVEC_RESULTS") or ROOT / "build" / "benchmarks")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{script.removesuffix('.py')}-{now:%Y-%m-%d-%H%M%S}-{os.getpid()}.json"  # runs may be side by side
    path.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"recorded in {path}", file=sys.stderr)
