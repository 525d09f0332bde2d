"""Readers report a reply: the page, the API, and what moderators see of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import BLOG, OTHER, PAGE, World
from hostile import BODIES, OTHERS, TEXTS
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from moderation.keeping import NETWORK_KEY_LIFE
from moderation.models import Actor, Comment, Decision, Moderator, Report, Secret, Site, Status
from moderation.reporting import COUNTS_FOR

API = "/api/v1/sites/blog"


def report(
    world: World, comment: str, network: int = 1, *, headers: Any = None, **fields: str
) -> TestResponse:
    """Report a reply on its page, from one of many networks."""
    sent = {"reason": "insult", "note": "", **fields}
    origin = {"REMOTE_ADDR": f"198.51.{network}.7"}
    path = f"/comments/{comment}/report"
    return world.client().post(path, data=sent, environ_overrides=origin, headers=headers)


def reported(world: World, comment: str, networks: Any, **fields: str) -> None:
    for network in networks:
        assert report(world, comment, network, **fields).status_code == 303


def status(world: World, comment: str) -> Status:
    with world.database.reading() as session:
        return session.get_one(Comment, comment).status


def stored(world: World) -> list[Report]:
    with world.database.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.at, Report.id)))


def settle(world: World, **options: Any) -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        site.options = options
        session.commit()


def later(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    """Let the doors think that it is so much later."""
    monkeypatch.setattr("moderation.web.reports.now", lambda: datetime.now(UTC) + by)


# One report


def test_a_reader_reports_a_reply_and_learns_what_happens_next(world: World) -> None:
    comment = world.published(name="Mallory", body="Some *words* to be reported.")
    page = world.client().get(f"/comments/{comment}/report")
    assert "Mallory" in page.text
    assert "Some words to be reported." in page.text
    answer = report(world, comment, reason="private", note="My  street\r\nis named.")
    assert answer.status_code == 303
    thanks = world.client().get(answer.headers["Location"])
    assert thanks.status_code == 200
    assert "Thank you for your report" in thanks.text
    assert f'href="{PAGE}"' in thanks.text
    (kept,) = stored(world)
    assert (kept.comment_id, kept.reason) == (comment, "private")
    assert kept.note == "My  street\nis named."
    assert status(world, comment) == "approved"


def test_only_what_readers_see_can_be_reported(world: World) -> None:
    parent = world.published()
    below = world.published(parent=parent)
    gone = {state: world.published() for state in ("rejected", "spam", "deleted")}
    for state, comment in gone.items():
        world.decide(comment, state)
    world.decide(parent, "rejected")
    for comment in (world.left(), parent, below, *gone.values(), "x" * 20):
        assert world.client().get(f"/comments/{comment}/report").status_code == 404
        assert report(world, comment).status_code == 404
        answer = world.client().post(f"{API}/comments/{comment}/reports", json={"reason": "spam"})
        assert answer.status_code == 404
    assert stored(world) == []


def test_what_was_typed_is_kept_when_something_is_wrong(world: World) -> None:
    comment = world.published()
    answer = report(world, comment, reason="", note="It <names> me.")
    assert answer.status_code == 422
    assert "<title>Error: Report a reply" in answer.text
    assert 'href="#reason-0">Choose what is wrong with the reply.' in answer.text
    assert "It &lt;names&gt; me.</textarea>" in answer.text
    answer = report(world, comment, reason="illegal", note="x" * 501)
    assert answer.status_code == 422
    assert "shorten it to 500 characters" in answer.text
    assert "x" * 501 in answer.text
    assert 'checked id="reason-3"' in answer.text
    assert report(world, comment, note="a\0b").status_code == 422
    assert stored(world) == []


def test_a_second_report_of_one_network_is_answered_as_the_first(world: World) -> None:
    comment, other = world.published(), world.published()
    first, second = report(world, comment), report(world, comment, reason="spam")
    assert (first.status_code, first.headers["Location"]) == (
        second.status_code,
        second.headers["Location"],
    )
    assert first.data == second.data
    assert [one.reason for one in stored(world)] == ["insult"]
    report(world, other)
    assert len(stored(world)) == 2


def test_what_fills_the_hidden_field_is_thanked_and_not_stored(world: World) -> None:
    comment = world.published()
    assert report(world, comment, subject="Buy").status_code == 303
    body = {"reason": "spam", "subject": "Buy"}
    answer = world.client().post(f"{API}/comments/{comment}/reports", json=body)
    assert (answer.status_code, answer.get_json()) == (202, {"status": "received"})
    assert stored(world) == []


def test_a_form_on_a_page_of_another_origin_is_refused(world: World) -> None:
    comment = world.published()
    for origin, expected in (("https://eve.example", 403), ("null", 403), (BLOG, 303)):
        answer = report(world, comment, headers={"Origin": origin})
        assert answer.status_code == expected
    assert len(stored(world)) == 1


def test_looking_at_the_pages_changes_nothing(world: World) -> None:
    comment = world.published()
    for path in (f"/comments/{comment}/report", f"/sites/blog/reported?page={PAGE}"):
        for _ in range(4):
            answer = world.client().get(path)
            assert answer.status_code == 200
            assert answer.headers["X-Robots-Tag"] == "noindex"
            assert '<meta name="robots" content="noindex">' in answer.text
    assert stored(world) == []


def test_the_thanks_lead_back_to_the_article_or_to_our_own_page(world: World) -> None:
    thanks = "/sites/blog/reported"
    for page, back in (
        (PAGE, f'href="{PAGE}"'),
        ("https://eve.example/x", 'href="/sites/blog/thread?page=https://eve.example/x"'),
    ):
        assert back in world.client().get(thanks, query_string={"page": page}).text
    for query in ({}, {"page": "javascript:alert(1)"}):
        assert world.client().get(thanks, query_string=query).status_code == 400


# Enough of them


def test_enough_readers_put_a_reply_back_in_the_queue(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1, 2], reason="insult")
    assert status(world, comment) == "approved"
    assert comment in world.shown()
    reported(world, comment, [3], reason="spam")
    assert status(world, comment) == "pending"
    assert world.shown() == []
    assert world.thread()["thread"]["count"] == 0
    with world.database.reading() as session:
        latest = select(Decision).where(Decision.comment_id == comment)
        decision = session.scalars(latest.order_by(Decision.version.desc())).first()
        assert decision
        assert (decision.was, decision.became) == ("approved", "pending")
        assert (decision.actor, decision.by_id, decision.reason) == (
            Actor.READERS,
            None,
            "reported",
        )


def test_one_network_alone_never_holds_a_reply(world: World) -> None:
    comment = world.published()
    for number in range(9):
        path, origin = f"/comments/{comment}/report", {"REMOTE_ADDR": f"198.51.100.{number}"}
        answer = world.client().post(path, data={"reason": "spam"}, environ_overrides=origin)
        assert answer.status_code == 303
    assert status(world, comment) == "approved"
    assert len(stored(world)) == 1


def test_whoever_has_no_address_has_one_voice_together(world: World) -> None:
    comment = world.published()
    for address in ("", "nonsense", "unix:"):
        path, origin = f"/comments/{comment}/report", {"REMOTE_ADDR": address}
        answer = world.client().post(path, data={"reason": "spam"}, environ_overrides=origin)
        assert answer.status_code == 303
    assert len(stored(world)) == 1


@pytest.mark.parametrize(("wanted", "holds_at"), [(1, 1), (2, 2), (5, 5)])
def test_the_site_says_how_many_are_enough(world: World, wanted: int, holds_at: int) -> None:
    settle(world, reports_to_hold=wanted)
    comment = world.published()
    reported(world, comment, range(holds_at - 1))
    assert status(world, comment) == "approved"
    reported(world, comment, [holds_at])
    assert status(world, comment) == "pending"


def test_a_site_may_want_none_to_be_enough(world: World) -> None:
    settle(world, reports_to_hold=0)
    comment = world.published()
    reported(world, comment, range(6))
    assert status(world, comment) == "approved"
    thanks = world.client().get("/sites/blog/reported", query_string={"page": PAGE}).text
    assert "nobody sees it until" not in thanks


def test_what_a_moderator_wrote_is_reported_and_stays(world: World) -> None:
    comment = world.published()
    with world.database.writing() as session:
        ann = session.scalars(select(Moderator).where(Moderator.name == "Ann")).one()
        session.execute(update(Comment).values(moderator_id=ann.id))
        session.commit()
    reported(world, comment, range(5))
    assert status(world, comment) == "approved"
    assert len(stored(world)) == 5


def test_after_a_moderators_approval_only_new_voices_count(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1, 2, 3])
    world.decide(comment, "approved")
    reported(world, comment, [1, 2, 3, 4, 5])
    assert status(world, comment) == "approved"
    reported(world, comment, [6])
    assert status(world, comment) == "pending"
    (card,) = world.queue()["comments"]
    assert [one["sentence"] for one in card["reasons"] if one["code"] == "reported"] == [
        "3 readers reported it: insult or hate (3)."
    ]
    assert card["reported"] == 6


def test_an_undone_hold_is_a_moderators_decision_too(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1, 2, 3])
    ann = world.signed_in()
    page = ann.get(f"/queue/comments/{comment}").text
    decision = page.split('name="decision" value="')[1].split('"')[0]
    assert ann.post("/queue/undo", decision=decision).status_code == 303
    assert status(world, comment) == "approved"
    reported(world, comment, [4, 5])
    assert status(world, comment) == "approved"


def test_a_moderator_who_saw_it_published_hears_that_readers_were_first(world: World) -> None:
    comment = world.published()
    seen = world.version(comment)
    reported(world, comment, [1, 2, 3])
    assert world.decide(comment, "deleted", version=seen)["error"] == "stale"


def test_replies_below_are_hidden_with_it_and_come_back(world: World) -> None:
    comment = world.published()
    below = world.published(parent=comment)
    reported(world, comment, [1, 2, 3])
    assert world.shown() == []
    world.decide(comment, "approved")
    assert world.shown() == [comment, below]


def test_a_network_is_known_again_under_a_new_key_and_old_reports_fade(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = world.published()
    reported(world, comment, [1, 2])
    # The key that makes digests changes; the one before still tells who has spoken.
    later(monkeypatch, NETWORK_KEY_LIFE / 2 + timedelta(minutes=1))
    reported(world, comment, [1])
    with world.database.reading() as session:
        assert len(session.scalars(select(Secret).where(Secret.purpose == "network")).all()) == 2
    assert len(stored(world)) == 2
    assert COUNTS_FOR <= NETWORK_KEY_LIFE / 2
    reported(world, comment, [3, 4])
    assert status(world, comment) == "approved"
    reported(world, comment, [5])
    assert status(world, comment) == "pending"


def test_a_network_is_stored_as_a_keyed_digest_alone(world: World) -> None:
    report(world, world.published(), 23)
    (kept,) = stored(world)
    told = f"{kept.network_digest} {kept.reason} {kept.note}"
    assert "198.51" not in told
    assert len(kept.network_digest) == 32


# What moderators see


def test_moderators_see_reports_and_notes_on_cards_and_in_the_api(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1, 2], reason="insult", note="He means <b>me</b>.")
    reported(world, comment, [3], reason="spam", note="")
    (card,) = world.queue(reason="reported")["comments"]
    reason = next(one for one in card["reasons"] if one["code"] == "reported")
    assert reason["detail"] == "insult (2), spam (1)"
    assert reason["sentence"] == "3 readers reported it: insult or hate (2), spam (1)."
    assert [one["reason"] for one in card["reports"]] == ["spam", "insult", "insult"]
    assert card["reports"][1]["note"] == "He means <b>me</b>."
    ann = world.signed_in()
    for path in ("/queue", f"/queue/comments/{comment}"):
        page = ann.get(path).text
        assert "3 reports by readers" in page
        assert "He means &lt;b&gt;me&lt;/b&gt;." in page
        assert "3 readers reported it: insult or hate (2), spam (1)." in page
    card_page = ann.get(f"/queue/comments/{comment}").text
    assert "<bdi>Readers</bdi>" in card_page
    assert "Enough readers reported it." in card_page


def test_reports_of_what_stays_are_seen_on_its_card(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1], note="Just one.")
    page = world.signed_in().get(f"/queue/comments/{comment}").text
    assert "1 report by readers" in page
    assert "Just one." in page


def test_no_reader_sees_a_report(world: World) -> None:
    comment = world.published()
    reported(world, comment, [1], note="heliotrope")
    client = world.client()
    query = {"page": PAGE}
    for path in (
        "/sites/blog/thread",
        f"{API}/thread",
        "/sites/blog/feed.atom",
        "/sites/blog/fragment",
    ):
        assert "heliotrope" not in client.get(path, query_string=query).text
    assert "heliotrope" not in client.get(f"/comments/{comment}/report").text


def queries(world: World) -> int:
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        world.queue()
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)
    return len(seen)


def test_a_page_of_the_queue_takes_the_same_queries_however_much_is_reported(world: World) -> None:
    settle(world, reports_to_hold=1)
    reported(world, world.published(), [1])
    before = queries(world)
    for _ in range(3):
        reported(world, world.published(), [1])
    assert queries(world) == before


# The API's door, and the limits


def test_a_program_reports_as_a_reader_does(world: World) -> None:
    comment = world.published()
    path = f"{API}/comments/{comment}/reports"
    answer = world.client().post(path, json={"reason": "illegal"}, headers={"Origin": BLOG})
    assert (answer.status_code, answer.get_json()) == (202, {"status": "received"})
    assert answer.headers["Access-Control-Allow-Origin"] == BLOG
    again = world.client().post(path, json={"reason": "spam", "note": "Again."})
    assert (again.status_code, again.data) == (answer.status_code, answer.data)
    asked = world.client().options(path, headers={"Origin": BLOG})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, BLOG)
    eve = world.client().post(path, json={"reason": "spam"}, headers={"Origin": "https://eve.test"})
    assert eve.status_code == 403
    assert len(stored(world)) == 1


def test_a_reply_is_reported_on_its_own_site_alone(world: World) -> None:
    comment = world.published()
    path = f"/api/v1/sites/other/comments/{comment}/reports"
    assert world.client().post(path, json={"reason": "spam"}).status_code == 404
    origin = {"Origin": OTHER}
    assert world.client().post(path, json={"reason": "spam"}, headers=origin).status_code == 404
    assert stored(world) == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"reason"}),
        ({"reason": "bad"}, {"reason"}),
        ({"reason": 7, "note": []}, {"reason", "note"}),
        ({"reason": "spam", "note": "x" * 501}, {"note"}),
        ({"reason": "spam", "note": "\ud800"}, {"note"}),
    ],
)
def test_a_program_hears_which_field_is_wrong(world: World, body: Any, wrong: set[str]) -> None:
    comment = world.published()
    answer = world.client().post(f"{API}/comments/{comment}/reports", json=body)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, wrong)
    assert stored(world) == []


def test_nothing_that_a_client_sends_breaks_either_door(world: World) -> None:
    comment, client = world.published(), world.client()
    path = f"{API}/comments/{comment}/reports"
    for value in [*TEXTS, *OTHERS]:
        for field in ("reason", "note", "subject"):
            body = {"reason": "spam", "note": "", field: value}
            assert client.post(path, json=body).status_code in {202, 422}, body
            if isinstance(value, str):
                raw = {name: text.encode("utf-8", "surrogatepass") for name, text in body.items()}
                answer = client.post(f"/comments/{comment}/report", data=raw)
                assert answer.status_code in {303, 422}, body
    for body in BODIES:
        answer = client.post(path, data=body, content_type="application/json")
        assert answer.status_code in {400, 413, 422}, body[:60]
    assert len(stored(world)) == 1


def test_too_many_reports_of_one_network_wait_and_keep_what_was_typed(limited: World) -> None:
    comment = limited.published()
    statuses = [report(limited, comment).status_code for _ in range(10)]
    path, origin = f"{API}/comments/{comment}/reports", {"REMOTE_ADDR": "198.51.1.99"}
    for _ in range(10):
        answer = limited.client().post(path, json={"reason": "spam"}, environ_overrides=origin)
        statuses.append(answer.status_code)
    assert statuses == [303] * 10 + [202] * 10
    refused = report(limited, comment, reason="private", note="Kept words.")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Kept words.</textarea>" in refused.text
    assert 'checked id="reason-2"' in refused.text
    assert "Too many reports came from your network." in refused.text
    answer = limited.client().post(path, json={"reason": "spam"}, environ_overrides=origin)
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert report(limited, comment, 2).status_code == 303


def test_the_page_without_javascript_leads_to_the_form(world: World) -> None:
    comment = world.published()
    page = world.client().get("/sites/blog/thread", query_string={"page": PAGE}).text
    assert f'href="/comments/{comment}/report"' in page
