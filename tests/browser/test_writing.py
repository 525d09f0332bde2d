"""Writing with the widget: nothing that is typed is lost, and there is a way for everybody."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hands import SUM, Browse, Moderator, Reader, solved, something_new
from playwright.sync_api import Page, Route, expect
from served import Served

pytestmark = pytest.mark.browser

RESTORED = "We restored your unsent reply."
KEPT = "Your text is kept."


def me(reader: Reader) -> list[str]:
    fields = ("Name", "Email", "Website")
    return [reader.form.get_by_role("textbox", name=one).input_value() for one in fields]


def changed(page: Page, **more: Any) -> None:
    """Answer challenges instead of the service, and say more than it does."""
    asked = {"challenge": "c", "question": "1 + 2 =", "label": "What is 1 plus 2?"}
    asked |= {"expires_at": "2099-01-01T00:00:00Z", **more}
    page.route("**/challenge?*", lambda route: route.fulfill(json=asked))


def sent_from(
    page: Page, refused: int = 0, detail: str = "", errors: Any = None
) -> list[dict[str, Any]]:
    """Answer replies instead of the service: what was sent."""
    sent: list[dict[str, Any]] = []
    problem = {"detail": detail, "errors": errors or {}}

    def take(route: Route) -> None:
        reply = json.loads(route.request.post_data or "")
        sent.append(reply)
        author = {"name": reply["name"], "website": "", "avatar": "000000", "moderator": False}
        comment = {"id": "mine", "parent": None, "author": author, "html": "<p>…</p>"}
        comment |= {"created_at": "2026-01-01T00:00:00Z", "edited_at": None, "deleted": False}
        taken = {"id": "mine", "status": "pending", "status_url": "/", "comment": comment}
        route.fulfill(status=refused or 202, json=problem if refused else taken)

    page.route("**/comments?*", take)
    return sent


def test_a_draft_is_restored_and_can_be_discarded(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    text = bob.form.get_by_label("Comment")
    expect(bob.form.get_by_text(RESTORED)).to_be_hidden()
    text.fill("Half a thought")
    bob.open(sqlite_demo.article)
    expect(text).to_have_value("Half a thought")
    expect(bob.form.get_by_text(RESTORED)).to_be_visible()
    bob.form.get_by_role("button", name="Discard it").click()
    expect(text).to_have_value("")
    expect(text).to_be_focused()
    expect(bob.form.get_by_text(RESTORED)).to_be_hidden()
    bob.open(sqlite_demo.article)
    expect(text).to_have_value("")


def test_every_comment_has_a_draft_of_its_own_and_escape_loses_none(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    text, reply = bob.form.get_by_label("Comment"), bob.page.locator("comment-thread .reply")
    text.fill("To the article")
    reply.nth(1).click()
    expect(text).to_have_value("")
    text.fill("To the second comment")
    text.press("Escape")
    expect(reply.nth(1)).to_be_focused()
    expect(bob.form.get_by_role("heading")).to_have_text("Leave a Reply")
    expect(text).to_have_value("To the article")
    reply.nth(1).click()
    expect(text).to_have_value("To the second comment")
    expect(bob.form.get_by_text(RESTORED)).to_be_visible()
    bob.form.get_by_role("button", name="Cancel reply").click()
    expect(reply.nth(1)).to_be_focused()


def test_a_reply_that_was_taken_leaves_no_draft(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    body = something_new()
    bob.leave(body)
    bob.open(sqlite_demo.article)
    expect(bob.form.get_by_label("Comment")).to_have_value("")
    mine = bob.comment(body)
    expect(mine).to_contain_text("Only you can see this reply until it is published.")
    expect(mine.get_by_role("link", name="See its status")).to_be_visible()
    Moderator.of(browse, sqlite_demo).decide(body, "Approve")
    bob.open(sqlite_demo.article)
    expect(mine).to_have_count(1)
    expect(mine).not_to_contain_text("Only you")


def test_who_one_is_is_remembered_only_when_asked(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.write(something_new())
    bob.open(sqlite_demo.article)
    assert me(bob) == ["", "", ""]
    bob.write(something_new())
    bob.form.get_by_label("Remember me in this browser").check()
    bob.open(sqlite_demo.article)
    assert me(bob) == ["Bob", "bob@example.org", ""]
    bob.form.get_by_label("Remember me in this browser").uncheck()
    bob.open(sqlite_demo.article)
    assert me(bob) == ["", "", ""]


def test_the_preview_is_the_services_own(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.form.get_by_label("Comment").fill("A **bold** word <img src=x onerror=alert(1)>")
    bob.form.get_by_role("button", name="Preview").click()
    seen = bob.form.get_by_role("region", name="Preview")
    expect(seen.locator("strong")).to_have_text("bold")
    expect(seen).to_be_focused()
    expect(seen.locator("img")).to_have_count(0)
    bob.form.get_by_label("Comment").press("x")
    expect(seen).to_be_hidden()


def test_another_sum_can_be_had(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.form.scroll_into_view_if_needed()
    bob.form.get_by_label(SUM).wait_for()
    sums = {bob.form.locator("label[for=answer]").inner_text()}
    for _ in range(3):
        with bob.page.expect_response("**/challenge?*"):
            bob.form.get_by_role("button", name="Another sum").click()
        expect(bob.form.get_by_label(SUM)).to_be_focused()
        sums.add(bob.form.locator("label[for=answer]").inner_text())
    assert len(sums) > 1


def test_who_cannot_do_sums_sends_without_one(browse: Browse, sqlite_demo: Served) -> None:
    bob, ann = Reader.of(browse, sqlite_demo.article), Moderator.of(browse, sqlite_demo)
    body = something_new()
    bob.write(body)
    bob.form.get_by_label(SUM).fill("")
    bob.form.get_by_role(
        "button", name="Send without a sum; a moderator will read it first"
    ).click()
    expect(bob.comment(body)).to_contain_text("Your reply waits for a moderator.")
    expect(bob.comment(body)).to_be_focused()
    expect(ann.find(body)).to_be_visible()


@pytest.mark.parametrize("way", ["none", None])
def test_where_there_is_no_other_way_none_is_offered(
    browse: Browse, sqlite_demo: Served, way: str | None
) -> None:
    bob = Reader(browse().new_page())
    changed(bob.page, other_way=way)
    bob.open(sqlite_demo.article)
    bob.form.scroll_into_view_if_needed()
    solved(bob.form)
    expect(bob.form.locator(".other")).to_be_hidden()


def test_a_device_works_where_the_site_chose_so(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader(browse().new_page())
    salt = "0123456789abcdef?expires=4000000000"
    puzzle = {
        "algorithm": "SHA-256",
        "challenge": hashlib.sha256(f"{salt}2026".encode()).hexdigest(),
        "salt": salt,
        "signature": "signed",
        "maxnumber": 3_000,
    }
    changed(bob.page, other_way="work", work=puzzle)
    sent = sent_from(bob.page)
    asked: list[str] = []
    bob.page.on("request", lambda request: asked.append(request.url))
    bob.open(sqlite_demo.article)
    bob.write(something_new())
    assert not any("embed-work.js" in url for url in asked)
    bob.form.get_by_role("button", name="Let this device solve a puzzle instead").click()
    expect(bob.form.get_by_label("Comment")).to_have_value("")
    solution = json.loads(base64.b64decode(sent[0]["work"]))
    assert sent[0]["way"] == "work"
    assert solution == {k: v for k, v in puzzle.items() if k != "maxnumber"} | {"number": 2026}


def test_an_answer_by_mail_can_be_asked_for_where_mail_is_sent(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob = Reader(browse().new_page())
    sent = sent_from(bob.page)
    bob.open(sqlite_demo.article)
    wish = bob.form.get_by_label("Email me when somebody answers")
    bob.write(something_new())
    expect(wish).to_be_hidden()
    changed(bob.page, mail=True)
    bob.open(sqlite_demo.article)
    bob.write(something_new())
    wish.check()
    bob.send()
    expect(bob.form.get_by_label("Comment")).to_have_value("")
    assert sent[0]["notify"] is True


REFUSED = {
    409: "Replies to this page are closed.",
    413: "What you sent is larger than this service takes. Shorten it and try again.",
    429: "Too many requests came from your network. Wait a little, then try again.",
}


def test_every_sentence_is_told_once(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.write(something_new())
    bob.form.get_by_label(SUM).fill("1")
    bob.send()
    expect(bob.form.get_by_label(SUM)).to_have_attribute("aria-invalid", "true")
    said = bob.form.inner_text()
    assert said.count("That is not the sum.") == said.count("Your text is kept") == 1
    expect(bob.form.get_by_role("alert")).to_be_hidden()


def test_what_belongs_to_no_field_is_told_above_the_buttons(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob = Reader(browse().new_page())
    gone = "The reply that you answer is no longer there."
    sent_from(bob.page, 422, "Please check the marked fields.", {"parent": [gone]})
    bob.open(sqlite_demo.article)
    bob.write(something_new())
    bob.send()
    alert = bob.form.get_by_role("alert")
    expect(alert).to_contain_text(gone)
    expect(alert).to_contain_text(KEPT)


@pytest.mark.parametrize("status", REFUSED)
def test_what_is_refused_is_told_and_the_text_is_kept(
    browse: Browse, sqlite_demo: Served, status: int
) -> None:
    bob = Reader(browse().new_page())
    sent_from(bob.page, status, REFUSED[status])
    bob.open(sqlite_demo.article)
    body = something_new()
    bob.write(body)
    bob.send()
    expect(bob.form.get_by_role("alert")).to_contain_text(REFUSED[status])
    expect(bob.form.get_by_role("alert")).to_contain_text(KEPT)
    expect(bob.form.get_by_label("Comment")).to_have_value(body)


def test_the_same_words_again_are_told_as_such(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    body = something_new()
    bob.leave(body)
    bob.write(body)
    bob.send()
    expect(bob.form.get_by_role("alert")).to_contain_text("This reply is here already")


def test_offline_is_told_as_such(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    body = something_new()
    bob.write(body)
    bob.page.context.set_offline(True)
    bob.send()
    alert = bob.form.get_by_role("alert")
    expect(alert).to_contain_text("You are offline. Please try again when you are connected.")
    expect(alert).to_contain_text(KEPT)
    bob.page.context.set_offline(False)
    bob.page.route("**/comments?*", lambda route: route.abort())
    bob.send()
    expect(alert).to_contain_text("The comment service cannot be reached. Please try again.")


def test_near_the_limit_it_says_how_much_room_is_left(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.form.get_by_label("Comment").fill("x" * 9_900)
    expect(bob.form.get_by_text("Characters left: 100")).to_be_visible()
    bob.form.get_by_label("Comment").fill("x" * 9_000)
    expect(bob.form.get_by_text("Characters left")).to_be_hidden()


def test_a_page_hears_of_what_happens_and_may_stop_a_reply(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob = Reader(browse().new_page())
    bob.page.add_init_script("""
      window.heard = [];
      for (const name of ["ready", "submit", "posted", "error"])
        addEventListener(`thread:${name}`, (event) => {
          heard.push([name, event.detail]);
          if (name === "submit" && window.stops) event.preventDefault();
        });
    """)
    bob.open(sqlite_demo.article)
    body = something_new()
    bob.write(body)
    bob.page.evaluate("window.stops = true")
    bob.send()
    bob.page.wait_for_function("heard.length === 2")
    expect(bob.form.get_by_label("Comment")).to_have_value(body)
    bob.page.evaluate("window.stops = false")
    bob.send()
    bob.comment(body).wait_for()
    heard = bob.page.evaluate("heard")
    assert [name for name, _detail in heard] == ["ready", "submit", "submit", "posted"]
    assert heard[0][1]["thread"]["open"] is True
    assert heard[1][1]["body"] == body
    assert heard[3][1]["status"] == "pending"


def test_where_the_browser_keeps_nothing_the_page_does(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader(browse().new_page())
    bob.page.add_init_script("""
      Object.defineProperty(window, "localStorage", { get() { throw new Error("forbidden"); } });
    """)
    bob.open(sqlite_demo.article)
    bob.form.get_by_label("Comment").fill("To the article")
    bob.page.locator("comment-thread .reply").first.click()
    bob.form.get_by_label("Comment").press("Escape")
    expect(bob.form.get_by_label("Comment")).to_have_value("To the article")
    expect(bob.leave(something_new())).to_contain_text("waits for a moderator")


def test_a_phone_of_320_pixels_shows_all_of_the_form(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader(browse(viewport={"width": 320, "height": 640}).new_page())
    changed(bob.page, other_way="moderator", mail=True)
    bob.open(sqlite_demo.article)
    bob.form.scroll_into_view_if_needed()
    solved(bob.form)
    for button in bob.form.get_by_role("button").all():
        box = button.bounding_box()
        if box:
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 320
            assert box["height"] >= 24
    assert bob.page.evaluate("document.documentElement.scrollWidth") == 320
