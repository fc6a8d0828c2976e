"""The explorer in a browser: what it shows, by mouse and keys; that it runs no markup and asks no other server."""

import csv
import io
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest

from wordvec import KeyedVectors

pytest.importorskip("uvicorn", reason="the service needs uvicorn: pip install 'wordvec[serve]'")
sync = pytest.importorskip("playwright.sync_api", reason="these tests need playwright: pip install 'wordvec[browser]'")

EVIL = "<img/src=x/onerror=\"document.title='owned'\">"
SHALOM, OLAM = "\u05e9\u05dc\u05d5\u05dd", "\u05e2\u05d5\u05dc\u05dd"
WORDS = ["man", "king", "woman", "queen", "tax", EVIL, SHALOM, OLAM, "kings", "=1+1", "."]
ROWS = [
    [2, 0, 0, 0],
    [2, 2, 0, 0],
    [0, 0, 2, 0],
    [0, 2, 2.5, 0],
    [0, 0, -2, 0],
    [2, 2, 0, 0.3],
    [0, 0, 0.5, 3],
    [0, 0, 0.4, 3],
    [2, 2, 0.5, 0],
    [0, 0.1, 0.5, -3],
    [1, 0, 0, -1],
]
VIEWS = {
    "neighbours": "word=king",
    "analogy": "a=man&b=king&c=woman",
    "compare": "word=king&other=later",
    "time": "word=king",
    "senses": "model=senses&word=bank&context=money",
    "pairwise": "words=king,queen,woman,tax",
    "map": "word=king&target=later",
}


@contextmanager
def served(*words):
    """The address of a service of its own process."""
    command = [sys.executable, "-m", "wordvec", "serve", *map(str, words), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def models(tmp_path_factory, sense_vectors):
    """NAME=FILE of two slices and of senses."""
    folder = tmp_path_factory.mktemp("explorer")
    counts = range(2 * len(WORDS), len(WORDS), -1)
    KeyedVectors(WORDS, ROWS, counts=counts).save(folder / "toy.safetensors")
    for name, order in (("later", [0, 2, 1, 3, 4]), ("last", [4, 2, 1, 3, 0])):
        rows = np.array(ROWS)[[*order, *range(5, len(ROWS))]]
        KeyedVectors(WORDS, rows, counts=counts).save(folder / f"{name}.safetensors")
    return [*(f"{name}={folder / name}.safetensors" for name in ("toy", "later", "last")), f"senses={sense_vectors}"]


@pytest.fixture(scope="session")
def address(models):
    with served(*models, "--space", "toy,later,last") as address:
        yield address


def shown(page):
    """The words of the first list of results, when it is there."""
    page.wait_for_selector(".results:not([aria-busy]) tbody .walk")
    return page.locator(".results table").first.locator("tbody .word").all_inner_texts()


def heading(page, text):
    page.locator(".results h2", has_text=text).wait_for()


def test_search_walk_and_come_back(opened):
    page = opened()
    page.locator(".chips .word", has_text="woman").wait_for()  # frequent words to begin with
    page.locator("#search").press_sequentially("ki")
    options = page.locator("[role=option]")
    options.first.wait_for()
    assert options.locator(".word").all_inner_texts() == ["king", "kings"]
    assert options.locator(".count").all_inner_texts() == ["21", "14"]
    page.keyboard.press("ArrowDown")
    field = page.locator("#search")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    heading(page, "Nearest to king")
    assert shown(page)[:2] == [EVIL, "kings"] and "word=king" in page.url
    page.locator(".results .walk", has_text="kings").click()
    heading(page, "Nearest to kings")
    page.go_back()
    heading(page, "Nearest to king")
    page.go_forward()
    heading(page, "Nearest to kings")
    assert page.locator(".visited .word").all_inner_texts() == ["kings", "king"]
    page.locator(".visited .walk").last.click()
    heading(page, "Nearest to king")


def test_filters_and_a_link_that_brings_them_back(opened):
    page = opened("#neighbours?word=king")
    shown(page)
    page.get_by_label("Least count").fill("19")
    page.get_by_label("Least count").press("Enter")
    page.wait_for_url("**min_count=19")
    page.get_by_label("Answers").fill("2")
    page.get_by_label("Answers").press("Enter")
    page.wait_for_url("**topn=2**")
    sync.expect(page.locator(".results tbody tr")).to_have_count(2)
    found = shown(page)
    assert sorted(found) == ["man", "queen"]
    assert shown(opened("#" + page.url.partition("#")[2])) == found
    page.get_by_label("Begin with").fill("q")
    page.get_by_label("Begin with").press("Enter")
    sync.expect(page.locator(".results tbody tr")).to_have_count(1)
    assert shown(page) == ["queen"]


def test_all_by_keys(opened):
    page = opened()
    page.locator(".chips .walk").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("king")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator("[role=option]").count() == 0
    page.keyboard.press("Enter")
    heading(page, "Nearest to king")
    page.locator("#tab-neighbours").focus()
    for _ in range(5):  # the panel's fields, then the first word
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.results .walk')"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "kings"
    page.keyboard.press("Enter")
    heading(page, "Nearest to kings")
    assert page.evaluate("document.activeElement.tagName") == "H2"  # where a screen reader goes on
    page.keyboard.press("Alt+ArrowLeft")
    heading(page, "Nearest to king")
    page.keyboard.press("2")
    page.locator("#tab-analogy[aria-selected=true]").wait_for()
    page.locator("#tab-analogy").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#tab-compare[aria-selected=true]").wait_for()
    page.keyboard.press("?")
    assert page.locator("dialog[open] kbd").count() >= 6
    page.locator("#keys-enabled").press("Space")  # off: letters are left to other programs
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    assert page.locator("#tab-compare").get_attribute("aria-selected") == "true"


def test_analogy_shows_its_arithmetic(opened):
    page = opened("#analogy")
    for label, word in (("a", "man"), ("is to b", "king"), ("as c", "woman")):
        page.get_by_label(label, exact=True).fill(word)
    page.get_by_role("button", name="Find").click()
    assert shown(page)[0] == "queen"
    assert page.locator(".formula").inner_text() == "king \u2212 man + woman \u2248 queen"
    assert page.locator("thead th").all_inner_texts()[-1].split() == ["Cosine", "with", "man"]
    page.get_by_label("Score").select_option("3cosmul")
    page.locator(".formula", has_text="cos(x, king)").wait_for()
    assert "method=3cosmul" in page.url and shown(page)[0] == "queen"


def test_two_models_side_by_side(opened):
    page = opened("#compare?word=king&topn=3")
    page.locator(".columns table").nth(1).wait_for()
    before, after = (page.locator(".columns table").nth(i).locator("tbody tr").all_inner_texts() for i in (0, 1))
    assert len(before) == len(after) == 3
    lost = sum("lost" in row for row in before)
    gained = sum("gained" in row for row in after)
    assert lost == gained > 0 and sum("kept" in row for row in after) == 3 - gained
    assert f"{3 - lost} kept, {lost} lost, {gained} gained" in page.locator(".summary").inner_text()
    assert page.locator(".columns h3").all_inner_texts() == ["toy", "later"]
    page.locator(".results h3", has_text="Nearest in later to the vector of king in toy").wait_for()
    translated = page.locator(".results > table .walk")
    assert translated.first.inner_text() == "woman"  # it has that vector there
    translated.first.click()
    heading(page, "woman in two models")
    assert page.locator("#model").input_value() == "later" and "other=toy" in page.url


def test_a_word_through_the_slices(opened):
    page = opened("#time?word=king")
    page.locator(".steps").wait_for()
    steps = [row.split() for row in page.locator(".steps tbody tr").all_inner_texts()]
    assert steps == [["toy", "later", "1.000"], ["later", "last", "0.000"]]
    heights = page.locator(".figure circle").evaluate_all(
        "points => points.map(point => Number(point.getAttribute('cy')))"
    )
    assert len(heights) == 2 and heights[0] < heights[1]  # a drift of 1 is above one of 0
    assert page.locator(".columns h3").all_inner_texts() == ["toy", "later", "last"]
    page.get_by_role("button", name="Find the words that changed most").click()
    page.locator(".most .walk").first.wait_for()
    changed = [pair.split() for pair in page.locator(".most .pair").all_inner_texts()]
    assert {word for word, drift in changed if float(drift) > 0.9} == {"king", "woman", "man", "tax"}
    page.get_by_label("Model").select_option("senses")
    page.get_by_text("This needs slices").wait_for()


def test_senses_and_the_one_that_a_context_asks_for(opened):
    page = opened("#senses?model=senses&word=bank")
    page.locator(".columns table").nth(1).wait_for()
    assert page.locator(".columns h3").all_inner_texts() == ["bank|1", "bank|2"]
    assert "70.0 % of its occurrences" in page.locator(".columns .facts").first.inner_text()
    page.get_by_label("Words around it").fill("the river bank")
    page.get_by_role("button", name="Which sense?").click()
    page.locator(".likely").wait_for()
    assert page.locator(".likely h3").inner_text() == "bank|2"


def saved(page, kind):
    with page.expect_download() as download:
        page.get_by_role("button", name=kind).click()
    with open(download.value.path(), "rb") as file:
        return file.read(), download.value.suggested_filename


def test_pairs_as_a_heat_map_in_words_and_in_files(opened):
    page = opened("#pairwise")
    page.get_by_label("Words, with").fill("king, queen\nwoman, =1+1, nothing")
    page.get_by_role("button", name="Compare all pairs").click()
    page.locator(".heat").wait_for()
    assert page.locator(".heat tbody tr").first.inner_text().split() == ["king", "1.00", "0.44", "0.00", "0.02"]
    colours = page.locator(".heat td").evaluate_all("cells => cells.map(c => getComputedStyle(c).backgroundColor)")
    assert len(set(colours)) > 4
    assert "Without a vector: nothing" in page.locator(".problem").inner_text()
    assert "Most similar: queen and woman" in page.locator(".results").inner_text()
    data, name = saved(page, "CSV")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert name == "pairs.csv" and rows[0] == ["", "king", "queen", "woman", "'=1+1"]
    assert float(rows[1][2]) == pytest.approx(2 / np.sqrt(2 * (4 + 6.25)), abs=1e-6)
    data, _ = saved(page, "SVG")
    assert data.startswith(b"<svg") and b">0.44</text>" in data and b"<script" not in data
    data, _ = saved(page, "PNG")
    assert data.startswith(b"\x89PNG") and len(data) > 2000


def test_a_word_with_markup_is_text_everywhere(opened):
    page = opened("#neighbours")
    page.locator("#search").press_sequentially("<im")
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    heading(page, EVIL)
    for view in ("compare", "time"):
        page.locator(f"#tab-{view}").click()
        heading(page, EVIL)
    page.goto(page.url.partition("#")[0] + "#pairwise?words=" + "king," + EVIL.replace(" ", "%20"))
    page.locator(".heat").wait_for()
    assert page.locator(".heat .word", has_text="onerror").count() == 2
    assert page.locator("img").count() == 0 and "owned" != page.title()
    data, _ = saved(page, "SVG")
    assert b"<img" not in data and b"&lt;img" in data


def test_words_from_right_to_left(opened):
    page = opened(f"#neighbours?word={SHALOM}")
    assert shown(page)[0] == OLAM
    directions = "words => words.map(word => getComputedStyle(word).direction)"
    assert page.locator(".results tbody .word").evaluate_all(directions)[:2] == ["rtl", "ltr"]
    assert page.locator("#search").evaluate("field => getComputedStyle(field).direction") == "rtl"


@pytest.mark.thorough
def test_words_that_addresses_cannot_end_in_and_unknown_ones(opened):
    page = opened("#neighbours?word=.")
    assert shown(page)
    page.goto(page.url.partition("#")[0] + "#compare?word=king&model=nothing")
    page.locator(".columns table").first.wait_for()
    assert page.locator("#model").input_value() == "toy"  # an unknown model is the first one


def test_an_unknown_word_is_answered_by_known_ones(opened):
    page = opened("#neighbours?word=queer")
    page.locator(".problem", has_text="close: 'queen'").wait_for()
    page.locator(".results .walk", has_text="queen").click()
    heading(page, "Nearest to queen")
    page.goto(page.url.partition("#")[0] + "#neighbours?model=senses&word=bank")
    page.locator(".results .walk", has_text="bank|2").click()
    heading(page, "Nearest to bank|2")


def test_narrow_and_dark(opened):
    page = opened(viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.locator(".chips .walk").first.wait_for()
    colours = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    assert colours == ["rgb(20, 23, 27)", "rgb(232, 234, 237)"]
    for view, query in VIEWS.items():
        page.evaluate("hash => { location.hash = hash }", f"{view}?{query}")
        page.locator(f"#tab-{view}[aria-selected=true]").wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, view
        leads = "all => all.map(({ href, src }) => new URL(href ?? src, location).origin === location.origin)"
        assert all(page.locator("[href], [src]").evaluate_all(leads)), view


def test_without_javascript_the_page_says_so(opened):
    page = opened(java_script_enabled=False)
    assert "needs JavaScript" in page.locator("noscript").inner_text()
    page.get_by_role("link", name="its routes").click()
    page.locator("caption", has_text="Limits").wait_for()
    assert page.locator("td", has_text="/v1/models/{model}/most_similar").count() == 2


SOME = ["compare", "map"]


@pytest.mark.parametrize(
    ("scheme", "views"),
    [("light", SOME), *(pytest.param(s, [*VIEWS], marks=pytest.mark.thorough) for s in ("light", "dark"))],
)
def test_nothing_serious_is_found_by_axe(opened, scheme, views):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    page = opened(color_scheme=scheme, reduced_motion="reduce")
    page.locator(".chips .walk").first.wait_for()
    for view in views:
        page.evaluate("hash => { location.hash = hash }", f"{view}?{VIEWS[view]}")
        page.locator(f"#tab-{view}[aria-selected=true]").wait_for()
        page.wait_for_load_state("networkidle")
        sync.expect(page.locator("[aria-busy]")).to_have_count(0)  # what waits is paler
        check_by_axe(axe, page, view)
    page.keyboard.press("?")
    check_by_axe(axe, page, "help")


def check_by_axe(axe, page, view):
    found = axe.Axe().run(page).response["violations"]
    told = [(own["id"], own["impact"], [node["html"] for node in own["nodes"]]) for own in found]
    assert [own for own in told if own[1] in ("serious", "critical")] == [], view


def test_a_token_is_asked_for_and_sent(opened, models):
    with served(models[0], "--token", "open-sesame") as address:
        page = opened("#neighbours?word=king", server=address)
        field = page.locator("#token")
        field.fill("wrong-token")
        field.press("Enter")
        page.locator("dialog .problem").wait_for()
        field.fill("open-sesame")
        page.get_by_role("button", name="Use this token").click()
        found = shown(page)
        page.reload()  # it is kept as long as the tab
        assert shown(page) == found and page.locator("dialog[open]").count() == 0
        assert "sesame" not in page.url
