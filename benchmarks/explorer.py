"""How fast the explorer answers in Chromium: first paint, completion, and the walk from word to word.

    python benchmarks/explorer.py FOLDER [--rows 1000000] [--dim 300] [--walks 30]

A file of ROWS x DIM int8 rows is made in FOLDER, unless it is there. `wordvec serve` and a headless Chromium run on
this machine, and share its cores. Measured are, as median and largest:

- first paint (First Contentful Paint) in a new profile, which has nothing cached, and the first words to click on;
- the answer to a prefix over HTTP: of frequent words, of words near the end of the file, and of none, which reads all;
- from a key in the search field to its suggestions, which begins with a pause of 30 ms;
- from a click on a neighbour to the next frame after its own neighbours are there, and the query alone over HTTP;
- anonymous memory of the worker after all of that (Linux).

It needs `pip install "wordvec[serve,browser]"` and Chromium, by --chromium or on the PATH.
"""

import argparse
import http.client
import json
import random
import shutil
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import sync_playwright
from recording import record
from serving import anonymous, made, server

WALK = """
link => new Promise(done => {
  const before = document.querySelector(".results h2").textContent;
  const seen = new MutationObserver(() => {
    const title = document.querySelector(".results h2");
    if (title && title.textContent !== before && document.querySelector(".results tbody .walk")) {
      seen.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    }
  });
  seen.observe(document.getElementById("panel"), { childList: true, subtree: true });
  const start = performance.now();
  link.click();
})
"""
TYPE = """
text => new Promise(done => {
  const field = document.getElementById("search");
  const list = document.querySelector("[role=listbox]");
  field.focus();
  const seen = new MutationObserver(() => {
    if (list.querySelector(".word")?.textContent.startsWith(text)) {
      seen.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - start)));
    }
  });
  seen.observe(list, { childList: true });
  const start = performance.now();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
})
"""
PAINT = 'performance.getEntriesByName("first-contentful-paint")[0].startTime'


def told(times):
    """Median and largest of milliseconds."""
    return f"{sorted(times)[len(times) // 2]:.1f} ms", f"{max(times):.1f} ms"


def asked(address, paths):
    """Milliseconds of each of some GET requests on one connection."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    times = []
    for path in paths:
        start = time.perf_counter()
        connection.request("GET", path)
        json.loads(connection.getresponse().read())
        times.append(1e3 * (time.perf_counter() - start))
    connection.close()
    return times


def opened(browser, address, hash, ready):
    """A page in a new profile, and the milliseconds until it had what `ready` selects."""
    page = browser.new_context().new_page()
    start = time.perf_counter()
    page.goto(address + "/" + hash)
    page.wait_for_selector(ready)
    return page, 1e3 * (time.perf_counter() - start)


def in_browser(browser, address, rows, walks):
    """Rows of the table: what is measured in a page."""
    paints, firsts = [], []
    for _ in range(7):
        page, first = opened(browser, address, "", ".chips .walk")
        paints.append(page.evaluate(PAINT))
        firsts.append(first)
        page.context.close()
    yield "first paint, nothing cached", *told(paints)
    yield "until the first words, nothing cached", *told(firsts)
    page, _ = opened(browser, address, f"#neighbours?word=w{random.randrange(rows)}", ".results tbody .walk")
    times = []
    for turn in range(walks):
        link = page.locator(".results tbody .walk").nth(turn % 10)
        times.append(page.evaluate(WALK, link.element_handle()))
    yield "walk to a neighbour", *told(times)
    texts = ["w1", "w12", f"w{rows - 1}"[:-1], f"w{rows // 2}"] * 5
    yield "suggestions, after a key", *told([page.evaluate(TYPE, text) for text in texts])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=300)
    parser.add_argument("--walks", type=int, default=30)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    options = parser.parse_args()
    rows = options.rows
    path = made(options.folder, rows, options.dim)
    table = []
    with (
        sync_playwright() as playwright,
        server("-m", "wordvec", "serve", "--port", "0", f"m={path}") as (address, own),
    ):
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        words = [f"w{random.randrange(rows)}" for _ in range(options.walks)]
        similar = [f"/v1/models/m/most_similar?positive={word}" for word in words]
        asked(address, similar[:3])  # the pages are read
        table.extend(in_browser(browser, address, rows, options.walks))
        table.append(("the query of a walk alone, over HTTP", *told(asked(address, similar))))
        for name, text in (("frequent words", "w"), ("the last words", f"w{rows - 1}"[:-1]), ("no word", "nothing")):
            paths = [f"/v1/models/m/complete?topn=10&prefix={quote(text)}"] * 30
            table.append((f"prefix of {name}, over HTTP", *told(asked(address, paths))))
        if Path(f"/proc/{own}/smaps_rollup").exists():
            table.append(("anonymous memory of the worker", f"{anonymous(own):.1f} MB", ""))
        version = browser.version
        browser.close()
    print(f"{rows} x {options.dim} int8 rows, Chromium {version}\n")
    print("| | median | largest |\n|---|---|---|")
    for row in table:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    record(main)
