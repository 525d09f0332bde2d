"""The main job, by people's hands: a reply is left, waits, is judged, and is read or not."""

import json

import pytest
from hands import Browse, Moderator, Reader, something_new
from playwright.sync_api import Route, expect
from served import Served

pytestmark = pytest.mark.browser

WAITS = "Your reply waits for a moderator. Only you can see it here."


def test_a_reply_waits_in_its_place_until_it_is_approved(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    left = bob.leave(body)
    expect(left).to_contain_text(WAITS)
    expect(left).to_be_focused()
    expect(bob.page.locator("comment-thread [role=status]")).to_have_text(WAITS)
    expect(bob.form.get_by_label("Comment")).to_have_value("")
    eve = Reader.of(browse, demo.article)
    expect(eve.comment(body)).to_have_count(0)

    ann.decide(body, "Approve")
    eve.open(demo.article)
    expect(eve.comment(body)).to_be_visible()
    expect(eve.comment(body)).not_to_contain_text("waits")


def test_the_status_page_tells_its_author_what_became_of_it(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    bob.leave(body).get_by_role("link", name="See its status").click()
    expect(bob.page.get_by_role("heading", level=1)).to_have_text(
        "Your reply waits for a moderator"
    )
    card = ann.find(body)
    card.get_by_text("Add a reason or a note").click()
    card.get_by_label("Reason").select_option("off_topic")
    card.get_by_role("button", name="Reject", exact=True).click()
    expect(ann.page.get_by_role("status")).to_contain_text("Rejected what Bob wrote.")
    bob.page.reload()
    expect(bob.page.get_by_role("heading", level=1)).to_have_text("Your reply was not published")
    expect(bob.page.locator("main")).to_contain_text("It is not about the article.")


def test_a_rejected_reply_never_shows(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    bob.leave(body)
    ann.decide(body, "Reject")
    eve = Reader.of(browse, demo.article)
    expect(eve.comment(body)).to_have_count(0)
    bob.open(demo.article)
    expect(bob.comment(body)).to_contain_text("Only you can see this reply until it is published.")
    expect(ann.find(body, "rejected")).to_be_visible()


def test_undo_makes_it_wait_again(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    bob.leave(body)
    ann.decide(body, "Approve")
    bob.open(demo.article)
    expect(bob.comment(body)).to_have_count(1)
    ann.page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(ann.page.get_by_role("status")).to_contain_text("Taken back")
    expect(ann.find(body)).to_be_visible()
    bob.open(demo.article)
    expect(bob.comment(body)).to_have_count(0)


def test_a_wrong_sum_costs_the_sum_and_not_the_text(browse: Browse, demo: Served) -> None:
    bob = Reader.of(browse, demo.article)
    body = something_new()
    bob.write(body)
    answer = bob.form.get_by_label("What is")
    asked = bob.form.locator(".field-answer label").inner_text()
    answer.fill("1")
    bob.send()
    expect(bob.form).to_contain_text("That is not the sum. Your text is kept")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("")
    expect(answer).to_have_attribute("aria-invalid", "true")
    assert bob.form.locator(".field-answer label").inner_text() != asked
    expect(bob.form.get_by_label("Comment")).to_have_value(body)
    expect(bob.leave(body)).to_contain_text(WAITS)


def test_a_sum_is_good_for_one_reply(browse: Browse, demo: Served) -> None:
    bob = Reader.of(browse, demo.article)
    sent: list[dict[str, str]] = []

    def answer_again(route: Route) -> None:
        """Send the first reply's sum with the second one."""
        reply = json.loads(route.request.post_data or "")
        sent.append(reply)
        again = {name: sent[0][name] for name in ("challenge", "answer")}
        headers = route.request.headers | {
            "idempotency-key": f"{demo.url}-{len(sent)}-{reply['body']}"
        }
        route.continue_(post_data=json.dumps(reply | again), headers=headers)

    bob.page.route("**/comments?*", answer_again)
    bob.leave(something_new())
    second = something_new("Something else")
    bob.write(second)
    bob.send()
    expect(bob.form).to_contain_text("That sum was answered before. Your text is kept")
    expect(bob.form.get_by_label("Comment")).to_have_value(second)
    assert len(sent) == 2


def test_a_reply_to_a_reply_stands_below_it(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    first, second = something_new("A question"), something_new("An answer")
    bob.leave(first)
    ann.decide(first, "Approve")
    bob.open(demo.article)
    bob.comment(first).get_by_role("button", name="Reply to Bob").click()
    expect(bob.form.get_by_role("heading", name="Reply to Bob")).to_be_visible()
    bob.leave(second, name="Cleo")
    below = bob.page.locator("comment-thread li").filter(has_text=first).last
    expect(below.locator("ol article").filter(has_text=second)).to_be_visible()
    expect(bob.form.get_by_role("heading", name="Leave a Reply")).to_be_visible()

    expect(ann.find(second)).to_contain_text("In reply to")
    ann.decide(second, "Approve")
    bob.open(demo.article)
    below = bob.page.locator("comment-thread li").filter(has_text=first).last
    expect(below.locator("ol article").filter(has_text=second)).to_be_visible()


def test_the_stale_tab_is_told_what_happened_and_may_decide_anyway(
    browse: Browse, demo: Served
) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    bob.leave(body)
    stale = ann.another_tab()
    stale.find(body)
    ann.decide(body, "Approve")

    stale.card(body).get_by_role("button", name="Reject", exact=True).click()
    expect(stale.page.get_by_role("heading", name="Somebody decided before you")).to_be_visible()
    expect(stale.card(body)).to_contain_text("Ann approved this comment")
    expect(ann.find(body, "approved")).to_be_visible()
    stale.page.get_by_role("button", name="Decide anyway: Reject").click()
    expect(stale.page.get_by_role("status")).to_contain_text("Rejected what Bob wrote.")
    eve = Reader.of(browse, demo.article)
    expect(eve.comment(body)).to_have_count(0)


def test_keeping_theirs_changes_nothing(browse: Browse, demo: Served) -> None:
    bob, ann = Reader.of(browse, demo.article), Moderator.of(browse, demo)
    body = something_new()
    bob.leave(body)
    stale = ann.another_tab()
    stale.find(body)
    ann.decide(body, "Approve")
    stale.card(body).get_by_role("button", name="Spam", exact=True).click()
    stale.page.get_by_role("link", name="Keep theirs").click()
    expect(stale.card(body)).to_have_count(0)
    expect(ann.find(body, "approved")).to_be_visible()


def test_what_is_typed_outlives_a_reload(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    body = something_new()
    bob.write(body)
    bob.open(sqlite_demo.article)
    expect(bob.form.get_by_label("Comment")).to_have_value(body)


def test_an_empty_form_says_which_field_it_misses(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    bob.form.scroll_into_view_if_needed()
    bob.send()
    for label in ("Name", "Email", "Comment"):
        expect(bob.form.get_by_role("textbox", name=label)).to_have_attribute(
            "aria-invalid", "true"
        )
    expect(bob.form.get_by_label("Name")).to_be_focused()


def test_a_service_out_of_reach_costs_nothing(browse: Browse, sqlite_demo: Served) -> None:
    bob = Reader.of(browse, sqlite_demo.article)
    context, body = bob.page.context, something_new()
    bob.write(body)
    context.set_offline(True)
    bob.send()
    expect(bob.form.get_by_role("alert")).to_contain_text("Your text is kept.")
    expect(bob.form.get_by_label("Comment")).to_have_value(body)
    context.set_offline(False)
    bob.send()
    expect(bob.comment(body)).to_contain_text(WAITS)
