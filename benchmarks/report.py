"""RESULTS.md, made from benchmarks/RESULTS.in.md and the runs in benchmarks/results: no figure in it is typed.

    python benchmarks/report.py            write RESULTS.md
    python benchmarks/report.py --check    exit status 1 where RESULTS.md is not what would be written

The template has headings and lines `{{run NAME}}`, each of which stands for results/NAME.json: the script, date, commit
and machine of the run, its tables and its notes. A run that the template does not name is an error, as is one that
the template names and that is not there.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
RUN = re.compile(r"^\{\{run (\S+)\}\}$", re.MULTILINE)


def provenance(run: dict[str, Any]) -> str:
    """One line: by which script, when, on which commit and machine."""
    machine = run["machine"]
    simd = f" ({machine['simd']})" if machine.get("simd") else ""
    units = {"cores": "{} cores", "memory_gb": "{} GB", "system": "{}"}
    units |= {name: f"{name} {{}}" for name in ("python", "numpy", "gensim")}
    where = [
        machine["processor"] + simd,
        *(form.format(machine[key]) for key, form in units.items() if machine.get(key)),
    ]
    builds = f"before {run['before']}, after {run['after']}" if "before" in run else f"commit {run['commit']}"
    script = f"`{run['script']}`, " if run.get("script") else ""
    return f"*{script}{run['date']}, {builds}; {', '.join(where)}.*"


def table(block: dict[str, Any]) -> str:
    """A table in Markdown."""
    lines = [block["columns"], ["---"] * len(block["columns"]), *block["rows"]]
    return "\n".join(f"| {' | '.join(line)} |" if line[0] != "---" else "|" + "---|" * len(line) for line in lines)


def body(block: dict[str, Any]) -> str:
    """A table, a paragraph of notes, or lines that the script printed."""
    if "columns" in block:
        return table(block)
    return block["text"] if "text" in block else "\n".join(["```", *block["console"], "```"])


def section(run: dict[str, Any]) -> str:
    """What stands in the place of `{{run NAME}}`."""
    command = [f"```\n{run['command']}\n```"] if run.get("command") else []
    return "\n\n".join([provenance(run), *command, *map(body, run["body"])])


def rendered(template: str, runs: dict[str, dict[str, Any]]) -> str:
    """The text of RESULTS.md."""
    named = RUN.findall(template)
    if sorted(named) != sorted(runs):
        unnamed, missing = sorted(set(runs) - set(named)), sorted(set(named) - set(runs))
        raise SystemExit(
            f"RESULTS.in.md must name each run in benchmarks/results once; not named: {unnamed}, not there: {missing}"
        )
    text = RUN.sub(lambda match: section(runs[match[1]]), template)
    return f"<!-- made by benchmarks/report.py: change RESULTS.in.md or results/, not this file -->\n\n{text}"


def current() -> str:
    """RESULTS.md as the files of this checkout make it."""
    runs = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "results").glob("*.json")}
    return rendered((FOLDER / "RESULTS.in.md").read_text(encoding="utf-8"), runs)


def main() -> None:
    """Write RESULTS.md, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check, target, text = parser.parse_args().check, FOLDER / "RESULTS.md", current()
    if not check:
        target.write_text(text, encoding="utf-8")
    elif target.read_text(encoding="utf-8") != text:
        sys.exit("RESULTS.md is not what its runs say: python benchmarks/report.py writes it")


if __name__ == "__main__":
    main()
