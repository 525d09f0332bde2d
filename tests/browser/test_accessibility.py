"""Everybody can use it: axe on every page in every mode, the keyboard, a narrow screen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from hands import Browse, Moderator, Reader, fill, golden, something_new
from playwright.sync_api import Page, expect
from served import Served, free_port, running

from moderation import migrations
from moderation.database import Database

pytestmark = pytest.mark.browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}
MODES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
}
#: What axe checks: the standard up to WCAG 2.2 AA, and its own advice.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
#: Most of axe's time; colours are the same from right to left.
COLOURLESS = {**RULES, "rules": {"color-contrast": {"enabled": False}}}


def violations(page: Page, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe finds on the page as it is now."""
    # Once on each page: the browser makes quicker code of what has run before.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async (rules) => (await axe.run(rules)).violations", rules)
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


def looked_at_in_every_mode(page: Page) -> list[str]:
    """What axe finds in light, dark and forced colours, from right to left, and at 320 pixels."""
    found: list[str] = []

    def look(mode: str, rules: dict[str, Any] = RULES) -> None:
        found.extend(f"{mode}: {one}" for one in violations(page, rules))

    for mode, media in MODES.items():
        page.emulate_media(**{"color_scheme": "light", "forced_colors": "none", **media})
        # Its links may have their new colour before the page behind them has.
        page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        look(mode)
    page.emulate_media(color_scheme="light", forced_colors="none")
    with narrow(page):
        look("320 px")
        found.extend(sideways(page))
        page.evaluate("document.documentElement.dir = 'rtl'")
        look("right to left, 320 px", COLOURLESS)
        found.extend(sideways(page))
    look("right to left", COLOURLESS)
    return found


@contextmanager
def narrow(page: Page) -> Iterator[None]:
    page.set_viewport_size(NARROW)
    yield
    page.set_viewport_size(WIDE)


def sideways(page: Page) -> list[str]:
    """How far the page can be scrolled sideways, where it can."""
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"scrolls sideways: {width} px wide"] if width > NARROW["width"] else []


def test_the_article_with_its_thread(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    assert looked_at_in_every_mode(bob.page) == []


def test_the_form_with_errors_and_the_waiting_reply(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, f"{sqlite_demo.neighbour}/")
    bob.write(something_new())
    bob.form.get_by_role("textbox", name="Email").fill("nobody")
    bob.send()
    expect(bob.form.get_by_role("textbox", name="Email")).to_have_attribute("aria-invalid", "true")
    assert looked_at_in_every_mode(bob.page) == []
    bob.leave(something_new())
    assert looked_at_in_every_mode(bob.page) == []


def test_the_page_without_javascript(browse: Browse, sqlite_demo: Served) -> None:
    page = browse().new_page()
    thread = f"{sqlite_demo.url}/sites/demo/thread?page={sqlite_demo.neighbour}/second"
    page.goto(f"{sqlite_demo.url}/sites/demo/thread?page={sqlite_demo.url}/")
    assert looked_at_in_every_mode(page) == []
    page.goto(thread)
    page.get_by_role("button", name="Post reply").click()
    page.get_by_role("alert").wait_for()
    assert looked_at_in_every_mode(page) == []
    fill(page.locator("form.form"), something_new("> *quoted*\n\n- and\n- more\n\n"))
    page.get_by_role("button", name="Preview").click()
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("waits")
    assert looked_at_in_every_mode(page) == []
    reply = page.url.partition("#")[0]
    for way in ("edit", "withdraw", "erase"):
        page.goto(f"{reply}/{way}")
        assert looked_at_in_every_mode(page) == []


@pytest.mark.parametrize(
    "path", ["/login", "/api/docs", "/nothing", "/sites/demo/thread?page=x", "/sites/demo/privacy"]
)
def test_a_page_for_anybody(browse: Browse, sqlite_demo: Served, path: str) -> None:
    page = browse().new_page()
    page.goto(sqlite_demo.url + path)
    assert looked_at_in_every_mode(page) == []


def test_signing_in_with_a_wrong_password(browse: Browse, sqlite_demo: Served) -> None:
    page = browse().new_page()
    page.goto(f"{sqlite_demo.url}/login")
    page.get_by_role("button", name="Sign in").click()
    assert looked_at_in_every_mode(page) == []
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert looked_at_in_every_mode(page) == []


@pytest.mark.parametrize(
    "path",
    [
        *("/queue?order=priority&reported=", "/queue?q=zq0z&links=1", "/queue?status=spam"),
        *("/queue/account", "/queue/outbox", "/queue/health", "/queue/log"),
        *("/queue/account/confirm", "/queue/account/queue"),
    ],
)
def test_a_page_for_moderators(browse: Browse, sqlite_demo: Served, path: str) -> None:
    ann = Moderator.of(browse, sqlite_demo)
    ann.page.goto(sqlite_demo.url + path)
    assert looked_at_in_every_mode(ann.page) == []


def test_the_owners_pages(browse: Browse, sqlite_demo: Served) -> None:
    ann = Moderator.of(browse, sqlite_demo)
    for path in (
        "people",
        *(f"sites/demo/{page}" for page in ("lists", "reasons", "threads", "outside")),
    ):
        ann.page.goto(f"{sqlite_demo.url}/queue/{path}")
        assert looked_at_in_every_mode(ann.page) == []
    for path in ("sites", "defaults", "defaults/policy"):
        ann.page.goto(f"{sqlite_demo.url}/queue/{path}")
        assert violations(ann.page) == []


def test_a_policy_that_is_tried_on_the_past(browse: Browse, sqlite_demo: Served) -> None:
    ann = Moderator.of(browse, sqlite_demo)
    ann.page.goto(f"{sqlite_demo.url}/queue/sites/demo/policy")
    too_fast = ann.page.get_by_role("group", name="Too fast")
    too_fast.get_by_label("Seconds").fill("soon")
    ann.page.get_by_role("button", name="Try it on the past").click()
    expect(too_fast.get_by_label("Seconds")).to_have_attribute("aria-invalid", "true")
    assert looked_at_in_every_mode(ann.page) == []
    too_fast.get_by_label("Seconds").fill("9")
    everything = ann.page.get_by_role("group", name="Everything waits")
    everything.get_by_label("What it does").select_option("off")
    ann.page.get_by_role("button", name="Try it on the past").click()
    expect(ann.page.get_by_role("heading", name="What it would have done")).to_be_visible()
    assert looked_at_in_every_mode(ann.page) == []
    ann.page.get_by_role("button", name="Back").click()
    expect(too_fast.get_by_label("Seconds")).to_have_value("9")


def test_the_attack_switch_and_its_banner(browse: Browse, sqlite_demo: Served) -> None:
    page = Moderator.of(browse, sqlite_demo).page
    page.goto(f"{sqlite_demo.url}/queue/attack/demo")
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name="Switch it on").click()
    page.locator("summary", has_text="Change its end").click()
    assert looked_at_in_every_mode(page) == []
    page.goto(f"{sqlite_demo.url}/queue/sites/demo")
    assert violations(page) == []
    page.goto(f"{sqlite_demo.url}/queue?status=spam")
    assert violations(page) == []
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_role("button", name="End it now")).to_have_count(0)


def test_an_owners_walk_through_sites_lists_reasons_threads_and_people(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob, ann = Reader.of(browse, f"{sqlite_demo.neighbour}/"), Moderator.of(browse, sqlite_demo)
    body, page = something_new(), ann.page
    bob.leave(body, "Wanda")
    ann.find(body).get_by_role("link", name="Wanda").click()
    page.get_by_role("button", name="Block the author").click()
    expect(page.get_by_role("status")).to_contain_text("Blocked: what Wanda writes here waits")
    assert violations(page) == []
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status")).to_contain_text("Taken back")

    page.get_by_role("link", name="Sites", exact=True).click()
    page.get_by_role("link", name="The Daymark").click()
    page.get_by_label("Minutes to change a reply").fill("soon")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_label("Minutes to change a reply")).to_have_attribute("aria-invalid", "true")
    assert looked_at_in_every_mode(page) == []

    page.get_by_role("link", name="Blocked and trusted").click()
    page.get_by_label("Of what").select_option("domain")
    page.get_by_label("Address, name or domain").fill("walk.example")
    page.get_by_label("For how long").select_option("day")
    page.get_by_role("button", name="Put it on the list").click()
    row = page.get_by_role("listitem").filter(has_text="walk.example")
    assert violations(page) == []
    row.get_by_role("button", name="Take it off").click()
    expect(row).to_have_count(0)

    page.get_by_role("link", name="Reasons").click()
    page.get_by_text("Change it").first.click()
    page.get_by_label("Label").first.fill("Elsewhere")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("listitem").filter(has_text="Elsewhere")).to_be_visible()

    page.get_by_role("link", name="Threads").click()
    page.get_by_text("Move it to another page").first.click()
    page.get_by_label("Address of the other page").first.fill("nowhere")
    page.get_by_role("button", name="Move it", exact=True).first.click()
    expect(page.get_by_label("Address of the other page").first).to_have_value("nowhere")
    assert looked_at_in_every_mode(page) == []

    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Email").fill("nadia@example.org")
    page.get_by_label("Owner of every site").check()
    page.get_by_role("button", name="Invite").click()
    link = page.get_by_role("textbox", name="Link").input_value()
    assert violations(page) == []
    nadia = browse().new_page()
    nadia.goto(link)
    nadia.get_by_label("Name").fill("Nadia")
    for field in ("Password", "Password, again"):
        nadia.get_by_label(field, exact=True).fill("correct horse battery")
    assert looked_at_in_every_mode(nadia) == []
    nadia.get_by_role("button", name="Take it up").click()
    expect(nadia.get_by_role("status")).to_contain_text("Welcome, Nadia")
    page.goto(f"{sqlite_demo.url}/queue/people")
    page.get_by_role("link", name="Nadia").click()
    page.get_by_role("button", name="Remove them").click()
    expect(page.get_by_role("alert")).to_contain_text("sure")
    assert violations(page) == []
    page.get_by_label("Yes, I am sure").check()
    page.get_by_role("button", name="Remove them").click()
    expect(page.get_by_role("status")).to_contain_text("Nadia is removed")


def test_the_card_the_notice_and_the_conflict(browse: Browse, sqlite_demo: Served) -> None:
    bob, ann = Reader.of(browse, f"{sqlite_demo.neighbour}/"), Moderator.of(browse, sqlite_demo)
    body = something_new()
    bob.leave(body)
    stale = ann.another_tab()
    stale.find(body)
    ann.find(body).get_by_role("link", name="Bob").click()
    ann.page.get_by_text("Add a reason or a note").click()
    ann.page.get_by_role("button", name="Approve", exact=True).click()
    expect(ann.page.get_by_role("status")).to_contain_text("Approved")
    assert looked_at_in_every_mode(ann.page) == []
    stale.card(body).get_by_role("button", name="Reject", exact=True).click()
    stale.page.get_by_role("link", name="Keep theirs").wait_for()
    assert looked_at_in_every_mode(stale.page) == []


def test_the_first_page_of_a_service_of_ones_own(
    browse: Browse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, port = tmp_path_factory.mktemp("own"), free_port()
    url = f"http://127.0.0.1:{port}"
    migrations.upgrade(Database(f"sqlite:///{folder / 'moderation.sqlite3'}").engine)
    with running(["serve", "--port", str(port), "--workers", "1"], url, folder):
        page = browse().new_page()
        page.goto(url)
        assert looked_at_in_every_mode(page) == []


def test_the_control_a_planted_violation_is_caught(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.page.evaluate("""() => {
      const thread = document.querySelector("comment-thread").shadowRoot;
      thread.querySelector("label[for=name]").remove();
      thread.querySelector(".note").style.color = "#eee";
      document.querySelector("main").style.minWidth = "500px";
    }""")
    found = " ".join(looked_at_in_every_mode(bob.page))
    for rule in ("label", "color-contrast", "scrolls sideways"):
        assert rule in found


def test_what_a_screen_reader_says_of_the_form_and_the_buttons(
    browse: Browse, sqlite_demo: Served
) -> None:
    bob, ann = Reader.of(browse, sqlite_demo.article), Moderator.of(browse, sqlite_demo)
    body = something_new()
    bob.write(body)
    expect(bob.page.locator("comment-thread .foot")).to_match_aria_snapshot(golden("form"))
    expect(bob.form.get_by_label("Name")).to_have_attribute("required", re.compile(".*"))
    bob.send()
    bob.comment(body).wait_for()
    expect(ann.find(body).locator("form.deciding")).to_match_aria_snapshot(golden("deciding"))


def focused(page: Page) -> str:
    """What has the focus, by its own name."""
    return str(
        page.evaluate("""() => {
          let at = document.activeElement;
          while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          return at.matches("input, select, textarea") ? at.name : at.innerText.trim();
        }""")
    )


def test_a_reply_by_keyboard_alone(browse: Browse, sqlite_demo: Served) -> None:
    page_url = f"{sqlite_demo.neighbour}/"
    bob, ann = Reader.of(browse, page_url), Moderator.of(browse, sqlite_demo)
    body = something_new()
    bob.form.get_by_label("Name").focus()
    keys = bob.page.keyboard
    keys.type("Bob")
    for text in ("bob@example.org", "", body):
        keys.press("Tab")
        keys.type(text)
    order = []
    for _ in range(4):
        keys.press("Tab")
        order.append(focused(bob.page))
    assert order == ["remember", "answer", "Another sum", "Post reply"]
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    bob.form.get_by_label("What is").wait_for()
    asked = re.findall(r"\d+", bob.form.locator(".field-answer label .unseen").inner_text())
    keys.type(str(sum(map(int, asked))))
    keys.press("Control+Enter")
    expect(bob.comment(body)).to_be_focused()

    ann.find(body)
    keys = ann.page.keyboard
    ann.page.get_by_label("Words, name or page").focus()
    order = []
    while (at := focused(ann.page)) != "Approve" and len(order) < 24:
        order.append(at)
        keys.press("Tab")
    at = len(order) - 1 - order[::-1].index("Bob")
    assert order[at : at + 2] == ["Bob", "I unplugged the porch light"]
    assert order[-2:] == [
        "On this site every reply waits for a moderator.",
        "All of theirs with this status",
    ]
    keys.press("Enter")
    expect(ann.page.get_by_role("status")).to_contain_text("Approved what Bob wrote.")


def test_the_first_tab_skips_to_the_content(browse: Browse, sqlite_demo: Served) -> None:
    for path in ("/login", "/sites/demo/thread?page=https://blog.example/", "/"):
        page = browse().new_page()
        page.goto(sqlite_demo.url + path)
        page.keyboard.press("Tab")
        assert focused(page).startswith("Skip to the")
        expect(page.locator(":focus")).to_be_in_viewport()
        page.keyboard.press("Enter")
        assert "#" in page.url
