"""The queue by keys: one keystroke and no page for a decision, everything can be taken back."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hands import Browse, Moderator
from playwright.sync_api import Locator, Page, expect
from served import Served, free_port, running
from sqlalchemy import select
from test_accessibility import looked_at_in_every_mode, violations

from moderation.database import Database
from moderation.models import Actor, Comment, Decision

pytestmark = pytest.mark.browser

SIZE = int(os.environ.get("MODERATION_PROOF_SIZE", "1"))
WAITING = 300 if SIZE == 1 else 1_000 * SIZE
PHONE = {"width": 390, "height": 844}


class Full(Served):
    """A demonstration with many waiting comments, and its database to be looked at."""

    def decided(self) -> list[tuple[str, str, str]]:
        """What moderators decided of the crowd: comment, status and reason, in order."""
        query = (
            select(Decision.comment_id, Decision.became, Decision.reason)
            .join(Comment, Comment.id == Decision.comment_id)
            .where(Decision.actor == Actor.MODERATOR)
            .where(Comment.moderator_id.is_(None), Decision.at > BEGUN[self.url])
            .order_by(Decision.at, Decision.version)
        )
        with Database(DATABASES[self.url]).reading() as session:
            return [(one, str(became), reason) for one, became, reason in session.execute(query)]


DATABASES: dict[str, str] = {}
#: When its demonstration was written: what was decided before is part of it.
BEGUN: dict[str, datetime] = {}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    folder, port = tmp_path_factory.mktemp("full"), free_port()
    url = f"http://127.0.0.1:{port}"
    DATABASES[url] = f"sqlite:///{folder / 'moderation.sqlite3'}"
    with running(["demo", "--port", str(port), "--comments", str(WAITING)], url, folder):
        password = (Path(folder) / "demo_password").read_text().strip()
        BEGUN[url] = datetime.now(UTC)
        yield Full(url, f"http://127.0.0.1:{port + 1}", "moderator@example.org", password)


def at_work(browse: Browse, full: Full, query: str = "", **options: object) -> Page:
    """The queue, at rest: the next cards are in hand."""
    page = Moderator.of(browse, full, **options).page
    page.goto(f"{full.url}/queue{query}", wait_until="networkidle")
    return page


def focused(page: Page) -> str:
    """The comment whose card has the focus."""
    return str(page.evaluate("document.activeElement.dataset.comment"))


def told(page: Page) -> Locator:
    return page.locator("[role=status] p")


def card(page: Page, comment: str) -> Locator:
    return page.locator(f"#comment-{comment}")


def waits(page: Page) -> int:
    return int(page.locator("[aria-current] .statuses__count").inner_text().replace(",", ""))


def test_sixty_decisions_as_fast_as_keys_can_be_pressed(browse: Browse, full: Full) -> None:
    page = at_work(browse, full)
    loads, sent, before = [], [], len(full.decided())
    page.on("request", lambda one: loads.append(one) if one.is_navigation_request() else None)
    page.on("request", lambda one: sent.append(one) if one.url.endswith("/decisions") else None)
    total, chosen = waits(page), []
    for number in range(60):
        key, status = (("a", "approved"), ("s", "spam"))[number % 2]
        chosen.append((focused(page), status, ""))
        page.keyboard.press(key)
    expect(told(page)).to_contain_text(f"{total - 60:,} wait.")
    assert full.decided()[before:] == chosen
    assert len({comment for comment, *_ in chosen}) == 60
    assert loads == []
    assert len(sent) == 60
    assert focused(page) not in {comment for comment, *_ in chosen}


def test_what_happened_is_told_and_taken_back_again_and_again(browse: Browse, full: Full) -> None:
    page = at_work(browse, full)
    total, names, comments = waits(page), [], []
    for keys in (("a",), ("s",), ("r", "2"), ("r", "Enter")):
        comments.append(focused(page))
        names.append(card(page, comments[-1]).get_by_role("heading", level=2).inner_text())
        for key in keys:
            page.keyboard.press(key)
        expect(told(page)).to_contain_text(names[-1])
    expect(told(page)).to_have_text(f"Rejected what {names[-1]} wrote. {total - 4:,} wait.")
    # Enter takes the reason of the last one.
    assert [reason for *_, reason in full.decided()[-2:]] == ["insulting", "insulting"]
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    page.reload(wait_until="networkidle")
    for name, comment in zip(reversed(names), reversed(comments), strict=True):
        page.keyboard.press("z")
        expect(told(page)).to_contain_text(f"Taken back: what {name} wrote is as it was.")
        expect(card(page, comment)).to_be_focused()
    assert waits(page) == total
    page.keyboard.press("z")
    expect(told(page)).to_have_text("There is nothing to take back.")
    assert [became for _, became, _ in full.decided()[-4:]] == ["pending"] * 4


def test_what_cannot_be_sent_waits_and_what_is_refused_comes_back(
    browse: Browse, full: Full
) -> None:
    page = at_work(browse, full)
    unsent, refused = focused(page), page.locator("article").nth(2).get_attribute("data-comment")
    page.context.set_offline(True)
    page.keyboard.press("a")
    expect(told(page)).to_contain_text("Not sent yet")
    page.keyboard.press("s")
    page.context.set_offline(False)
    expect(told(page)).to_contain_text("as spam.")
    assert [became for _, became, _ in full.decided()[-2:]] == ["approved", "spam"]
    assert full.decided()[-2][0] == unsent

    page.route("**/queue/decisions", lambda route: route.fulfill(status=500))
    assert focused(page) == refused
    page.keyboard.press("a")
    expect(told(page)).to_have_text("That could not be saved. The comment is back in its place.")
    expect(page.locator("article").first).to_have_attribute("data-comment", str(refused))
    # Whoever has gone on stays where they are.
    assert focused(page) != refused
    page.get_by_role("button", name="Go to it").click()
    expect(card(page, str(refused))).to_be_focused()
    page.unroute("**/queue/decisions")
    page.keyboard.press("a")
    expect(told(page)).to_contain_text("Approved what")
    assert full.decided()[-1][:2] == (refused, "approved")


def test_a_stale_decision_is_shown_and_overwrites_nothing(browse: Browse, full: Full) -> None:
    page, other = at_work(browse, full), at_work(browse, full)
    first, second = focused(page), page.locator("article").nth(1).get_attribute("data-comment")
    for _ in range(2):
        other.keyboard.press("a")
    expect(told(other)).to_contain_text("Approved what")
    other.wait_for_load_state("networkidle")
    page.keyboard.press("s")
    expect(told(page)).to_contain_text("Ann approved this comment")
    stale = card(page, first)
    expect(stale).to_contain_text("You wanted to mark it as spam.")
    assert full.decided()[-1] == (second, "approved", "")
    assert violations(page) == []
    stale.get_by_role("button", name="Decide anyway: Spam").click()
    expect(told(page)).to_contain_text("as spam.")
    page.keyboard.press("s")
    expect(told(page)).to_contain_text("Ann approved this comment")
    card(page, str(second)).get_by_role("link", name="Keep theirs").click()
    expect(card(page, str(second))).to_have_count(0)
    assert full.decided()[-1] == (first, "spam", "")


def test_keys_are_remapped_switched_off_and_never_taken_from_others(
    browse: Browse, full: Full
) -> None:
    page = at_work(browse, full)
    before = full.decided()
    for combination in ("Control+a", "Alt+s", "Meta+z", "Shift+j"):
        page.keyboard.press(combination)
    page.keyboard.press("/")
    page.keyboard.type("aszx")
    expect(page.get_by_label("Words, name or page")).to_have_value("aszx")
    page.get_by_role("link", name="Your account").focus()
    page.keyboard.type("as")
    assert full.decided() == before

    page.goto(f"{full.url}/queue/account/queue")
    page.get_by_label("Approve", exact=True).fill("g")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{full.url}/queue", wait_until="networkidle")
    page.keyboard.press("a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("G")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(told(page)).to_contain_text("Approved what")

    page.goto(f"{full.url}/queue/account/queue")
    page.get_by_label("Decide with single keys").uncheck()
    page.get_by_role("button", name="All keys as they were").click()
    page.get_by_label("Decide with single keys").uncheck()
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{full.url}/queue", wait_until="networkidle")
    page.keyboard.type("asz")
    assert len(full.decided()) == len(before) + 1
    page.goto(f"{full.url}/queue/account/queue")
    page.get_by_label("Decide with single keys").check()
    page.get_by_role("button", name="Save", exact=True).click()


def test_a_whole_card_is_worked_through_without_a_mouse(browse: Browse, full: Full) -> None:
    page = at_work(browse, full)
    keys, first = page.keyboard, focused(page)
    keys.press("j")
    assert focused(page) != first
    keys.press("ArrowUp")
    assert focused(page) == first
    for key, heading in (
        ("c", "The conversation around it"),
        ("h", "Decisions so far"),
        ("l", "Comments like it"),
    ):
        keys.press(key)
        expect(card(page, first).get_by_role("heading", name=heading)).to_be_visible()
    assert looked_at_in_every_mode(page) == []
    keys.press("n")
    expect(page.get_by_label("A note for other moderators")).to_be_focused()
    keys.type("As I said.")
    keys.press("Tab")
    keys.press("Enter")
    expect(told(page)).to_have_text("Your note is kept.")
    expect(card(page, first)).to_be_focused()

    card(page, first).get_by_role("link", name="Answer").focus()
    keys.press("Enter")
    expect(page.get_by_label("Your answer")).to_be_focused()
    keys.type("Thank you for that, from all of us.")
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")
    wrong = card(page, first).get_by_text("Nobody would see your answer")
    expect(wrong).to_be_visible()
    expect(page.get_by_label("Your answer")).to_be_focused()
    keys.press("Tab")
    keys.press("Space")
    keys.press("Tab")
    keys.press("Enter")
    expect(told(page)).to_have_text("Your answer is published.")
    expect(card(page, first)).to_have_count(0)
    assert full.decided()[-1][:2] == (first, "approved")
    assert re.fullmatch(r"\w{20}", focused(page))
    keys.press("?")
    assert violations(page) == []


def test_on_a_phone_one_card_fills_the_screen(browse: Browse, full: Full) -> None:
    page = at_work(browse, full, viewport=PHONE, has_touch=True)
    first = page.locator("article:visible")
    expect(first).to_have_count(1)
    comment = str(first.get_attribute("data-comment"))
    for name in ("Approve", "Reject"):
        box = first.get_by_role("button", name=name, exact=True).bounding_box()
        assert box
        assert box["height"] >= 48
        assert box["width"] >= 120
        assert box["y"] + box["height"] <= PHONE["height"]
    expect(first.get_by_role("button", name="Spam")).to_be_hidden()
    first.get_by_role("button", name="More").tap()
    expect(first.get_by_role("button", name="Spam")).to_be_visible()
    swipe(page, 60, 320)
    expect(told(page)).to_contain_text("Approved what")
    expect(first).to_have_count(1)
    expect(card(page, comment)).to_have_count(0)
    page.get_by_role("button", name="Undo").tap()
    expect(card(page, comment)).to_be_visible()
    swipe(page, 200, 230)
    expect(card(page, comment)).to_be_visible()
    swipe(page, 330, 60)
    expect(told(page)).to_contain_text("Rejected what")


def swipe(page: Page, start: int, end: int) -> None:
    """A finger across the card."""
    session = page.context.new_cdp_session(page)
    for kind, x in (("touchStart", start), ("touchMove", (start + end) // 2), ("touchMove", end)):
        points = [{"x": x, "y": 300}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_same_work_without_javascript(browse: Browse, full: Full) -> None:
    page = at_work(browse, full, java_script_enabled=False)
    first = page.locator("article").first
    comment = str(first.get_attribute("data-comment"))
    after = str(page.locator("article").nth(1).get_attribute("data-comment"))
    first.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Approved what")
    assert page.url.endswith(f"#comment-{after}")
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")
    card(page, comment).get_by_role("link", name="Comments like it").click()
    expect(page.get_by_role("heading", name="Comments like it")).to_be_visible()
    page.get_by_label("A note for other moderators").fill("Without a script.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("region", name="Notes")).to_contain_text("Without a script.")
    page.get_by_label("Your answer").fill("An answer without a script.")
    page.get_by_label("Approve the comment that it answers").check()
    page.get_by_role("button", name="Publish the answer").click()
    expect(page.get_by_role("status")).to_contain_text("Your answer is published.")
    assert full.decided()[-1][:2] == (comment, "approved")
