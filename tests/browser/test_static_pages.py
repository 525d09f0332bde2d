"""The fragment in static pages, read before any script; and reporting a reply by hand."""

import re
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from hands import Browse, Moderator, something_new, word_of
from playwright.sync_api import BrowserContext, Page, expect
from served import Served
from test_accessibility import looked_at_in_every_mode
from test_host_policy import watched
from test_without_javascript import fill, form, send, thread_page

pytestmark = pytest.mark.browser

STATIC = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A static page</title>{head}
<main><h1>A static page</h1>
{fragment}
</main>
"""
READABLE = "default-src 'none'"
STYLED = "default-src 'none'; style-src {url}"


def static(
    context: BrowserContext, served: Served, name: str, policy: str = "", head: str = ""
) -> str:
    """A page of another origin that had the article's thread put in when it was built."""
    address = f"{served.neighbour}/{name}"
    asked = f"{served.url}/sites/demo/fragment?page={quote(served.article, safe='')}"
    with urlopen(asked, timeout=60) as answer:
        body = STATIC.format(head=head, fragment=answer.read().decode())
    headers = {"Content-Type": "text/html"}
    if policy:
        headers["Content-Security-Policy"] = policy.format(url=served.url)
    context.route(address, lambda route: route.fulfill(body=body, headers=headers))
    return address


def shown(page: Page) -> int:
    """How many replies stand there to be read."""
    return page.locator("comment-thread article").filter(visible=True).count()


def test_a_static_page_shows_its_replies_without_any_script(
    browse: Browse, sqlite_demo: Served
) -> None:
    context = browse(java_script_enabled=False)
    page = context.new_page()
    page.goto(static(context, sqlite_demo, "plain"))
    assert shown(page) > 10
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ replies$"))).to_be_visible()
    # The link below is for browsers that know no declarative shadow trees.
    expect(page.get_by_role("link", name="Read and leave replies")).to_be_hidden()
    page.get_by_role("link", name="Leave a Reply").click()
    expect(page.locator("form.form")).to_be_visible()


def test_the_widget_takes_over_without_a_moment_of_nothing(
    browse: Browse, sqlite_demo: Served
) -> None:
    context = browse()
    context.add_init_script(
        """let seen = 0;  // Of the page's own replies, while they are read from the network.
        window.fewest = 1e9;
        const look = () => {
          const thread = document.querySelector("comment-thread")?.shadowRoot;
          const now = [...(thread?.querySelectorAll("article") ?? [])].filter(
            (one) => one.offsetHeight).length;
          if (now < seen || seen > 10) fewest = Math.min(fewest, now);
          seen = now;
          requestAnimationFrame(look);
        };
        requestAnimationFrame(look);"""
    )
    page = context.new_page()
    script = f'<script type="module" src="{sqlite_demo.url}/embed.js"></script>'
    page.goto(static(context, sqlite_demo, "taken-over", head=script))
    expect(page.locator("comment-thread form.form")).to_be_visible()
    assert page.locator("comment-thread section.thread").count() == 1
    assert page.evaluate("fewest") > 10


def test_a_reply_in_it_is_answered_and_found_on_its_page(
    browse: Browse, sqlite_demo: Served
) -> None:
    context = browse(java_script_enabled=False)
    page = context.new_page()
    address = static(context, sqlite_demo, "answered")
    page.goto(address)
    first = page.locator("comment-thread article").first
    name = first.locator(".name").inner_text()
    first.get_by_role("link", name=f"Reply to {name}").click()
    expect(page.get_by_role("heading", name=f"Reply to {name}")).to_be_visible()
    page.goto(address)
    first.locator("a.when").click()
    assert re.fullmatch(rf"{sqlite_demo.article}#comment-\w+", page.url)


@pytest.mark.parametrize(("policy", "styled"), [(READABLE, False), (STYLED, True)])
def test_a_strict_policy_forbids_at_most_its_looks(
    browse: Browse, sqlite_demo: Served, policy: str, styled: bool
) -> None:
    context, violations = watched(browse)
    page = context.new_page()
    page.goto(static(context, sqlite_demo, f"policy-{styled}", policy), wait_until="networkidle")
    assert shown(page) > 10
    looks = page.locator("comment-thread ol.list").evaluate(
        "(e) => getComputedStyle(e).listStyleType"
    )
    assert (looks == "none") == styled
    # Data in a script element is no script: the policy has nothing to say about it.
    assert all("style" in one for one in violations)
    assert bool(violations) != styled


def test_everybody_can_read_it(browse: Browse, sqlite_demo: Served) -> None:
    context = browse()
    page = context.new_page()
    page.goto(static(context, sqlite_demo, "accessible", head="<style>body{margin:1em}</style>"))
    assert looked_at_in_every_mode(page) == []


def published(browse: Browse, served: Served) -> tuple[str, Page]:
    """A reply that Ann approved, and a reader on the page that shows it."""
    bob, body = thread_page(browse, served), something_new()
    fill(form(bob), body)
    send(bob)
    Moderator.of(browse, served, java_script_enabled=False).decide(body, "Approve")
    reader = thread_page(browse, served)
    address = f"{served.url}/sites/demo/thread?page={quote(served.article, safe='')}&sort=newest"
    reader.goto(address)
    return body, reader


def test_a_reader_reports_a_reply_and_a_moderator_reads_why(
    browse: Browse, sqlite_demo: Served
) -> None:
    body, reader = published(browse, sqlite_demo)
    article = reader.locator("article").filter(has_text=word_of(body))
    article.get_by_role("link", name="Report what Bob wrote").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Report a reply")
    expect(reader.locator("blockquote")).to_contain_text(word_of(body))
    reader.get_by_label("Anything the moderators should know?").fill("He wrote my street.")
    reader.get_by_role("button", name="Send report").click()
    expect(reader).to_have_title(re.compile("^Error: "))
    reader.get_by_role("link", name="Choose what is wrong with the reply.").click()
    expect(reader.get_by_label("It is spam or advertising")).to_be_focused()
    expect(reader.get_by_label("Anything the moderators should")).to_have_value(
        "He wrote my street."
    )
    reader.get_by_label("It tells private details").check()
    reader.get_by_role("button", name="Send report").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Thank you for your report")
    reader.get_by_role("link", name="Back to the replies").click()
    assert reader.url == sqlite_demo.article

    ann = Moderator.of(browse, sqlite_demo, java_script_enabled=False)
    card = ann.find(body, "approved")
    expect(card).to_contain_text("1 report by readers")
    expect(card).to_contain_text("He wrote my street.")


def test_everybody_can_report(browse: Browse, sqlite_demo: Served) -> None:
    body, reader = published(browse, sqlite_demo)
    article = reader.locator("article").filter(has_text=word_of(body))
    address = article.get_by_role("link", name="Report what Bob").get_attribute("href")
    page = browse().new_page()
    page.goto(f"{sqlite_demo.url}{address}")
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name="Send report").click()
    page.get_by_role("alert").wait_for()
    assert looked_at_in_every_mode(page) == []
    page.keyboard.press("Tab")
    page.get_by_label("It is spam or advertising").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("It insults somebody")).to_be_checked()
    page.get_by_role("button", name="Send report").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your report")
    assert looked_at_in_every_mode(page) == []
    ann = Moderator.of(browse, sqlite_demo)
    ann.find(body, "approved").get_by_role("link", name="Bob").click()
    expect(ann.page.locator(".reports")).to_be_visible()
    assert looked_at_in_every_mode(ann.page) == []
