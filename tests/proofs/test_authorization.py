"""Every route, by everybody: what each may reach, and what a moderator of another site may not.

The table below says who may use which route; a route that is not in it fails the proof.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from characters import ANN, BOB, OLGA, OTHER, OTTO, PAGE, World
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from moderation.models import (
    AddressView,
    Bearer,
    Comment,
    Decision,
    Moderator,
    Sees,
    Status,
    Subscription,
)
from moderation.web import links

pytestmark = pytest.mark.proof


class Access(Enum):
    """Who may use a route."""

    ANYONE = auto()
    #: Whoever is signed in with a browser; for the second, and may see the comment's site.
    BROWSER = auto()
    BROWSER_OF_THE_SITE = auto()
    #: Whoever is signed in with a browser and owns the service: others are told that they may not.
    OWNER = auto()
    #: A program with a moderator's token.
    TOKEN = auto()


RULES: dict[str, Access] = {
    "static": Access.ANYONE,
    "reader.home": Access.ANYONE,
    "embed.widget": Access.ANYONE,
    "embed.work": Access.ANYONE,
    "reader.thread": Access.ANYONE,
    "reader.leave": Access.ANYONE,
    "reader.permalink": Access.ANYONE,
    "replies.status": Access.ANYONE,
    "replies.edit": Access.ANYONE,
    "replies.change": Access.ANYONE,
    "replies.withdraw": Access.ANYONE,
    "replies.withdrawal": Access.ANYONE,
    "replies.mail": Access.ANYONE,
    "erasing.erase": Access.ANYONE,
    "erasing.erasure": Access.ANYONE,
    "erasing.ask_for_everything": Access.ANYONE,
    "erasing.everything": Access.ANYONE,
    "erasing.erase_everything": Access.ANYONE,
    "api.thread": Access.ANYONE,
    "api.counts": Access.ANYONE,
    "api.challenge": Access.ANYONE,
    "api.preview": Access.ANYONE,
    "api.leave_reply": Access.ANYONE,
    "api.report": Access.ANYONE,
    "feeds.atom": Access.ANYONE,
    "feeds.robots": Access.ANYONE,
    "fragment.fragment": Access.ANYONE,
    "fragment.styles": Access.ANYONE,
    "reports.form": Access.ANYONE,
    "reports.send": Access.ANYONE,
    "reports.received": Access.ANYONE,
    "api.openapi": Access.ANYONE,
    "api.docs": Access.ANYONE,
    "api.queue": Access.TOKEN,
    "api.decide": Access.TOKEN,
    "accounts.login": Access.ANYONE,
    "accounts.sign_in": Access.ANYONE,
    "accounts.logout": Access.BROWSER,
    "accounts.account": Access.BROWSER,
    "accounts.revoke": Access.BROWSER,
    "accounts.revoke_others": Access.BROWSER,
    "accounts.password": Access.BROWSER,
    "accounts.notices": Access.BROWSER,
    # Whoever has the link, which only the address's owner was sent.
    "subscriptions.subscription": Access.ANYONE,
    "subscriptions.change": Access.ANYONE,
    "subscriptions.ask_first": Access.ANYONE,
    "subscriptions.unsubscribe": Access.ANYONE,
    "subscriptions.notices": Access.ANYONE,
    "subscriptions.end_notices": Access.ANYONE,
    "subscriptions.ask_moderator_first": Access.ANYONE,
    "subscriptions.unsubscribe_moderator": Access.ANYONE,
    "outbox.index": Access.OWNER,
    "outbox.again": Access.OWNER,
    "outbox.drop": Access.OWNER,
    "queue.index": Access.BROWSER,
    "queue_health.index": Access.BROWSER,
    "log.index": Access.BROWSER,
    "log.export": Access.BROWSER,
    "queue.card": Access.BROWSER_OF_THE_SITE,
    "queue.show_address": Access.BROWSER_OF_THE_SITE,
    "queue.decide": Access.BROWSER_OF_THE_SITE,
    "queue.undo": Access.BROWSER_OF_THE_SITE,
    "health.alive": Access.ANYONE,
    "health.ready": Access.ANYONE,
    "health.metrics": Access.ANYONE,
}


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: Words that stand in every comment on the blog, and nowhere else: one to search for, and one
#: that no search repeats.
MARK, UNSAID = "heliotrope", "aubretia"


class Visitor(NamedTuple):
    """Somebody at the door: who, and whether with a browser or a token (or neither)."""

    who: str
    by: str

    def enter(self, world: World) -> tuple[FlaskClient, dict[str, str], str]:
        """A client, the headers to send, and the token of our own forms."""
        if self.by == "token":
            return world.client(), world.bearer(self.who), ""
        if self.by == "browser":
            browser = world.signed_in(self.who)
            found = re.search(
                r'name="csrf_token"[^>]*value="(.+?)"', browser.get("/queue/account").text
            )
            assert found
            return browser.client, {}, found[1]
        return world.client(), {}, ""

    def may(self, access: Access) -> bool:
        """Whether a route of this kind is theirs, where it is about a comment on the blog."""
        if access is Access.BROWSER_OF_THE_SITE:
            return self.by == "browser" and self.who != OTTO
        if access is Access.OWNER:
            return self.by == "browser" and self.who == OLGA
        return access is Access.ANYONE or self.by == access.name.lower()


VISITORS = [
    Visitor("nobody", "nothing"),
    *(Visitor(who, by) for who in (ANN, OLGA, OTTO) for by in ("browser", "token")),
]


def address_of(rule: Rule, comment: str, token: str) -> str:
    """A route's address, filled in so that what it names is there."""
    names = {
        "site": "blog",
        "comment": comment,
        "token": token,
        "filename": "embed/comment-thread.css",
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: names[found[1]], rule.rule)


def knock(world: World, rule: Rule, method: str, visitor: Visitor) -> TestResponse:
    """One good request for a route about a fresh comment on the blog that Ann approved."""
    said = f"{MARK} {UNSAID} {next(world._number)}"
    left = world.leave(body=said, notify=True).get_json()
    world.decide(left["id"], "approved")
    address = address_of(rule, left["id"], _token(world, rule, left))
    client, headers, csrf = visitor.enter(world)
    more = _form(world, left["id"], csrf) if method != "GET" else {}
    if rule.endpoint.startswith("api."):
        wish = {"comment": left["id"], "version": 2, "status": "spam"}
        more = {"json": {"body": "x", "decisions": [wish]}} if method == "POST" else {}
    query = {"page": PAGE} if method in {"GET", "HEAD"} else {}
    with client.open(address, method=method, query_string=query, headers=headers, **more) as answer:
        return answer


def _token(world: World, rule: Rule, left: dict[str, Any]) -> str:
    """A token that is good for this route."""
    wish = select(Subscription.id).where(Subscription.comment_id == left["id"])
    with world.database.reading() as session, world.app.app_context():
        if rule.rule.startswith("/subscriptions/"):
            return links.subscription_token(session.scalars(wish).one())
        if rule.rule.startswith("/notices/"):
            return links.notices_token(world.moderator(session, "Ann").id)
        if rule.rule.startswith("/erasures/"):
            return links.erasure_token(session.get_one(Comment, left["id"]).author_id)
    return urlsplit(left["status_url"]).path.rpartition("/")[2]


def _form(world: World, comment: str, csrf: str) -> dict[str, Any]:
    latest = select(Decision.id).where(Decision.comment_id == comment, Decision.version == 2)
    with world.database.reading() as session:
        decision = session.scalar(latest)
    fields = {"comment": comment, "version": "2", "status": "spam", "page": PAGE}
    fields |= {"action": "end", "List-Unsubscribe": "One-Click", "message": "none"}
    fields |= {"notices": "off", "locale": "en"}
    return {"data": {**fields, "decision": decision, "csrf_token": csrf, "session": "none"}}


def is_right(answer: TestResponse, access: Access, visitor: Visitor, method: str) -> bool:
    """Whether an answer is what the table promises this visitor."""
    if visitor.may(access):
        to_login = answer.headers.get("Location", "").startswith("/login?")
        return answer.status_code not in {401, 403, 404, 405} and not to_login
    if access is Access.BROWSER_OF_THE_SITE and visitor.by == "browser":
        return answer.status_code == 404
    if access is Access.OWNER and visitor.by == "browser":
        return answer.status_code == 403
    if access is Access.TOKEN or method == "POST":
        return answer.status_code == 401
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login?")


def routes(world: World) -> Iterator[tuple[Rule, str]]:
    for rule in world.app.url_map.iter_rules():
        for method in sorted(set(METHODS) & (rule.methods or set())):
            yield rule, method


def wrong_answers(world: World, endpoint: str = "") -> list[tuple[str, str, Visitor, int]]:
    """Every route (or one) by every visitor: those that got what the table does not promise."""
    found = []
    for rule, method in routes(world):
        if not rule.endpoint.startswith(endpoint):
            continue
        for visitor in VISITORS:
            answer = knock(world, rule, method, visitor)
            if not is_right(answer, RULES[rule.endpoint], visitor, method):
                found.append((method, rule.rule, visitor, answer.status_code))
    return found


def without_rule(world: World) -> set[str]:
    return {rule.endpoint for rule in world.app.url_map.iter_rules()} - set(RULES)


def test_every_route_has_a_rule_and_every_rule_a_route(world: World) -> None:
    assert without_rule(world) == set()
    assert set(RULES) == {rule.endpoint for rule in world.app.url_map.iter_rules()}


def test_everybody_gets_what_the_table_promises(world: World) -> None:
    assert wrong_answers(world) == []


def test_other_methods_do_nothing(world: World) -> None:
    for rule in {rule.rule: rule for rule in world.app.url_map.iter_rules()}.values():
        address = address_of(rule, "x", "x")
        for method in ("PUT", "PATCH", "DELETE"):
            assert world.client().open(address, method=method).status_code == 405, address


def test_control_a_new_route_is_missed_in_the_table(world: World) -> None:
    world.app.url_map.add(Rule("/queue/everything", endpoint="queue.everything"))
    assert without_rule(world) == {"queue.everything"}


def test_control_a_route_without_its_guard_is_found(world: World) -> None:
    world.app.view_functions["queue.card"] = lambda comment: f"{comment}, for everybody"
    missing = {visitor for _, _, visitor, _ in wrong_answers(world, "queue.card")}
    assert Visitor("nobody", "nothing") in missing
    assert Visitor(OTTO, "browser") in missing


# What Otto, who moderates another site, may learn of the blog: nothing.


def as_otto(world: World, comment: str, decision: str) -> dict[str, tuple[int, str]]:
    """Everything that Otto can ask about the blog: status and text of each answer."""
    browser, program = world.signed_in(OTTO), world.client()
    wish = {"comment": comment, "version": 2, "status": "spam"}
    bearer, bob = world.bearer(OTTO), BOB.partition("@")[0]
    asked: dict[str, Callable[[], TestResponse]] = {
        "card": lambda: browser.get(f"/queue/comments/{comment}"),
        "address": lambda: browser.post(f"/queue/comments/{comment}/address"),
        "decide": lambda: browser.post("/queue/decisions", **{**wish, "version": "2"}),
        "undo": lambda: browser.post("/queue/undo", decision=decision),
        "api decide": lambda: program.post(
            "/api/v1/decisions", json={"decisions": [wish]}, headers=bearer
        ),
    }
    for path in ("health", "log", "log/decisions.csv"):
        for site in ("", "blog"):
            asked[f"{path} {site}"] = lambda path=path, site=site: browser.get(
                f"/queue/{path}", site=site
            )
    for status in Status:
        for name, query in {
            "all": {},
            "site": {"site": "blog"},
            "search": {"q": MARK},
            "search page": {"q": "post-1"},
            "search name": {"q": bob},
            "reason": {"reason": "first_time"},
            "page": {"page": PAGE},
            "priority": {"order": "priority"},
            "language": {"language": "en"},
        }.items():
            asked[f"queue {name} {status}"] = lambda query=query, status=status: browser.get(
                "/queue", status=status, **query
            )
            asked[f"api queue {name} {status}"] = lambda query=query, status=status: program.get(
                "/api/v1/queue", query_string={"status": status, **query}, headers=bearer
            )
    answers = {name: ask() for name, ask in asked.items()}
    return {name: (answer.status_code, answer.text) for name, answer in answers.items()}


def seen_of_the_blog(world: World) -> list[str]:
    """What gave something of the blog away: words, a count, or another answer than for nothing."""
    comment = world.published(body=f"{MARK} {UNSAID}.")
    for status in ("rejected", "spam", "deleted"):
        world.decide(world.left(body=f"{MARK} {UNSAID} {status}."), status)
    world.left(body=f"{MARK} {UNSAID} waits.")
    with world.database.reading() as session:
        latest = select(Decision.id).where(Decision.comment_id == comment, Decision.version == 2)
        real = as_otto(world, comment, session.scalars(latest).one())
    unreal = as_otto(world, "a" * 20, "b" * 20)
    told = [name for name, (_, text) in real.items() if UNSAID in text]
    same = {name: _plain(answer, comment) for name, answer in real.items()}
    # Asked for what does not exist, every answer must be the same.
    other = {name: _plain(answer, "a" * 20) for name, answer in unreal.items()}
    return sorted({*told, *(name for name in same if same[name] != other[name])})


def _plain(answer: tuple[int, str], comment: str) -> tuple[int, str]:
    status, text = answer
    text = re.sub(r'(name="csrf_token"[^>]*value=)"[^"]+"', r"\1", text)
    return status, text.replace(comment, "")


def test_a_moderator_of_another_site_learns_nothing(world: World) -> None:
    assert seen_of_the_blog(world) == []


def test_a_moderator_of_another_site_is_refused_and_changes_nothing(world: World) -> None:
    comment = world.published(body=f"{MARK} {UNSAID}.")
    with world.database.reading() as session:
        latest = select(Decision.id).where(Decision.comment_id == comment, Decision.version == 2)
        decision = session.scalars(latest).one()
    heard = as_otto(world, comment, decision)
    assert {heard[name][0] for name in ("card", "address", "decide", "undo")} == {404}
    assert '"error":"unknown"' in heard["api decide"][1].replace(" ", "")
    assert heard["api queue site pending"][0] == 404
    with world.database.reading() as session:
        assert session.get_one(Comment, comment).version == 2
        assert session.scalars(select(AddressView)).all() == []


def test_counts_show_ones_own_sites_alone(world: World) -> None:
    for _ in range(3):
        world.left(body=f"{MARK} {UNSAID} {next(world._number)}")
    assert [world.queue(who)["count"] for who in (ANN, OLGA, OTTO)] == [3, 3, 0]
    world.left(site="other", page=f"{OTHER}/post", body="Something else.")
    assert [world.queue(who)["count"] for who in (ANN, OLGA, OTTO)] == [3, 4, 1]


def test_an_author_has_no_past_from_another_site(world: World) -> None:
    for _ in range(2):
        world.published(body=f"{MARK} {UNSAID} {next(world._number)}")
    world.left(body="The same words.")
    world.left(site="other", page=f"{OTHER}/post", body="The same words.")
    (card,) = world.queue(OTTO)["comments"]
    assert card["twins"] == 0
    assert (card["author"]["approved"], card["author"]["pending"]) == (0, 1)


def test_control_without_the_sites_a_stranger_sees_the_blog(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sees, "may_see", lambda _self, _site: True)
    for whoever in (Moderator, Bearer):
        monkeypatch.setattr(whoever, "site_ids", None)
    found = seen_of_the_blog(world)
    assert {"card", "address", "decide", "undo", "api decide", "queue all pending"} <= set(found)
