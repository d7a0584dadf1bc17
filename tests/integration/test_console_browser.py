"""`dplsync console` in a real Chromium: what an operator sees and does, with the keyboard, without
script, on a telephone and at night."""

import time

import pytest

from console import HOSTILE, LIBRARIES, UUID, Browser, Console, Country

SIZES = [(1400, False), (400, True), pytest.param(1400, True, marks=pytest.mark.slow),
         pytest.param(400, False, marks=pytest.mark.slow)]


@pytest.fixture(scope="module")
def browser_of(tmp_path_factory):
    """Browsers by their settings, each started once for this file. The test before left a page open that
    still asked its console, which was gone: each begins without."""
    opened = {}

    def browser(**settings):
        key = tuple(sorted(settings.items()))
        if key not in opened:
            opened[key] = Browser(tmp_path_factory.mktemp("chromium"), **settings)
        opened[key].open("about:blank")
        opened[key].complaints()
        return opened[key]

    yield browser
    for one in opened.values():
        one.driver.quit()


@pytest.fixture
def open_console(pipeline):
    def open_one(**settings):
        console = Console(pipeline, **settings)
        pipeline.services[console.name] = console
        return console.start()
    return open_one


@pytest.fixture
def country(pipeline):
    country = Country(pipeline, LIBRARIES[:30] + ["odense", "samso", "laeso", "vejle", "aero"])
    pipeline.write_config()
    country.fill()
    return country


@pytest.fixture
def console(country, open_console):
    console = open_console()
    console.wait_text("/", "31 deletions held")
    return console


def text_of(browser, selector="main"):
    return browser.one(selector).text


def test_loads_filters_sorts_and_unfolds_with_the_keyboard(country, console, browser_of):
    country.results("odense", 3)
    browser = browser_of()
    browser.open(console.address)
    assert browser.shown_rows()[0] == "odense"

    browser.one("#filter").send_keys("fre")
    browser.wait(lambda: set(browser.shown_rows()) == {"fredensborg", "fredericia", "frederiksberg",
                                                       "frederikshavn", "frederikssund"}, "the filter, while typing")
    browser.open(console.address)
    browser.one(".headings a[href*='sort=name']").click()
    browser.wait(lambda: browser.shown_rows() == sorted(browser.shown_rows()), "rows by name")
    browser.one(".numbers a[href*='show=stale']").click()
    browser.wait(lambda: sorted(browser.shown_rows()) == ["aero", "samso"], "only what is stale")

    browser.open(console.address)
    browser.driver.execute_script("document.querySelector('#m-odense summary').focus()")
    browser.driver.switch_to.active_element.send_keys("\ue007")  # Enter
    browser.wait(lambda: UUID.format(2)[:8] in text_of(browser, "#m-odense"), "the last outcomes in the row")
    assert "31 deletions wait for a decision" in text_of(browser, "#m-odense")
    assert browser.complaints() == []


def test_stays_fresh_by_itself_and_keeps_what_is_open(country, console, browser_of):
    browser = browser_of()
    browser.open(console.address)
    browser.one("#m-odense summary").click()
    browser.wait(lambda: browser.one("#m-odense .facts").is_displayed(), "what is inside the row")
    browser.driver.execute_script("document.querySelector('#m-vejle summary').focus()")
    country.dead_letter("aarhus", 1)
    browser.wait(lambda: "1 dead letter" in text_of(browser, "#m-aarhus"), "news without a reload")
    assert browser.one("#m-odense .facts").is_displayed()
    assert browser.driver.execute_script("return document.activeElement.closest('details').id") == "m-vejle"


def test_a_hold_is_approved_and_the_deletions_reach_the_vendor(make_pipeline, open_console, browser_of):
    """From a site that suddenly shows half of its events to the vendor who is told, by hand."""
    pipeline = make_pipeline()
    site = pipeline.add("odense", generate=20, future=True, settings={"guard_events": 1})
    pipeline.write_config()
    console = Console(pipeline)
    pipeline.start()
    pipeline.wait(lambda: len(pipeline.vendor_table("odense")) == 20, "the vendor to know all")
    gone = list(site.events())[:9]
    site.edit_event(gone[0], title=HOSTILE)
    pipeline.wait(lambda: pipeline.vendor_table("odense")[gone[0]]["title"] == HOSTILE, "the new title")
    titles = [site.event(uuid)["title"] for uuid in gone[1:]] + ["<script>document.title='taken'</script>"]
    site.unpublish_together(gone)
    console.start()
    pipeline.services["console"] = console
    console.wait_text("/", "9 deletions held", 30)

    browser = browser_of()
    browser.open(console.address + "/?municipality=odense")
    browser.one("a.button[href*='/hold']").click()
    browser.wait(lambda: all(title in text_of(browser) for title in titles), "the titles of what would go", 30)
    assert "9 deletions wait for a decision" in text_of(browser) and "U+202E" in text_of(browser)
    assert browser.driver.title == "Held deletions · dplsync"
    browser.one("input[name=why]").send_keys("moved")
    browser.one("button.danger").click()
    browser.wait(lambda: "approved 9 deletions" in text_of(browser), "the deed on the page")
    pipeline.wait(lambda: set(gone).isdisjoint(pipeline.vendor_table("odense")), "the vendor to be told")
    assert len(pipeline.vendor_table("odense")) == 11
    assert {change["reason"] for change in pipeline.changes("odense", "delete")} == {"absent"}
    console.wait_text("/?municipality=odense", '<b>0</b> deletions held')

    uuid = gone[0]
    browser.open(f"{console.address}/trail?municipality=odense&uuid={uuid}")
    browser.wait(lambda: "no longer shows it" in text_of(browser) and "more to come" not in text_of(browser),
                 "the event's whole trail", 30)
    lines = [line.text for line in browser.all(".trail li")]
    said = " / ".join(lines)
    assert "shows it" in lines[0] and "create" in said and "delete, because it is absent" in lines[-1]
    assert browser.complaints() == []


def test_a_hostile_text_is_text(country, console, browser_of):
    country.dead_letter("aarhus", 1, detail=HOSTILE, reason="<img src=x onerror=alert(1)>")
    console.wait_text("/", "1 dead letter")
    browser = browser_of()
    browser.open(console.address + "/dead-letters?municipality=aarhus")
    shown = text_of(browser)
    assert "<script>document.title='taken'</script>" in shown and "U+202E" in shown
    assert "<img src=x onerror=alert(1)>" in shown
    assert browser.driver.title == "Dead letters · dplsync" and browser.all("main img, main script") == []
    assert browser.complaints() == []


def test_works_without_script(country, console, browser_of):
    country.dead_letter("aarhus", 1)
    console.wait_text("/", "1 dead letter")
    browser = browser_of(script=False)
    browser.open(console.address)
    assert "UTC" in browser.one("#as-of").text, "no script ran"
    browser.one("#filter").send_keys("aarhus")
    browser.one(".search button").click()
    browser.wait(lambda: browser.shown_rows() == ["aarhus"], "the filter by its button")
    browser.one("#m-aarhus summary").click()
    browser.one("#m-aarhus a[href*='dead-letters']").click()
    browser.wait(lambda: "rejected-by-cms" in text_of(browser), "the dead letters")
    browser.one("button.danger").click()
    browser.wait(lambda: "discarded 1 dead letter" in text_of(browser), "the deed on the page")
    console.wait_text("/", "<b>0</b> dead letters")


def test_another_page_cannot_act_here(country, console, browser_of):
    """A form on a page of another origin, sent by the same browser."""
    browser = browser_of()
    browser.open(console.address + "/confirm?action=refresh&municipality=odense")
    token = browser.one("input[name=token]").get_attribute("value")
    address = f"http://localhost:{console.port}"  # the same console, another origin
    browser.open(address + "/")
    browser.driver.execute_script("""
        const form = document.createElement('form');
        form.method = 'post';
        form.action = arguments[0] + '/act';
        for (const [name, value] of Object.entries(arguments[1])) {
            const input = document.createElement('input');
            input.name = name; input.value = value; form.append(input);
        }
        document.body.append(form); form.submit();""", console.address,
        {"token": token, "action": "refresh", "municipality": "odense", "count": "0"})
    time.sleep(1)  # nothing is to come of it: there is nothing to wait for
    assert console.pipeline.topics.read("control") == []
    assert "form-action" in " ".join(browser.complaints())


@pytest.mark.parametrize("width, dark", SIZES)
def test_fits_and_can_be_read(country, console, browser_of, width, dark, tmp_path):
    """No page is wider than its window, and every text stands out from what is behind it."""
    country.results("odense")
    country.dead_letter("aarhus", 1)
    console.wait_text("/", "1 dead letter")
    browser = browser_of(width=width, dark=dark)
    for number, path in enumerate(("/", "/?municipality=odense", "/dead-letters?municipality=aarhus",
                                   "/confirm?action=refresh&municipality=odense",
                                   f"/trail?municipality=odense&uuid={UUID.format(3)}")):
        browser.open(console.address + path)
        browser.driver.execute_script("document.querySelectorAll('.rows > details').forEach(d => d.open = true)")
        assert browser.save(tmp_path / f"{number}.png") == width, path
        assert browser.driver.execute_script(POOR_CONTRAST) == [], path
        assert browser.driver.execute_script(NO_NAME) == [], path


# Texts whose contrast (WCAG 2.2, 1.4.3) is below 4.5, with what is painted behind them.
POOR_CONTRAST = """
    const channels = (text) => {
        const parts = text.match(/[\\d.]+/g).map(Number);
        return text.startsWith('color(srgb') ? [...parts.slice(0, 3).map(c => c * 255), parts[3] ?? 1]
                                             : [...parts.slice(0, 3), parts[3] ?? 1];
    };
    const behind = (element) => {
        let [r, g, b, left] = [0, 0, 0, 1];
        for (let at = element; at && left > 0.01; at = at.parentElement) {
            const [r1, g1, b1, a] = channels(getComputedStyle(at).backgroundColor);
            r += r1 * a * left; g += g1 * a * left; b += b1 * a * left; left *= 1 - a;
        }
        return [r, g, b];
    };
    const light = (rgb) => {
        const [r, g, b] = rgb.slice(0, 3).map(c => c / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const poor = [];
    for (const element of document.querySelectorAll('main *')) {
        if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()) ||
            !element.checkVisibility() || element.closest('svg'))
            continue;
        const [high, low] = [light(channels(getComputedStyle(element).color)), light(behind(element))]
            .sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5)
            poor.push(`${element.tagName} ${element.className}: ${element.textContent.slice(0, 30)} ${ratio.toFixed(2)}`);
    }
    return poor;
"""

# Fields, buttons and links that nobody can name.
NO_NAME = """
    return [...document.querySelectorAll('a, button, input:not([type=hidden]), svg[role=img]')]
        .filter(one => !(one.textContent.trim() || one.getAttribute('aria-label') || one.labels?.length))
        .map(one => one.outerHTML.slice(0, 80));
"""
