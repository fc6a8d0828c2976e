"""The tab "Map" of the explorer in a browser: drawing, moving, walking, keys, colours, files; words that are markup."""

import csv
import io
import subprocess
import sys
import time

import numpy as np
import pytest

from wordvec import KeyedVectors

pytest.importorskip("uvicorn", reason="the service needs uvicorn: pip install 'wordvec[serve]'")

EVIL = "<img/src=x/onerror=\"document.title='owned'\">"
COUNT = 60


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a service with two slices: 60 words in four groups, the first of them markup, and 59 of these."""
    folder = tmp_path_factory.mktemp("map")
    rng = np.random.default_rng(1)
    words = [EVIL, *(f"{'abcd'[i % 4]}{i}" for i in range(1, COUNT))]
    centres = 3 * rng.normal(size=(4, 8))
    rows = centres[np.arange(COUNT) % 4] + rng.normal(size=(COUNT, 8))
    KeyedVectors(words, rows, counts=range(1000, 1000 - COUNT, -1)).save(folder / "old.safetensors")
    KeyedVectors(words[:-1], rows[:-1] + 0.3 * rng.normal(size=(COUNT - 1, 8))).save(folder / "new.safetensors")
    files = [f"{name}={folder / name}.safetensors" for name in ("old", "new")]
    command = [sys.executable, "-m", "wordvec", "serve", *files, "--space", "old,new", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    yield process.stdout.readline().strip()
    process.terminate()
    process.communicate(timeout=60)


@pytest.fixture
def opened(opened):
    """A function that opens a map and waits until it is drawn."""

    def make(state="model=old", **options):
        page = opened(f"#map?{state}", **{"viewport": {"width": 1000, "height": 900}, **options})
        drawn(page)
        return page

    return make


def drawn(page, words=COUNT):
    page.locator(f'canvas[aria-label="Map of {words} words"]').wait_for()
    until(page, "() => /[0-9]/.test(document.querySelector('.map summary').textContent)")


def until(page, holds, *arguments):
    """Wait until a function of the page gives true: Playwright's own waiting needs eval, which the page forbids."""
    end = time.monotonic() + 10
    while not page.evaluate(holds, *arguments):
        assert time.monotonic() < end, holds
        page.wait_for_timeout(20)


def walked(page, word):
    until(page, "word => new URLSearchParams(location.hash.split('?')[1]).get('word') === word", word)


def image(page):
    """The canvas as a text that is the same for the same picture."""
    page.wait_for_timeout(100)
    return page.evaluate("() => document.querySelector('.map canvas').toDataURL()")


def area(page, colour):
    """How many pixels of the canvas have a colour "#rrggbb"."""
    page.wait_for_timeout(100)
    return page.evaluate(
        """(value) => {
            const canvas = document.querySelector(".map canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            let found = 0;
            for (let i = 0; i < data.length; i += 4) {
                found += ((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]) === value && data[i + 3] > 0;
            }
            return found;
        }""",
        int(colour[1:], 16),
    )


def current(page):
    return page.locator(".map .current").inner_text()


def in_view(page):
    page.wait_for_timeout(300)
    return page.locator(".map summary").inner_text()


def test_a_map_is_drawn_in_the_colours_of_its_legend(opened):
    page = opened()
    assert page.locator(".map .told").inner_text().startswith("60 words by PCA. ")
    assert page.locator(".map .legend li").count() == 8 and area(page, "#0072b2") > 50
    page.get_by_label("Colour by").select_option("count")
    assert page.locator(".map .legend li").first.inner_text() == "941 to 953"
    assert area(page, "#0072b2") == 0 and area(page, "#3a0a45") > 50
    page.get_by_label("Colour by").select_option("none")
    assert page.locator(".map .legend li").count() == 0
    assert page.title() != "owned" and page.locator(".map img").count() == 0


def test_it_moves_and_zooms_by_hand_and_comes_back(opened):
    page = opened()
    before, box = image(page), page.locator(".map canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 200, middle[1] + 30, steps=4)
    page.mouse.up()
    assert "#map?model=old" in page.url and "word=" not in page.url  # it was no click
    assert image(page) != before
    for _ in range(12):
        page.mouse.wheel(0, -200)
    assert in_view(page) != "Words in view: 60, the first 50 of them here"
    page.get_by_role("button", name="Show all").click()
    assert in_view(page) == "Words in view: 60, the first 50 of them here"


def test_it_can_be_used_by_keys_alone(opened):
    page = opened()
    canvas = page.locator(".map canvas")
    assert canvas.get_attribute("role") == "application" and page.locator("#map-help").inner_text()
    canvas.focus()
    seen = set()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "+", "+", "ArrowDown", "-", "ArrowRight"):
        canvas.press(key)
        seen.add(current(page))
    assert len(seen) > 2 and all("count" in text for text in seen)
    word = current(page).split(" · ")[0]
    canvas.press("Enter")
    walked(page, word)
    canvas.press("0")
    assert in_view(page).startswith("Words in view: 60")


def test_a_click_walks_and_a_word_can_be_found(opened):
    page = opened()
    page.get_by_label("Find a word in the map").fill("b5")
    page.get_by_role("button", name="Find", exact=True).click()
    assert current(page).startswith("b5 · count 995 · ")
    box = page.locator(".map canvas").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # where it was brought
    walked(page, "b5")
    page.get_by_label("Find a word in the map").fill("nowhere")
    page.get_by_label("Find a word in the map").press("Enter")
    assert current(page) == "nowhere is not in this map."


def test_a_neighbourhood_follows_the_walk(opened):
    page = opened("model=old&word=a4")
    assert current(page).startswith("a4 · count 996") and current(page).endswith("cosine 1.000")
    page.locator(".map summary").click()
    page.locator(".map tbody tr").nth(49).wait_for()
    page.locator(".map tbody tr").nth(3).get_by_role("button").click()
    until(page, "() => !document.querySelector('.map .current').textContent.startsWith('a4')")
    assert current(page).endswith("cosine 1.000")


def test_drift_colours_words_and_a_link_brings_it_back(opened):
    page = opened("model=old&word=a4")
    page.get_by_label("Words").first.select_option("first")
    page.get_by_label("Clusters").fill("3")
    page.get_by_label("Drift to").select_option("new")
    page.get_by_role("button", name="Draw").click()
    page.locator(".map h2", has_text="Drift to new").wait_for()
    assert page.locator(".map .legend li").last.inner_text() == "not in both slices"
    assert area(page, "#b3b3b3") > 10
    page.get_by_label("Colour by").select_option("cluster")
    until(page, "() => document.querySelectorAll('.map .legend li').length === 3")
    state = page.url.partition("?")[2]
    assert state == "model=old&word=a4&area=first&clusters=3&target=new&colour=cluster"
    again = opened(state)
    assert again.locator(".map .legend li").count() == 3 and current(again).startswith("a4")
    assert [again.get_by_label(name).first.input_value() for name in ("Words", "Drift to")] == ["first", "new"]
    page.go_back()
    page.locator(".map h2", has_text="Drift to new").wait_for()
    page.go_back()
    until(page, "() => document.querySelectorAll('.map .legend li').length === 8")


def test_what_cannot_be_drawn_is_said(opened, address):
    page = opened()
    page.get_by_label("Words").first.select_option("around")
    page.get_by_role("button", name="Draw").click()
    page.get_by_text("Look for a word above").wait_for()
    page.get_by_label("Words").first.select_option("first")
    page.route(
        "**/map", lambda route: route.fulfill(status=200, body='{"progress": 0.5}\n{"detail": "it is broken"}\n')
    )
    page.get_by_role("button", name="Draw").click()
    page.get_by_text("The map could not be drawn: it is broken").wait_for()


def test_progress_is_shown_and_can_be_cancelled(opened):
    page = opened()
    page.evaluate("""() => {
        const real = window.fetch;
        window.fetch = (address, init) => {
            if (!String(address).endsWith("/map")) return real(address, init);
            const body = new ReadableStream({
                start(control) {
                    const write = (text) => control.enqueue(new TextEncoder().encode(text));
                    write('{"progress": 0.0}\\n{"prog');
                    write('ress": 0.25}\\n');
                    init.signal.addEventListener("abort", () => {
                        window.ended = true;
                        control.error(new DOMException("", "AbortError"));
                    });
                },
            });
            return Promise.resolve(new Response(body));
        };
    }""")
    page.get_by_label("Method").select_option("umap")
    page.get_by_role("button", name="Draw").click()
    page.get_by_text("25 % computed").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("The map was cancelled.").wait_for()
    until(page, "() => window.ended")
    assert page.locator(".map progress").is_hidden()


def test_the_map_is_saved_as_a_table_and_as_a_picture(opened):
    page = opened()

    def saved(kind):
        with page.expect_download() as download:
            page.get_by_role("button", name=kind, exact=True).click()
        return download.value.path().read_bytes()

    rows = list(csv.reader(io.StringIO(saved("CSV").decode("utf-8-sig"))))
    assert rows[0] == ["word", "x", "y", "count", "cluster"] and len(rows) == COUNT + 1 and rows[1][0] == EVIL
    picture = saved("SVG").decode()
    assert picture.count("<path") >= 4 and "&lt;img" in picture and "<img" not in picture
    assert saved("PNG").startswith(b"\x89PNG")


def test_a_narrow_screen_in_the_dark(opened):
    page = opened(viewport={"width": 360, "height": 740}, color_scheme="dark", has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert area(page, "#56b4e9") > 20
    page.get_by_label("Find a word in the map").fill("a8")
    page.get_by_label("Find a word in the map").press("Enter")
    box = page.locator(".map canvas").bounding_box()
    page.locator(".map canvas").scroll_into_view_if_needed()
    box = page.locator(".map canvas").bounding_box()
    for _ in range(2):  # the first touch shows, the second goes there
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    walked(page, "a8")
