"""How large the HTML report is and how soon it answers: 5,000 tables, in Chromium slowed down four times.

Run ``python benchmarks/report_html.py [tables] [slowdown]``; needs selenium, chromium and chromedriver. Goals at 4×:
at most 2 MB, first paint 0.8 s, ready 1.5 s, and 150 ms to the lineage of another column (95 of 100).
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "reports"))

import large
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from datagov.reports import html

FOCUS = """
const done = arguments[arguments.length - 1];
const painted = () => new Promise((ok) => requestAnimationFrame(() => setTimeout(ok, 0)));
const moved = () => new Promise((ok) => addEventListener("hashchange", ok, { once: true }));
(async () => {
  const times = [];
  for (let n = 0; n < 40; n += 1) {
    const others = [...document.querySelectorAll(".canvas .col:not(.at)")];
    if (!others.length) break;
    const start = performance.now(), arrived = moved();
    others[(n * 7 + 1) % others.length].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await arrived; await painted();
    times.push(performance.now() - start);
  }
  done(times);
})();
"""


def main(tables: int, slowdown: float) -> None:
    """Build, render, open three times and print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = large.build(Path(folder) / "evidence.sqlite", tables=tables)
        start = time.monotonic()
        page = html.render(evidence, language="en")
        seconds = time.monotonic() - start
        found: dict[str, Any] = {**dict(large.sizes(evidence)), "render_s": round(seconds, 2), "bytes": len(page)}
        path = Path(folder) / "report.html"
        path.write_bytes(page)
        found |= in_browser(path, slowdown)
    print(json.dumps(found))


def in_browser(path: Path, slowdown: float) -> dict[str, Any]:
    """Medians of three loads, and the 95th percentile of moving to another column, all in milliseconds."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for switch in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1440,900"):
        options.add_argument(switch)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        loads = [load(browser, path) for _ in range(3)]
        browser.execute_script("location.hash = '/lineage'")
        time.sleep(1)
        times = sorted(browser.execute_async_script(FOCUS))
    finally:
        browser.quit()
    return {
        "first_paint_ms": sorted(paint for paint, _ in loads)[1],
        "ready_ms": sorted(ready for _, ready in loads)[1],
        "focus_p95_ms": round(times[int(0.95 * (len(times) - 1))]),
        "slowdown": slowdown,
    }


def load(browser: Any, path: Path) -> tuple[int, int]:
    """(first contentful paint, ready) of one load, in milliseconds since navigation."""
    browser.get(path.as_uri())
    WebDriverWait(browser, 60).until(lambda b: b.execute_script("return document.documentElement.dataset.ready"))
    paint, ready = browser.execute_script(
        "return [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
        "performance.getEntriesByName('ready')[0].startTime]"
    )
    return round(paint), round(ready)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000, float(sys.argv[2]) if len(sys.argv) > 2 else 4.0)
