"""Maps: time of PCA and clusters of 100,000 words and of UMAP of 10,000, bytes of the answer, frames in a browser.

    python benchmarks/maps.py FOLDER [--browser /usr/bin/chromium]

Vectors are drawn around 200 centres, with counts after Zipf, and kept in FOLDER. The browser is headless Chromium
without a graphics card, by Playwright; a frame is the time from a key, or a turn of the wheel, until it is drawn.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `wordvec serve` sets it, before numpy starts its threads

import numpy as np
from common import spread
from recording import record

from wordvec import KeyedVectors, load

WORDS, DIM, REPEATS = 100_000, 100, 5
FRAMES = """async (does) => {
  const canvas = document.querySelector(".map canvas"), times = [];
  const box = canvas.getBoundingClientRect();
  const events = {
    pan: (k) => new KeyboardEvent("keydown", { key: k % 2 ? "ArrowLeft" : "ArrowRight", bubbles: true }),
    zoom: (k) => new WheelEvent("wheel", { deltaY: k % 20 < 10 ? -60 : 60, clientX: box.x + 400, clientY: box.y + 300, bubbles: true, cancelable: true }),
  };
  for (let k = 0; k < 40; k++) {
    await new Promise((done) => setTimeout(done, 20));
    const start = performance.now();
    canvas.dispatchEvent(events[does](k));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    times.push(performance.now() - start);
  }
  return times;
}"""  # noqa: E501


def make(path):
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1, (200, DIM))
    rows = centres[rng.integers(0, 200, WORDS)] + rng.normal(0, 0.7, (WORDS, DIM))
    counts = (1e7 / (10 + np.arange(WORDS))).astype(np.int64)
    KeyedVectors([f"word{i}" for i in range(WORDS)], rows.astype(np.float32), counts=counts).save(path)


def seconds(does, repeats=REPEATS):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        does()
        times.append(time.perf_counter() - start)
    return times


@contextlib.contextmanager
def served(path):
    command = [sys.executable, "-m", "wordvec", "serve", f"words={path}", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)


def frames(address, browser):
    """{what is done: milliseconds of each frame} of a map of all words."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as library:
        chromium = library.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{address}/#map?model=words")
        page.select_option(".map form select >> nth=1", str(WORDS))
        page.click(".map .primary")
        page.wait_for_selector(".map canvas[aria-label*='100,000']", timeout=120_000)
        page.wait_for_timeout(1000)
        times = {does: page.evaluate(FRAMES, does) for does in ("pan", "zoom")}
        chromium.close()
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--umap-words", type=int, default=10_000)
    options = parser.parse_args()
    path = options.folder / f"maps-{WORDS}x{DIM}.safetensors"
    if not path.exists():
        make(path)
    vectors = load(path)
    table = [(f"PCA, {WORDS} words x {DIM}", f"{spread(seconds(lambda: vectors.layout(topn=WORDS)))} s")]
    coded = vectors.compress("int8")
    table.append(("the same of int8 rows", f"{spread(seconds(lambda: coded.layout(topn=WORDS)))} s"))
    table.append(("with 8 clusters", f"{spread(seconds(lambda: vectors.layout(topn=WORDS, clusters=8)))} s"))
    (umap,) = seconds(lambda: vectors.layout(topn=options.umap_words, method="umap"), 1)
    table.append((f"UMAP, {options.umap_words} words, with the start of numba", f"{umap:.1f} s"))
    with served(path) as address:
        body = json.dumps({"topn": WORDS}).encode()
        asked = urllib.request.Request(f"{address}/v1/models/words/map", body, {"Content-Type": "application/json"})
        sizes = []
        first, kept = seconds(lambda: sizes.append(len(urllib.request.urlopen(asked).read())), 2)
        table.append((f"the answer, {WORDS} words", f"{sizes[0] / 1e6:.2f} MB, {first:.2f} s, once kept {kept:.2f} s"))
        for does, times in frames(address, options.browser).items():
            late = sorted(times)[int(0.95 * len(times))]
            told = f"{statistics.median(times):.0f} ms at the median, {late:.0f} ms at the 95th percentile"
            table.append((f"a frame of {does}, {WORDS} points, 2 cores, no graphics card", told))
    print("| | measured |\n|---|---|")
    for row in table:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    record(main)
