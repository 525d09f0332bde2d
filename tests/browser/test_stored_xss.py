"""stored-xss: attacks through every field, then every page that shows them, in Chromium.

Counted: what ran, what stands in a comment and must not, what changed its surroundings, what was
asked for elsewhere. All of it is to be 0; the same attacks without the walls are the control.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from atom import entries, faults
from characters import ANN, PASSWORD
from eve import SECRET, SITE, Attacked, attack
from hands import Browse
from markdown_it import MarkdownIt
from oracle import Oracle
from payloads import BASES, several
from served import Served, free_port, running

from moderation.text.plain import tidy

pytestmark = [pytest.mark.browser, pytest.mark.proof]

SIZE = float(os.environ.get("MODERATION_PROOF_SIZE", "1"))
NUMBER = int(5_000 * SIZE)
#: Pages with one comment each are looked at for so many comments.
LOOKED_AT = int(40 * SIZE)
#: So many published comments are looked at in the queue, too; of those that wait, all.
LISTED = int(300 * SIZE)

#: Honest comments that use all that a page can show.
INNOCENT = [
    f"{text} {n}"
    for n in range(12)
    for text in (
        "*One* **two** ~~three~~ `four`\nand [a link](https://example.org)",
        "> quoted\n\n- a\n- b\n\n3. c\n\n```\ncode\n```\n\n---\n\nann@example.org",
        "long " * 600,
    )
]

WIDGET = """<!doctype html><meta charset="utf-8"><title>A host</title>
<script type="module" src="/embed.js"></script>"""


@dataclass(frozen=True)
class Attack:
    """A running service whose database is full of attacks."""

    served: Served
    made: Attacked

    def path(self, page: str, view: str = "thread") -> str:
        return f"{self.served.url}/sites/{SITE}/{view}?page={quote(page, safe='')}"

    def feed(self, page: str) -> str:
        """The feed of a page, or of the site."""
        whole = f"{self.served.url}/sites/{SITE}/feed.atom"
        return self.path(page, "feed.atom") if page else whole


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    folder, port = tmp_path_factory.mktemp("attacked"), free_port()
    url = f"http://127.0.0.1:{port}"
    made = attack(Path(folder), url, several(NUMBER), INNOCENT)
    command = ["serve", "--port", str(port)]
    environ = {"MODERATION_PUBLIC_URL": url, "MODERATION_SECRET_KEY": SECRET}
    with running(command, url, folder, **environ):
        yield Attack(Served(url, url, ANN, PASSWORD), made)


@pytest.fixture
def oracle(browse: Browse, attacked: Attack) -> Oracle:
    return Oracle.of(browse, attacked.served.url)


@pytest.fixture
def signed_in(oracle: Oracle, attacked: Attack) -> Oracle:
    oracle.page.goto(f"{attacked.served.url}/login")
    oracle.page.get_by_label("Email").fill(attacked.served.email)
    oracle.page.get_by_label("Password").fill(attacked.served.password)
    oracle.page.get_by_role("button", name="Sign in").click()
    oracle.page.wait_for_url("**/queue")
    return oracle


def judge(oracle: Oracle, known: set[str]) -> int:
    """Look at the page that is open; the number of comments' bodies on it."""
    seen = oracle.look()
    assert seen["foreign"] == []
    assert seen["escaped"] == 0
    assert set(seen["shape"]) <= known
    return int(seen["bodies"])


def quiet(oracle: Oracle) -> None:
    oracle.page.wait_for_timeout(200)
    assert oracle.ran == []
    assert oracle.elsewhere == []


def shapes(oracle: Oracle, urls: list[str]) -> set[str]:
    """What honest pages are made of."""
    known: set[str] = set()
    for url in urls:
        oracle.page.goto(url)
        known |= set(oracle.look()["shape"])
    return known


def show(oracle: Oracle, attack: Attack, page: str) -> None:
    """Let the widget show the thread of a page."""
    oracle.page.goto(f"{attack.served.url}/host")
    oracle.page.evaluate(
        """([site, page]) => new Promise((resolve, reject) => {
          const thread = document.createElement("comment-thread");
          thread.setAttribute("site", site);
          thread.setAttribute("page", page);
          thread.addEventListener("thread:ready", resolve);
          // The browser's driver itself waits for a promise without end.
          setTimeout(() => reject(`no thread of ${page}`), 20_000);
          thread.addEventListener("thread:error", ({ detail }) => reject(detail.detail + page));
          document.body.append(thread);
        })""",
        [SITE, page],
    )


def test_the_widget_shows_every_attack_as_text(oracle: Oracle, attacked: Attack) -> None:
    headers = {"Content-Type": "text/html"}
    oracle.page.route("**/host", lambda route: route.fulfill(body=WIDGET, headers=headers))
    innocent, *pages = attacked.made.pages
    show(oracle, attacked, innocent)
    known, number = set(oracle.look()["shape"]), oracle.look()["bodies"]
    for page in pages:
        show(oracle, attacked, page)
        number += judge(oracle, known)
    assert number == len(attacked.made.published)
    quiet(oracle)


def test_the_page_without_javascript_and_its_linked_data_show_every_attack_as_text(
    oracle: Oracle, attacked: Attack
) -> None:
    innocent, *pages = [attacked.path(page) for page in attacked.made.pages]
    known = shapes(oracle, [innocent])
    number = oracle.look()["bodies"]
    described = described_in_linked_data(oracle)
    for page in pages:
        oracle.page.goto(page, wait_until="domcontentloaded")
        number += judge(oracle, known)
        described += described_in_linked_data(oracle)
    assert number == described == len(attacked.made.published)
    quiet(oracle)


def described_in_linked_data(oracle: Oracle) -> int:
    """How many comments the page's only script describes: data, which no attack has cut short."""
    (said,) = oracle.page.evaluate(
        """[...document.scripts].map(({ type, textContent }) =>
          type === "application/ld+json" && JSON.parse(textContent))"""
    )
    return len(said["comment"])


def test_the_feeds_have_every_attack_as_text(oracle: Oracle, attacked: Attack) -> None:
    number, htmls = 0, []
    for page in attacked.made.pages[1:]:
        found = fetched(attacked.feed(page))
        assert faults(found) == []
        told = entries(found)
        number += len(told)
        # A browser that meets the feed itself, and a reader that writes its HTML into a page.
        oracle.page.goto(attacked.feed(page), wait_until="domcontentloaded")
        htmls += [one.html for one in told]
    assert number >= len(attacked.made.published) // 2
    oracle.page.goto(f"{attacked.served.url}/nothing")
    assert oracle.rewrite(htmls) == []
    assert faults(fetched(attacked.feed(""))) == []
    quiet(oracle)


def test_the_fragment_in_a_static_page_shows_every_attack_as_text(
    oracle: Oracle, attacked: Attack
) -> None:
    bodies = {f"{attacked.served.url}/static-{n}": page for n, page in built(attacked)}
    headers = {"Content-Type": "text/html"}
    oracle.page.route(
        "**/static-*", lambda route: route.fulfill(body=bodies[route.request.url], headers=headers)
    )
    innocent, *pages = bodies
    known = shapes(oracle, [innocent])
    number = oracle.look()["bodies"]
    for page in pages:
        oracle.page.goto(page, wait_until="domcontentloaded")
        number += judge(oracle, known)
    assert number == len(attacked.made.published)
    quiet(oracle)


def built(attack: Attack) -> Iterator[tuple[int, str]]:
    """The pages of a static site, each with its thread put in when it was built."""
    for number, page in enumerate(attack.made.pages):
        fragment = fetched(attack.path(page, "fragment")).decode()
        title = "<!doctype html><meta charset=utf-8><title>A static page</title>"
        yield number, f"{title}<p>Words.</p>{fragment}<p>More words.</p>"


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=60) as answer:
        return bytes(answer.read())


def test_the_report_page_shows_every_attack_as_text(oracle: Oracle, attacked: Attack) -> None:
    published = attacked.made.published
    url = f"{attacked.served.url}/comments/{{}}/report"
    known = shapes(oracle, [url.format(published[0])])
    known |= complain(oracle, "An honest note")
    comments = sample(published[len(INNOCENT) :], LOOKED_AT)
    for comment, text in zip(comments, sample(several(NUMBER), LOOKED_AT), strict=False):
        oracle.page.goto(url.format(comment), wait_until="domcontentloaded")
        judge(oracle, known)
        complain(oracle, text)
        judge(oracle, known)
    quiet(oracle)


def complain(oracle: Oracle, note: str) -> set[str]:
    """Send a note without a reason: the page that keeps it, and what it is made of."""
    oracle.page.evaluate("(note) => { document.querySelector('#note').value = note; }", note)
    oracle.page.get_by_role("button", name="Send report").click()
    oracle.page.get_by_text("Your report was not sent yet").wait_for()
    return set(oracle.look()["shape"])


def test_what_is_written_read_and_written_again_stays_the_same(
    oracle: Oracle, attacked: Attack
) -> None:
    oracle.page.goto(f"{attacked.served.url}/nothing")
    assert len(attacked.made.htmls) >= NUMBER * 0.95
    assert oracle.rewrite(attacked.made.htmls) == []
    quiet(oracle)


#: What the card of a campaign has beside that of one comment.
CAMPAIGN = {"section aria-labelledby", "h3 class", "h3 id", "article data-members", "ins", "del"}


def test_the_queue_shows_every_attack_as_text(signed_in: Oracle, attacked: Attack) -> None:
    url = f"{attacked.served.url}/queue"
    honest = (f"{url}?status=approved&q=innocent", f"{url}?q=innocent&language=en")
    known = shapes(signed_in, [*honest])
    assert signed_in.look()["bodies"] > 0
    for status, most in (("pending", len(attacked.made.waiting)), ("approved", LISTED)):
        # A filter shows each comment by itself.
        signed_in.page.goto(f"{url}?status={status}&language=en", wait_until="domcontentloaded")
        number, onward = 0, signed_in.page.locator("a[rel=next]")
        while (number := number + judge(signed_in, known)) < most:
            onward.click()
            signed_in.page.wait_for_load_state("domcontentloaded")
        assert number >= most
    signed_in.page.goto(url, wait_until="domcontentloaded")
    assert signed_in.page.locator("article[data-members]").count() > 0
    judge(signed_in, known | CAMPAIGN)
    quiet(signed_in)


def test_the_card_and_the_conflict_show_every_attack_as_text(
    signed_in: Oracle, attacked: Attack
) -> None:
    url = f"{attacked.served.url}/queue/comments"
    published = attacked.made.published
    honest = [f"{url}/{one}" for one in (*attacked.made.waiting[:2], *published[:6])]
    known = shapes(signed_in, honest)
    signed_in.page.goto(honest[2])
    known |= conflict(signed_in)
    for number, comment in enumerate(sample(published[len(INNOCENT) :], LOOKED_AT)):
        signed_in.page.goto(f"{url}/{comment}", wait_until="domcontentloaded")
        judge(signed_in, known)
        if number % 2:
            conflict(signed_in)
            judge(signed_in, known)
    quiet(signed_in)


def conflict(oracle: Oracle) -> set[str]:
    """Decide on a version that is long gone: what the conflict page is made of."""
    version = oracle.page.locator(".deciding input[name=version]")
    version.evaluate("(field) => { field.value = '1'; }")
    oracle.page.get_by_role("button", name="Spam", exact=True).click()
    oracle.page.get_by_role("link", name="Keep theirs").wait_for()
    return set(oracle.look()["shape"])


def test_the_status_page_shows_every_attack_as_text(oracle: Oracle, attacked: Attack) -> None:
    honest, *others = attacked.made.statuses
    known = shapes(oracle, [honest])
    for url in sample(others, LOOKED_AT):
        oracle.page.goto(url, wait_until="domcontentloaded")
        assert judge(oracle, known) == 1
    quiet(oracle)


def test_the_preview_shows_every_attack_as_text(oracle: Oracle, attacked: Attack) -> None:
    # A page without replies: other tests look at those, and every preview would wait for them.
    page = attacked.path(f"{attacked.served.url}/empty")
    known = shapes(oracle, [page])
    known |= preview(oracle, page, {"body": "*Honest*", "name": "Bob"})
    for text in sample(several(NUMBER), LOOKED_AT):
        fields = ("body", "name", "email", "website", "title", "answer", "subject")
        preview(oracle, page, dict.fromkeys(fields, text))
        judge(oracle, known)
    quiet(oracle)


def preview(oracle: Oracle, page: str, fields: dict[str, str]) -> set[str]:
    """Fill the form with attacks and look at the preview."""
    oracle.page.goto(page, wait_until="domcontentloaded")
    oracle.page.evaluate(
        """(fields) => {
          for (const [name, value] of Object.entries(fields)) {
            document.querySelector(`form [name=${name}]`).value = value;
          }
        }""",
        fields,
    )
    oracle.page.get_by_role("button", name="Preview").click()
    oracle.page.get_by_text("This is not sent yet.").wait_for()
    return set(oracle.look()["shape"])


def test_the_control_without_walls_runs(oracle: Oracle, attacked: Attack) -> None:
    markdown = MarkdownIt("js-default", {"html": True})
    markdown.validateLink = lambda _url: True  # type: ignore[method-assign]
    attacks = several(2 * len(BASES))
    oracle.page.goto(f"{attacked.served.url}/nothing")
    oracle.bare([markdown.render(tidy(attack)) for attack in attacks])
    fired = {word for what in oracle.ran for word in what.split()[-1:]}
    assert len(fired) >= 0.2 * len(attacks), f"{len(fired)} of {len(attacks)}"
    assert any("eve.example" in url for url in oracle.elsewhere)


def sample(several_of_them: list[str], number: int) -> list[str]:
    """So many of them, from all over."""
    return several_of_them[:: max(1, len(several_of_them) // number)]
