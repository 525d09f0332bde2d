"""Every route, by everybody: what each may reach, and what a moderator of another site may not.

The table below says who may use which route; a route that is not in it fails the proof.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from characters import ANN, BOB, OLGA, OTHER, OTTO, PAGE, PASSWORD, World
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from moderation import lists, people
from moderation.accounts import add_moderator
from moderation.models import (
    AddressView,
    Batch,
    Bearer,
    Comment,
    Decision,
    ListEntry,
    Moderator,
    Role,
    SavedView,
    Sees,
    Stage,
    Status,
    Subscription,
)
from moderation.privacy import new_id
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
    "accounts.revoke_token": Access.BROWSER,
    # Whoever's password was right; everybody else is sent to the start.
    "second.ask": Access.ANYONE,
    "second.code": Access.ANYONE,
    "second.challenge": Access.ANYONE,
    "second.passkey": Access.ANYONE,
    "confirming.ask": Access.BROWSER,
    "confirming.confirm": Access.BROWSER,
    "factors.index": Access.BROWSER,
    "factors.app": Access.BROWSER,
    "factors.start_app": Access.BROWSER,
    "factors.confirm_app": Access.BROWSER,
    "factors.turn_app_off": Access.BROWSER,
    "factors.renew_codes": Access.BROWSER,
    "passkeys.challenge": Access.BROWSER,
    "passkeys.register": Access.BROWSER,
    "passkeys.remove": Access.BROWSER,
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
    "sites.index": Access.OWNER,
    "sites.add": Access.OWNER,
    "sites.site": Access.OWNER,
    "sites.rename": Access.OWNER,
    "sites.settings": Access.OWNER,
    "sites.defaults": Access.OWNER,
    "sites.change_defaults": Access.OWNER,
    "people.index": Access.OWNER,
    "people.invite": Access.OWNER,
    "people.revoke": Access.OWNER,
    "people.person": Access.OWNER,
    "people.change": Access.OWNER,
    "people.remove": Access.OWNER,
    # Whoever has the link, which is good once.
    "invitations.invitation": Access.ANYONE,
    "invitations.take_up": Access.ANYONE,
    "reasons.index": Access.OWNER,
    "reasons.add": Access.OWNER,
    "reasons.change": Access.OWNER,
    "reasons.move": Access.OWNER,
    "reasons.retire": Access.OWNER,
    "reasons.again": Access.OWNER,
    "threads.index": Access.OWNER,
    "threads.set_open": Access.OWNER,
    "threads.move": Access.OWNER,
    "policy.page": Access.OWNER,
    "policy.change": Access.OWNER,
    "policy.defaults": Access.OWNER,
    "policy.change_defaults": Access.OWNER,
    "outside.index": Access.OWNER,
    "outside.save": Access.OWNER,
    "outside.attempt": Access.OWNER,
    "outside.secret": Access.OWNER,
    "privacy.site": Access.ANYONE,
    "lists.index": Access.OWNER,
    "lists.add": Access.OWNER,
    "lists.remove": Access.OWNER,
    "lists.block": Access.BROWSER_OF_THE_SITE,
    "lists.trust": Access.BROWSER_OF_THE_SITE,
    "lists.take_back": Access.BROWSER_OF_THE_SITE,
    "queue.index": Access.BROWSER,
    "queue_health.index": Access.BROWSER,
    "log.index": Access.BROWSER,
    "log.export": Access.BROWSER,
    "queue.card": Access.BROWSER_OF_THE_SITE,
    "queue.show_address": Access.BROWSER_OF_THE_SITE,
    "queue.decide": Access.BROWSER_OF_THE_SITE,
    "queue.undo": Access.BROWSER_OF_THE_SITE,
    "attack.index": Access.BROWSER_OF_THE_SITE,
    "attack.switch_on": Access.BROWSER_OF_THE_SITE,
    "attack.switch_off": Access.BROWSER_OF_THE_SITE,
    # Each is about one's own batches, leases and views; see their tests for those of others.
    "batches.index": Access.BROWSER,
    "batches.new": Access.BROWSER,
    "batches.preview": Access.BROWSER,
    "batches.confirm": Access.BROWSER,
    "batches.batch": Access.BROWSER,
    "batches.progress": Access.BROWSER,
    "batches.undo": Access.BROWSER,
    "groups.decide": Access.BROWSER_OF_THE_SITE,
    "groups.undo": Access.BROWSER,
    "leases.look": Access.BROWSER,
    "saved_views.save": Access.BROWSER,
    "saved_views.rename": Access.BROWSER,
    "saved_views.delete": Access.BROWSER,
    "saved_views.start": Access.BROWSER,
    # Whoever has the link, which only the moderator was sent.
    "deciding.page": Access.ANYONE,
    "deciding.decide": Access.ANYONE,
    "parts.part": Access.BROWSER_OF_THE_SITE,
    "parts.card": Access.BROWSER_OF_THE_SITE,
    "parts.write_note": Access.BROWSER_OF_THE_SITE,
    "parts.answer": Access.BROWSER_OF_THE_SITE,
    "preferences.index": Access.BROWSER,
    "preferences.change": Access.BROWSER,
    "health.alive": Access.ANYONE,
    "health.ready": Access.ANYONE,
    "health.metrics": Access.ANYONE,
}


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: Words that stand in every comment on the blog, and nowhere else: one to search for, and one
#: that no search repeats.
MARK, UNSAID = "heliotrope", "aubretia"
CAROL = "carol@example.org"


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
            found = re.search(r'name="csrf_token"[^>]*value="(.+?)"', browser.get("/login").text)
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


def address_of(rule: Rule, comment: str, token: str, *, own: str = "x", person: str = "x") -> str:
    """A route's address, filled in so that what it names is there; `own` is of the visitor's."""
    names = {
        "person": person,
        "site": "blog",
        "comment": comment,
        "token": token,
        "batch": own,
        "view": own,
        "part": "history",
        "name": "akismet",
        "filename": "embed/comment-thread.css",
    }
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: names[found[1]], rule.rule)


#: What each visitor knocks with where nothing is changed: a client, headers, a form's token.
Entered = dict[Visitor, tuple[FlaskClient, dict[str, str], str]]


def approved(world: World, email: str = BOB) -> dict[str, Any]:
    """What was answered to a reply on the blog, which Ann approved."""
    said = f"{MARK} {UNSAID} {next(world._number)}"
    left: dict[str, Any] = world.leave(body=said, email=email, notify=True).get_json()
    world.decide(left["id"], "approved")
    return left


def knock(
    world: World, rule: Rule, method: str, visitor: Visitor, left: dict[str, Any], entered: Entered
) -> TestResponse:
    """One good request for a route about a comment, fresh where this visitor may change it;
    owners' routes decide nothing, and sign nobody out.
    """
    access = RULES[rule.endpoint]
    if method == "POST" and access is not Access.OWNER:
        left, entered = approved(world) if visitor.may(access) else left, {}
    by_id = {"batch", "view"} & rule.arguments or rule.endpoint == "groups.undo"
    own = _own(world, visitor.who) if by_id else ""
    person = _person(world) if "person" in rule.arguments else ""
    token = _token(world, rule, left)
    address = address_of(rule, left["id"], token, own=own, person=person)
    if visitor not in entered:
        entered[visitor] = visitor.enter(world)
    client, headers, csrf = entered[visitor]
    more = _form(world, left["id"], csrf) if method != "GET" else {}
    if rule.endpoint == "lists.take_back":
        more["data"]["entry"] = _listed(world, left["id"])
    if rule.endpoint == "groups.undo" and method != "GET":
        more["data"]["batch"] = own
    if rule.endpoint.startswith("api."):
        wish = {"comment": left["id"], "version": 2, "status": "spam"}
        more = {"json": {"body": "x", "decisions": [wish]}} if method == "POST" else {}
    query = {"page": PAGE} if method in {"GET", "HEAD"} else {}
    with client.open(address, method=method, query_string=query, headers=headers, **more) as answer:
        return answer


def _person(world: World) -> str:
    """Somebody who moderates the blog, whom nobody misses."""
    with world.database.writing() as session:
        number, now = next(world._number), datetime.now(UTC)
        known = (f"nobody{number}@example.org", "Nobody", Role.MODERATOR, ["blog"], PASSWORD, now)
        made = add_moderator(session, world.keyring, *known).id
        session.commit()
    return made


def _invitation(world: World) -> str:
    with world.database.writing() as session:
        olga, email = world.moderator(session, "Olga"), f"new{next(world._number)}@example.org"
        known = {"by": olga, "at": datetime.now(UTC), "locale": "en", "to_be_mailed": False}
        token = people.invite(session, world.keyring, email, people.Part(Role.OWNER), **known)
        session.commit()
    return token


def _listed(world: World, comment: str) -> str:
    """The id of an entry of the blog's list, about this comment's author."""
    with world.database.writing() as session:
        ann, found = world.moderator(session, "Ann"), session.get_one(Comment, comment)
        at = datetime.now(UTC)
        entry = lists.block(session, world.keyring, found, by=ann, at=at)
        entry = entry or session.scalars(select(ListEntry)).first()
        session.commit()
    assert entry
    return entry.id


def _token(world: World, rule: Rule, left: dict[str, Any]) -> str:
    """A token that is good for this route."""
    wish = select(Subscription.id).where(Subscription.comment_id == left["id"])
    with world.database.reading() as session, world.app.app_context():
        if rule.rule.startswith("/subscriptions/"):
            return links.subscription_token(session.scalars(wish).one())
        if rule.rule.startswith("/decide/"):
            return links.decision_token(world.moderator(session, "Ann"), left["id"], 2)
        if rule.rule.startswith("/notices/"):
            return links.notices_token(world.moderator(session, "Ann").id)
        if rule.rule.startswith("/invitations/"):
            return _invitation(world)
        if rule.rule.startswith("/erasures/"):
            return links.erasure_token(session.get_one(Comment, left["id"]).author_id)
    return urlsplit(left["status_url"]).path.rpartition("/")[2]


def _own(world: World, who: str) -> str:
    """A batch and a view of the visitor's own, under one id."""
    name = {ANN: "Ann", OLGA: "Olga", OTTO: "Otto"}.get(who, "Ann")
    made = new_id()
    with world.database.writing() as session:
        me, at = world.moderator(session, name).id, datetime.now(UTC)
        batch = Batch(id=made, moderator_id=me, became=Status.SPAM, stage=Stage.DONE, created_at=at)
        session.add(batch)
        session.add(SavedView(id=made, moderator_id=me, name=made, query="q=x", created_at=at))
        session.commit()
    return made


def _form(world: World, comment: str, csrf: str) -> dict[str, Any]:
    latest = select(Decision.id).where(Decision.comment_id == comment, Decision.version == 2)
    with world.database.reading() as session:
        decision = session.scalar(latest)
        thread = session.get_one(Comment, comment).thread_id
    fields = {"comment": comment, "version": "2", "status": "spam", "page": PAGE}
    fields |= {"members": f"{comment}.2"}
    fields |= {"action": "end", "List-Unsubscribe": "One-Click", "message": "none"}
    fields |= {"notices": "off", "locale": "en", "role": "moderator", "sites": "blog"}
    fields |= {"thread": thread, "open": "yes", "step": "up", "hours": "1"}
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
    """Each route with each of its methods; those that change something last, and of these the
    owners' first: others end sessions.
    """
    first = Access.OWNER
    every = world.app.url_map.iter_rules()
    rules = sorted(every, key=lambda rule: RULES.get(rule.endpoint) is not first)
    for method in METHODS:
        for rule in rules:
            if method in (rule.methods or ()):
                yield rule, method


def wrong_answers(world: World, endpoint: str = "") -> list[tuple[str, str, Visitor, int]]:
    """Every route (or one) by every visitor: those that got what the table does not promise."""
    found = []
    # Not by Bob, all of whose replies are erased on the way.
    left, entered = approved(world, CAROL), Entered()
    for rule, method in routes(world):
        if not rule.endpoint.startswith(endpoint):
            continue
        for visitor in VISITORS:
            answer = knock(world, rule, method, visitor, left, entered)
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


def test_control_a_new_route_is_missed_in_the_table(own_world: World) -> None:
    own_world.app.url_map.add(Rule("/queue/everything", endpoint="queue.everything"))
    assert without_rule(own_world) == {"queue.everything"}


def test_control_a_route_without_its_guard_is_found(own_world: World) -> None:
    own_world.app.view_functions["queue.card"] = lambda comment: f"{comment}, for everybody"
    missing = {visitor for _, _, visitor, _ in wrong_answers(own_world, "queue.card")}
    assert Visitor("nobody", "nothing") in missing
    assert Visitor(OTTO, "browser") in missing


# What Otto, who moderates another site, may learn of the blog: nothing.


REFUSED = (
    *("card", "address", "decide", "decide all", "undo", "block", "trust"),
    *("part", "card alone", "note", "answer"),
)


def as_otto(world: World, comment: str, decision: str) -> dict[str, tuple[int, str]]:
    """Everything that Otto can ask about the blog: status and text of each answer."""
    browser, program = world.signed_in(OTTO), world.client()
    wish = {"comment": comment, "version": 2, "status": "spam"}
    bearer, bob = world.bearer(OTTO), BOB.partition("@")[0]
    asked: dict[str, Callable[[], TestResponse]] = {
        "card": lambda: browser.get(f"/queue/comments/{comment}"),
        "address": lambda: browser.post(f"/queue/comments/{comment}/address"),
        "decide": lambda: browser.post("/queue/decisions", **{**wish, "version": "2"}),
        "decide all": lambda: browser.post(
            "/queue/groups/decisions", comment=comment, members=f"{comment}.2", status="spam"
        ),
        "undo": lambda: browser.post("/queue/undo", decision=decision),
        "block": lambda: browser.post(f"/queue/comments/{comment}/block"),
        "trust": lambda: browser.post(f"/queue/comments/{comment}/trust"),
        "part": lambda: browser.get(f"/queue/comments/{comment}/parts/lookalikes"),
        "card alone": lambda: browser.get(f"/queue/comments/{comment}/card"),
        "note": lambda: browser.post(f"/queue/comments/{comment}/notes", text="Hm."),
        "answer": lambda: browser.post(f"/queue/comments/{comment}/answer", body="Hm."),
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
    assert {heard[name][0] for name in REFUSED} == {404}
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
    assert {*REFUSED, "api decide", "queue all pending"} <= set(found)
