"""The HTML file in headless Chromium: no request, no error, every page, both languages, keyboard and paper."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fintech
import hostile
import pytest

from datagov.reports import html
from datagov.store import Evidence
from datagov.vocabulary import sentences

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.chrome.service import Service  # noqa: E402 - only when selenium is there
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402 - only when selenium is there

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"),
]

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--window-size=1440,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens evidence as a file; afterwards no error may stand on the console and no other address was asked for."""

    def open_page(
        evidence: Evidence, *, language: str = "en", page: str = "", change: Callable[[str], str] = str
    ) -> Any:
        path = tmp_path / "report.html"
        path.write_text(change(html.render(evidence, language=language).decode()), "utf-8")
        browser.get_log("browser")
        browser.get_log("performance")
        browser.get(f"{path.as_uri()}#/{page}")
        browser.execute_script("try { localStorage.clear() } catch {}")
        WebDriverWait(browser, 20).until(
            lambda b: b.execute_script("return document.documentElement.dataset.ready || !trouble.hidden")
        )
        return browser

    yield open_page
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert {url for url in map(requested, browser.get_log("performance")) if url} <= {
        (tmp_path / "report.html").as_uri()
    }
    browser.get("about:blank")


def requested(entry: dict[str, str]) -> str | None:
    message = json.loads(entry["message"])["message"]
    if message["method"] != "Network.requestWillBeSent":
        return None
    url: str = message["params"]["request"]["url"]
    # chrome:// and data: are the browser's own drawing of a search box; the page has none and reaches nobody with them.
    return None if url.startswith(("about:", "chrome://", "data:")) else url.partition("#")[0]


def go(browser: Any, address: str) -> None:
    browser.execute_script("location.hash = arguments[0]", address)
    WebDriverWait(browser, 10).until(lambda b: b.execute_script("return location.hash") in ("#" + address, address))
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 0))")


def visible(browser: Any) -> str:
    text: str = browser.execute_script("return document.querySelector('section.page:not([hidden])').innerText")
    return text


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", {
            "overview": "What to repair, worst first", "findings": "21 findings from 13 causes",
            "inventory": "Resident identity card number", "lineage": "7 datasets, 7 column links",
            "consent": "59.1", "ownership": "left 2026-03-31", "record": "Settlement of payments",
            "coverage": "The account may not read app.archive_2019", "evidence": "Data Security Law",
            "terms": "A person's freely given, informed agreement",
        }),
        ("zh", {
            "overview": "整改事项", "findings": "21 项问题", "inventory": "居民身份证号码", "lineage": "7 个数据集",
            "consent": "无同意记录", "ownership": "已于 2026-03-31 离职", "record": "支付结算",
            "coverage": "未查看的字段", "evidence": "已核对原文", "terms": "个人在充分知情前提下",
        }),
    ],
)  # fmt: skip
def test_every_page_shows_its_facts(opened: Open, sample: Evidence, language: str, expected: dict[str, str]) -> None:
    browser = opened(sample, language=language)
    for page, sentence in expected.items():
        go(browser, f"/{page}")

        assert re.search(sentence, visible(browser)), page
        assert browser.execute_script("return document.querySelectorAll('section.page:not([hidden])').length") == 1


def test_hostile_names_stay_text_on_every_page(opened: Open, nasty: Evidence) -> None:
    browser = opened(nasty)
    for page in (*html.PAGES, "finding/0000000000000003", "findings/0", "evidence/XX-001"):
        go(browser, f"/{page}")
        made = browser.execute_script(
            "return document.querySelectorAll('img, iframe, [onmouseover], [onload], [onerror], main script').length"
        )
        assert made == 0, page
        assert "undefined" not in visible(browser) and "[object" not in visible(browser), page
    go(browser, "/lineage/x/none")
    assert "nothing under this address" in visible(browser)
    go(browser, "/inventory")
    links = browser.execute_script(
        "return [...document.querySelectorAll('#page-inventory tbody th a')].map((a) => a.getAttribute('href'))"
    )
    assert len(links) >= len(hostile.NAMES)
    for link in links:
        go(browser, link.removeprefix("#"))
        assert browser.execute_script("return document.querySelectorAll('.col.at').length") == 1, link


def test_a_run_without_facts_opens_on_every_page(opened: Open, nothing: Evidence) -> None:
    browser = opened(nothing)
    for page in (*html.PAGES, "finding/0", "lineage/a/b/c"):
        go(browser, f"/{page}")
        assert len(visible(browser)) > 40, page


def test_a_link_opens_its_expression_in_its_statement(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="lineage/app/app.customer/mobile")
    browser.execute_script(
        "const e = document.querySelector('.edge.e-mask'); e.focus();"
        "e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))"
    )

    marked = browser.execute_script(
        "return [...document.querySelectorAll('.sql mark')].map((n) => n.textContent).join('')"
    )
    assert marked == "concat(left(c.mobile, 3), '****', right(c.mobile, 4))"
    assert "etl/20_dwd.sql:6" in visible(browser)


INFLUENCES = "document.querySelector('#page-lineage input[type=checkbox]').click()"
PRESS = "document.querySelector(arguments[0]).dispatchEvent(new KeyboardEvent('keydown', {key: ' ', bubbles: true}))"


@pytest.mark.parametrize(
    ("language", "words", "legend"),
    [("en", ["condition", "gathered", "group", "join", "transformed"], "influence: sort"),
     ("zh", ["分组", "条件", "汇集", "转换", "连接"], "影响：排序")],
)  # fmt: skip
def test_each_kind_of_influence_has_its_line_and_its_word(
    opened: Open, traced: Evidence, language: str, words: list[str], legend: str
) -> None:
    browser = opened(traced, language=language, page="lineage/shop/main.d")
    browser.execute_script(INFLUENCES)
    drawn = browser.execute_script(
        "return [...document.querySelectorAll('.canvas g.edge')].map((g) => [g.getAttribute('class'),"
        " getComputedStyle(g.querySelector('.ink')).strokeDasharray])"
    )
    marks = browser.execute_script("return [...document.querySelectorAll('.canvas .mark')].map((t) => t.textContent)")

    lines = {" ".join(sorted(set(kind.split()) - {"edge", "doubt"})): dashes for kind, dashes in drawn}
    assert {"e-gather t-AGGREGATION", "e-influence t-JOIN", "e-influence t-GROUP_BY", "e-influence t-CONDITIONAL"} <= {
        *lines
    }
    assert len(set(lines.values())) == len(lines)
    assert set(words) <= set(marks)
    assert legend in visible(browser)
    browser.execute_script(INFLUENCES)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", ("Candidates\nmain.a.x\nmain.b.x", "the value itself (DIRECT)", "More than one table could be meant",
             "sql/10_guess.sql:2", "Job\n10_guess.sql", "No. 1 of the job, INSERT", "not masked", "50")),
     ("zh", ("候选字段\nmain.a.x\nmain.b.x", "数值本身（DIRECT）", "可能来自多张表", "sql/10_guess.sql:2",
             "作业\n10_guess.sql", "作业中第 1 条，INSERT", "未脱敏", "50%"))],
)  # fmt: skip
def test_a_link_names_its_candidates_its_job_and_its_statement(
    opened: Open, traced: Evidence, language: str, expected: tuple[str, ...]
) -> None:
    browser = opened(traced, language=language, page="lineage/shop/main.c/x")
    browser.execute_script(PRESS, ".edge.doubt")

    for sentence in expected:
        assert sentence in visible(browser)
    sql = browser.execute_script("return document.querySelector('.sql').textContent")
    assert "a.y > 0" in sql and "7" not in sql


@pytest.mark.parametrize(
    ("language", "line", "partial"),
    [("en", "3 parsed|1 opaque|1 failed|0 unsupported|unresolved names: 1", "at least what flows"),
     ("zh", "已解析 3|无法看透 1|失败 1|尚不支持 0|未解析名称 1", "至少存在的流动")],
)  # fmt: skip
def test_counters_of_the_sql_stand_beside_the_lineage_and_by_file_and_source(
    opened: Open, traced: Evidence, language: str, line: str, partial: str
) -> None:
    browser = opened(traced, language=language, page="lineage/shop/main.c/x")
    for part in (partial, *line.split("|")):
        assert part in visible(browser)
    go(browser, "/coverage")
    tables = browser.execute_script(
        "return [...document.querySelectorAll('#page-coverage table')].map((t) => [...t.querySelectorAll('tbody tr')]"
        ".map((r) => [...r.children].map((c) => c.textContent)))"
    )

    assert ["pipeline", "3", "3", "1", "1", "0", "1", "0"] in tables[0]
    assert tables[1][0] == ["sql/30_unread.sql", "pipeline", "postgres", "1", "1", "1", "0", "1"]
    assert len(tables[1]) == 3


def test_a_pipeline_that_could_not_be_read_leaves_no_lineage_whole(opened: Open, tmp_path: Path) -> None:
    gone = ("harvest", 3, "pipeline", "unreadable", "The folder does not exist.", True, "datagov.yaml", 9)
    evidence = fintech.build(tmp_path / "evidence.sqlite", problems=[gone])
    browser = opened(evidence, page="lineage/app/app.customer/mobile")
    evidence.close()

    assert "All SQL of this run was read" not in visible(browser)
    assert "at least what flows" in visible(browser)


def test_controls_of_an_address_with_nothing_behind_it_do_nothing(opened: Open, traced: Evidence) -> None:
    browser = opened(traced, page="lineage/shop/main.none")
    browser.execute_script(INFLUENCES)

    assert "nothing under this address" in visible(browser)
    browser.execute_script(INFLUENCES)


def test_influences_direction_and_steps_change_the_drawing(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="lineage/dw/dw.dwd_customer/id_card_no")

    def drawn() -> tuple[int, int]:
        found = browser.execute_script(
            "return [document.querySelectorAll('.node').length, document.querySelectorAll('.edge').length]"
        )
        return found[0], found[1]

    def choose(n: int, value: str) -> None:
        browser.execute_script(
            "const s = document.querySelectorAll('#page-lineage select')[arguments[0]]; s.value = arguments[1];"
            "s.dispatchEvent(new Event('change'))", n, value
        )  # fmt: skip

    assert drawn() == (4, 3)
    choose(0, "up")
    assert drawn() == (3, 2)
    choose(1, "1")
    assert drawn() == (2, 1)
    choose(0, "down")
    assert drawn() == (2, 1)
    browser.execute_script("document.querySelector('#page-lineage input[type=checkbox]').click()")
    assert drawn()[1] > 1


def test_search_works_by_keyboard(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="lineage")
    browser.execute_script(
        """
        const box = document.querySelector(".combo input");
        box.focus(); box.value = "partner id"; box.dispatchEvent(new Event("input"));
        for (const key of ["ArrowDown", "Enter"])
          box.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        """
    )
    WebDriverWait(browser, 5).until(lambda b: "id_card_no" in b.execute_script("return location.hash"))

    assert browser.execute_script("return location.hash") == "#/lineage/dw/dw.ads_partner_feed/id_card_no"


def test_a_finding_has_an_address_with_its_path_and_its_rule(opened: Open, sample: Evidence) -> None:
    fingerprint = sample.value("SELECT fingerprint FROM finding WHERE subject = 'dw.ads_partner_feed.id_card_no'")
    browser = opened(sample, page=f"finding/{fingerprint}")

    assert browser.execute_script("return document.querySelectorAll('.steps > li').length") == 3
    for sentence in ("etl/10_ods.sql:2", "Mask or tokenise", "JR/T 0171-2020", "left 2026-03-31"):
        assert sentence in visible(browser)
    go(browser, "/finding/ffffffffffffffff")
    assert "nothing under this address" in visible(browser)


def test_findings_are_filtered_by_severity_owner_and_words(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="findings?severity=high")
    assert "3 findings from 3 causes" in visible(browser)
    browser.execute_script("document.querySelector('#page-findings .chip[aria-pressed=true]').click()")
    assert "21 findings from 13 causes" in visible(browser)
    browser.execute_script(
        "const s = document.querySelector('#page-findings select'); s.value = '-'; s.dispatchEvent(new Event('change'))"
    )
    ownerless = sample.rows("SELECT count(*) AS n, count(DISTINCT cause_id) AS causes FROM finding WHERE owners = ''")[
        0
    ]
    assert f"{ownerless['n']} findings from {ownerless['causes']} causes" in visible(browser)


def test_a_table_is_saved_as_csv_that_no_spreadsheet_computes(opened: Open, nasty: Evidence) -> None:
    browser = opened(nasty, page="inventory")
    browser.execute_script(
        """
        URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return "#saved"; };
        [...document.querySelectorAll("#page-inventory button")].find((b) => b.textContent === "CSV").click();
        """
    )
    WebDriverWait(browser, 5).until(lambda b: b.execute_script("return window.saved"))
    saved: str = browser.execute_script("return window.saved")
    rows = list(csv.reader(io.StringIO(saved)))

    assert len(rows) > len(hostile.NAMES)
    assert any("HYPERLINK" in row[0] for row in rows)
    assert [cell for row in rows for cell in row if re.match(r"[\s]*[=+@-]", cell)] == []


def test_language_and_theme_change_in_place(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="ownership")
    dark = browser.execute_script("return document.documentElement.dataset.theme")
    browser.execute_script("document.getElementById('language').click(); document.getElementById('theme').click()")

    assert "数据责任人" in visible(browser)
    assert browser.execute_script("return document.documentElement.lang") == "zh-CN"
    assert browser.execute_script("return document.documentElement.dataset.theme") != dark
    browser.execute_script("localStorage.clear()")


def test_paper_holds_all_findings_whatever_is_filtered(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, page="findings?severity=high")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    printed = browser.execute_script("return document.getElementById('page-findings').innerText")

    for row in sample.each("SELECT message_en FROM finding"):
        assert row["message_en"] in printed
    assert "Resident identity card number" in browser.execute_script(
        "return document.getElementById('page-inventory').innerText"
    )
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    pdf = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    assert base64.b64decode(pdf).startswith(b"%PDF")


@pytest.mark.parametrize(("width", "pages"), [(400, html.PAGES), (820, html.PAGES)])
def test_no_page_is_wider_than_a_small_screen(
    opened: Open, sample: Evidence, width: int, pages: tuple[str, ...]
) -> None:
    browser = opened(sample)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    wide = []
    for page in pages:
        go(browser, f"/{page}")
        if browser.execute_script("return document.documentElement.scrollWidth > innerWidth"):
            wide.append(page)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert wide == []


def test_a_damaged_file_says_so_and_keeps_its_overview(opened: Open, sample: Evidence) -> None:
    browser = opened(sample, change=lambda page: re.sub(r'(id="data">)[^<]+', r"\1AAAA", page))

    assert "The details in this file are damaged" in visible(browser)
    assert "What to repair, worst first" in visible(browser)


def test_a_browser_that_cannot_unpack_keeps_the_overview_and_says_why(
    opened: Open, browser: Any, sample: Evidence
) -> None:
    script = browser.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete globalThis.DecompressionStream"}
    )
    opened(sample)
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    assert "lacks DecompressionStream" in visible(browser)
    assert "What to repair, worst first" in visible(browser)


ENGLISH = re.compile(r"[A-Za-z][a-z'-]*(?:,? [a-z][a-z'-]*){2,}")
"""Three words in a row, as sentences have them and identifiers have not."""

ALLOWED = ("datagov verify",)
"""What stays English in a Chinese report beside code, SQL and names."""

VISIBLE_WORDS = """
    const out = [], page = document.querySelector("section.page:not([hidden])");
    page.querySelectorAll("details").forEach((d) => { d.open = true; });
    const walk = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const node = walk.currentNode, parent = node.parentElement;
      if (!parent.closest("code, pre, svg, [lang=en]") && parent.checkVisibility()) out.push(node.textContent);
    }
    return out;
"""


def told_by_sources(evidence: Evidence) -> list[str]:
    """Sentences of sources and adapters in the facts, whose Chinese nobody wrote."""
    sql = "SELECT message AS said FROM problem UNION SELECT reason FROM examination UNION SELECT reason FROM source"
    said = [row["said"] for row in evidence.each(sql) if row["said"]]
    return [sentence for sentence in said if sentences.text(sentence).zh == sentence]


@pytest.mark.parametrize("page", ["overview", "consent", "ownership", "record", "coverage", "evidence", "terms"])
def test_a_chinese_page_has_no_english_sentence(opened: Open, sample: Evidence, page: str) -> None:
    browser = opened(sample, language="zh", page=page)
    text = "\n".join(browser.execute_script(VISIBLE_WORDS))
    for sentence in sorted(told_by_sources(sample), key=len, reverse=True):
        text = text.replace(sentence, "")

    assert browser.execute_script("return document.documentElement.lang") == "zh-CN"
    assert re.search("[\u4e00-\u9fff]", text)
    assert {match for match in ENGLISH.findall(text) if not match.startswith(ALLOWED)} == set()
