"""From the key to the next card painted, in Chromium on a full queue; and sixty decisions by key.

    python -m tests.benchmarks.keys [--waiting 10000] [--decisions 60] [--seconds 20]

A key is pressed at a steady pace. The time is that from the key's own event to the end of the next
frame, in which the next card has the focus and is painted; at the end the decisions are counted in
the database.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import func, select

from moderation.database import Database
from moderation.models import Actor, Comment, Decision

from .servers import ROOT, free_port

EMAIL = "moderator@example.org"
#: Longer than ten thousand comments take to be written.
PATIENCE = 300

#: For each decision: when its key was pressed, and when the frame after it was done.
WATCH = """
window.painted = [];
addEventListener("keydown", (event) => {
  if (event.key !== "a" && event.key !== "s") return;
  const was = document.querySelector(".card--current");
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const now = document.activeElement;
      const isNext = now !== was && now.matches("article.card--current");
      painted.push(isNext ? performance.now() - event.timeStamp : Infinity);
    };
    port2.postMessage(null);
  });
}, true);
"""


def main() -> None:
    """Measure once, and print it."""
    asked = _asked()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        _measure(Path(folder), asked.waiting, asked.decisions, asked.seconds)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--waiting", type=int, default=10_000, help="comments in the queue")
    parser.add_argument("--decisions", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20, help="in which they are made")
    parser.add_argument("--folder", default="/var/tmp", help="where the database lies")
    return parser.parse_args()


def _measure(folder: Path, waiting: int, decisions: int, seconds: float) -> None:
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before.")
    with _demonstration(folder, waiting) as url, sync_playwright() as playwright:
        path = shutil.which("chromium")
        flags = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(WATCH)
        _sign_in(page, url, (folder / "demo_password").read_text().strip())
        loads: list[str] = []
        page.on("request", lambda one: loads.append(one.url) if one.is_navigation_request() else 0)
        before = _decided(folder)
        took = _press(page, decisions, seconds)
        page.wait_for_load_state("networkidle")
        page.wait_for_function("(n) => painted.length >= n", arg=decisions)
        times = sorted(page.evaluate("painted"))
        browser.close()
    _print(times, took, _decided(folder) - before, len(loads))


def _press(page: Page, decisions: int, seconds: float) -> float:
    """Decide by keys at a steady pace: how long it took in all."""
    begun = time.perf_counter()
    for number in range(decisions):
        page.keyboard.press("as"[number % 2])
        wait = begun + (number + 1) * seconds / decisions - time.perf_counter()
        # The browser has to be heard meanwhile.
        page.wait_for_timeout(max(0, wait * 1000))
    return time.perf_counter() - begun


def _sign_in(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/queue")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue")
    page.wait_for_load_state("networkidle")


def _decided(folder: Path) -> int:
    query = (
        select(func.count(Decision.id))
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Decision.actor == Actor.MODERATOR)
    )
    with Database(f"sqlite:///{folder / 'moderation.sqlite3'}").reading() as session:
        return session.scalars(query).one()


def _print(times: list[float], took: float, decided: int, loads: int) -> None:
    worst = times[min(len(times) - 1, int(len(times) * 0.95))]
    print(f"{len(times)} keys in {took:.1f} s: {decided} decisions stored, {loads} pages loaded.")
    said = f"median {statistics.median(times):.0f} ms, 95th percentile {worst:.0f} ms"
    print(f"From the key to the next card painted: {said}, most {times[-1]:.0f} ms.")


@contextmanager
def _demonstration(folder: Path, waiting: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "moderation", "demo", "--port", str(port)]
    environ = {"MODERATION_INSTANCE_PATH": str(folder), "MODERATION_RATE_LIMITS": "off"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--comments", str(waiting)],
            env=os.environ | environ,
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/readyz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The service did not start.")


if __name__ == "__main__":
    main()
