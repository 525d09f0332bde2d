"""The same journeys in a browser that runs no script at all."""

import re
from urllib.parse import quote

import pytest
from hands import Browse, Moderator, fill, solved, something_new, word_of
from playwright.sync_api import Locator, Page, expect
from served import Served

pytestmark = pytest.mark.browser


def thread_page(browse: Browse, served: Served) -> Page:
    """The thread, reached as a reader without JavaScript reaches it: by the link in the article."""
    page = browse(java_script_enabled=False).new_page()
    page.goto(served.article)
    page.get_by_role("link", name="Read and leave replies").click()
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ replies$"))).to_be_visible()
    return page


def form(page: Page) -> Locator:
    return page.locator("form.form")


def send(page: Page) -> None:
    form(page).get_by_role("button", name="Post reply").click()


def heading(page: Page) -> Locator:
    return page.get_by_role("heading", level=1)


def test_a_reply_waits_and_is_published(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new("*Without* script")
    fill(form(bob), body)
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    expect(bob.locator(".body em")).to_have_text("Without")

    Moderator.of(browse, sqlite_demo, java_script_enabled=False).decide(body, "Approve")
    bob.reload()
    expect(heading(bob)).to_have_text("Your reply is published")
    article = quote(sqlite_demo.article, safe="")
    bob.goto(f"{sqlite_demo.url}/sites/demo/thread?page={article}&sort=newest")
    expect(bob.locator("article").filter(has_text=word_of(body))).to_be_visible()


def test_every_field_is_kept_when_one_is_wrong(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    form(bob).get_by_label("Email").fill("bob at home")
    form(bob).get_by_label("Website").fill("example.org")
    send(bob)
    expect(bob).to_have_title(re.compile("^Error: "))
    alert = bob.get_by_role("alert")
    alert.get_by_role("link", name="Enter an email address such as name@example.org.").click()
    expect(form(bob).get_by_label("Email")).to_be_focused()
    expect(form(bob).get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(form(bob).get_by_label("Email")).to_have_accessible_description(
        "Enter an email address such as name@example.org."
    )
    expect(form(bob).get_by_label("Name")).to_have_value("Bob")
    expect(form(bob).get_by_label("Email")).to_have_value("bob at home")
    expect(form(bob).get_by_label("Website")).to_have_value(re.compile("example.org"))
    expect(form(bob).get_by_label("Comment")).to_have_value(body)
    expect(form(bob).get_by_label("What is")).not_to_have_value("")

    form(bob).get_by_label("Email").fill("bob@example.org")
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")


def test_a_wrong_sum_is_asked_anew(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    form(bob).get_by_label("What is").fill("1")
    send(bob)
    expect(bob.get_by_role("alert")).to_contain_text("That is not the sum.")
    expect(form(bob).get_by_label("What is")).to_have_value("")
    expect(form(bob).get_by_label("Comment")).to_have_value(body)
    form(bob).get_by_label("What is").fill(solved(form(bob)))
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")


def test_a_preview_shows_the_reply_and_sends_nothing(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new("**Bold** words")
    fill(form(bob), body)
    form(bob).get_by_role("button", name="Preview").click()
    preview = bob.get_by_role("region", name="Preview")
    expect(preview.locator("strong")).to_have_text("Bold")
    expect(preview).to_contain_text("This is not sent yet.")
    expect(form(bob).get_by_label("Comment")).to_have_value(body)
    ann = Moderator.of(browse, sqlite_demo)
    expect(ann.find(body)).to_have_count(0)
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")


def test_one_answers_a_certain_reply(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    first = bob.locator("article").first
    name = first.locator(".name").inner_text()
    first.get_by_role("link", name=f"Reply to {name}").click()
    expect(bob.get_by_role("heading", name=f"Reply to {name}")).to_be_visible()
    fill(form(bob), body)
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    card = Moderator.of(browse, sqlite_demo, java_script_enabled=False).find(body)
    expect(card).to_contain_text(f"In reply to {name}")


def test_the_sum_is_changed_for_another(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    form(bob).get_by_label("Website").fill("bob.example")
    before = form(bob).locator("[name=challenge]").get_attribute("value")
    form(bob).get_by_role("button", name="Another sum").click()
    expect(form(bob).locator("[name=challenge]")).not_to_have_attribute("value", before or "")
    expect(form(bob).get_by_label("Comment")).to_have_value(body)
    expect(form(bob).get_by_label("Website")).to_have_value(re.compile("bob.example"))
    form(bob).get_by_label("What is").fill(solved(form(bob)))
    form(bob).get_by_label("What is").press("Enter")
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")


def test_a_reply_is_sent_without_a_sum(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    form(bob).get_by_label("Name").fill("Bob")
    form(bob).get_by_label("Email").fill("bob@example.org")
    form(bob).get_by_label("Comment").fill(body)
    form(bob).get_by_role("button", name="Send without a sum").click()
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    card = Moderator.of(browse, sqlite_demo, java_script_enabled=False).find(body)
    expect(card).to_contain_text("It was sent without a sum")


def test_a_reply_is_changed_and_waits_again(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    send(bob)
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    ann = Moderator.of(browse, sqlite_demo, java_script_enabled=False)
    ann.decide(body, "Approve")

    bob.get_by_role("link", name="Change it").click()
    expect(bob.locator("main")).to_contain_text("it waits for a moderator again and is not shown")
    text = form(bob).get_by_label("Comment")
    expect(text).to_have_value(body)
    text.fill("")
    form(bob).get_by_role("button", name="Save the change").click()
    expect(bob).to_have_title(re.compile("^Error: "))
    bob.get_by_role("alert").get_by_role("link", name="Write a comment first.").click()
    expect(text).to_be_focused()
    text.fill(f"{body} *Better* said.")
    form(bob).get_by_role("button", name="Preview").click()
    expect(bob.get_by_role("region", name="Preview").locator("em")).to_have_text("Better")
    form(bob).get_by_role("button", name="Save the change").click()
    expect(bob.get_by_role("status")).to_contain_text("Your change is saved.")
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")

    ann.find(body).get_by_role("link", name="Bob").click()
    expect(ann.page.get_by_role("region", name="What it said before")).to_contain_text(body)
    expect(ann.page.get_by_role("region", name="Decisions so far")).to_contain_text("Its author")


def test_a_reply_is_withdrawn_and_then_erased(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    send(bob)
    bob.get_by_role("link", name="Withdraw it").click()
    bob.get_by_role("link", name="Keep it").click()
    expect(heading(bob)).to_have_text("Your reply waits for a moderator")
    bob.get_by_role("link", name="Withdraw it").click()
    bob.get_by_role("button", name="Withdraw it").click()
    expect(heading(bob)).to_have_text("You withdrew your reply")
    ann = Moderator.of(browse, sqlite_demo, java_script_enabled=False)
    card = ann.find(body, "deleted")
    expect(card).to_contain_text("Nobody can bring it back.")

    bob.get_by_role("link", name="Erase it").click()
    bob.get_by_role("button", name="Erase this reply").click()
    expect(heading(bob)).to_have_text("Your reply was erased")
    expect(bob.locator("main")).not_to_contain_text(body)
    expect(ann.find(body, "deleted")).to_have_count(0)


def test_the_whole_queue_works(browse: Browse, sqlite_demo: Served) -> None:
    bob, body = thread_page(browse, sqlite_demo), something_new()
    fill(form(bob), body)
    send(bob)
    ann = Moderator.of(browse, sqlite_demo, java_script_enabled=False)
    stale = ann.another_tab()
    stale.find(body)
    card = ann.find(body)
    card.get_by_text("Add a reason or a note").click()
    card.get_by_label("Note for other moderators").fill("Looks fine.\nTo me.")
    card.get_by_role("button", name="Approve", exact=True).click()
    expect(ann.page.get_by_role("status")).to_contain_text("Approved what Bob wrote.")

    stale.card(body).get_by_role("button", name="Delete", exact=True).click()
    expect(heading(stale.page)).to_have_text("Somebody decided before you")
    stale.page.get_by_role("link", name="Keep theirs").click()

    ann.find(body, "approved").get_by_role("link", name="Bob").click()
    expect(ann.page.get_by_text("Looks fine.")).to_be_visible()
    ann.page.get_by_role("button", name="Show the address").click()
    expect(ann.page.locator(".address")).to_have_text("bob@example.org")
    expect(ann.page.locator("main")).to_contain_text("It was written down that you looked at it.")
