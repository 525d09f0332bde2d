"""The widget in other people's pages: strict policies, hostile styles; and our own policy."""

import re

import pytest
from hands import Browse, Moderator, Reader, something_new
from playwright.sync_api import BrowserContext, expect
from served import Served

pytestmark = pytest.mark.browser

REPORT = """
addEventListener("securitypolicyviolation", (event) =>
  violated(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`), true);
"""
STRICT = "default-src 'none'; script-src {url}; connect-src {url}"
TRUSTED = STRICT + "; require-trusted-types-for 'script'; trusted-types comment-thread"

HOST = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A host</title>
{head}
<h1>A host page</h1>
<comment-thread site="demo" page="{page}"><a href="/">Read and leave replies</a></comment-thread>
<script type="module" src="{url}/embed.js"></script>
"""


def watched(browse: Browse, **options: object) -> tuple[BrowserContext, list[str]]:
    """A browser that notes whatever a page's policy forbids."""
    context, violations = browse(**options), []
    context.expose_binding("violated", lambda _source, what: violations.append(what))
    context.add_init_script(REPORT)
    return context, violations


def host(
    context: BrowserContext, served: Served, name: str, policy: str = "", head: str = ""
) -> str:
    """Let a page of the neighbour's origin embed the service: its address."""
    address = f"{served.neighbour}/{name}"
    body = HOST.format(head=head, page=address, url=served.url)
    headers = {"Content-Type": "text/html"}
    if policy:
        headers["Content-Security-Policy"] = policy.format(url=served.url)
    context.route(address, lambda route: route.fulfill(body=body, headers=headers))
    return address


def test_the_neighbours_page_shows_a_thread_and_takes_a_reply(
    browse: Browse, sqlite_demo: Served
) -> None:
    context, violations = watched(browse)
    bob = Reader(context.new_page())
    bob.open(f"{sqlite_demo.neighbour}/")
    body = something_new()
    expect(bob.leave(body)).to_contain_text("Your reply waits for a moderator.")
    Moderator.of(browse, sqlite_demo).decide(body, "Approve")
    bob.open(f"{sqlite_demo.neighbour}/")
    expect(bob.comment(body)).to_be_visible()
    assert violations == []


@pytest.mark.parametrize("policy", [STRICT, TRUSTED], ids=["strict", "trusted types"])
def test_a_strict_policy_is_kept(browse: Browse, sqlite_demo: Served, policy: str) -> None:
    context, violations = watched(browse)
    bob = Reader(context.new_page())
    bob.open(host(context, sqlite_demo, f"policy-{len(policy)}", policy))
    left = bob.leave(something_new("**Strict**"))
    expect(left.locator("strong")).to_have_text("Strict")
    assert violations == []


def test_the_control_a_violation_is_noticed(browse: Browse, sqlite_demo: Served) -> None:
    context, violations = watched(browse)
    page = context.new_page()
    page.goto(host(context, sqlite_demo, "control", STRICT, "<style>h1 { color: red }</style>"))
    page.wait_for_timeout(100)
    assert any("style-src" in one for one in violations)


def test_our_own_pages_keep_our_own_policy(browse: Browse, sqlite_demo: Served) -> None:
    ann = Moderator.of(browse, sqlite_demo)
    violations: list[str] = []
    ann.page.context.expose_binding("violated", lambda _source, what: violations.append(what))
    ann.page.context.add_init_script(REPORT)
    url = sqlite_demo.url
    thread = f"/sites/demo/thread?page={url}/"
    for path in ("/", thread, "/queue", "/queue/account", "/api/docs", "/nothing"):
        ann.page.goto(url + path, wait_until="networkidle")
    ann.page.goto(f"{url}/queue")
    ann.page.locator(".card__name a").first.click()
    ann.page.wait_for_load_state("networkidle")
    assert violations == []


HOSTILE = {
    "all unset": "* { all: unset !important }",
    "all initial, hidden": "* { all: initial !important; visibility: hidden }"
    " comment-thread { visibility: visible; position: fixed; opacity: 1 }",
    "boxes": "* { box-sizing: content-box; float: left; letter-spacing: 0.5em; line-height: 3;"
    " text-transform: uppercase; text-align: right; font-size: 9px }"
    " input, textarea, button { display: none; width: 3px } ol { list-style: square; margin: 9em }",
}


@pytest.mark.parametrize("style", HOSTILE)
def test_a_hostile_page_cannot_spoil_the_form(
    browse: Browse, sqlite_demo: Served, style: str
) -> None:
    context = browse()
    bob = Reader(context.new_page())
    name = re.sub(r"\W", "", style)
    bob.open(host(context, sqlite_demo, name, head=f"<style>{HOSTILE[style]}</style>"))
    expect(bob.leave(something_new())).to_contain_text("waits for a moderator")
    for label in ("Name", "Email", "Website", "Comment"):
        box = bob.form.get_by_role("textbox", name=label).bounding_box()
        assert box
        assert box["width"] > 100
        assert box["height"] >= 44
    button = bob.form.get_by_role("button", name="Post reply")
    looks = button.evaluate(
        "(e) => [getComputedStyle(e).cursor, getComputedStyle(e).textTransform]"
    )
    assert looks == ["pointer", "none"]
    trap = bob.form.get_by_label("Leave this field empty", exact=True).bounding_box()
    hidden = bob.form.locator("div.unseen").evaluate("(e) => getComputedStyle(e).clipPath")
    assert trap
    assert hidden == "inset(50%)"
