"""Random lives of a page against a model of it: after each step both say the same.

Readers leave, edit, withdraw, erase and report, moderators decide and undo, on fresh and on stale
versions, and time passes; the page, its count, the status page of the reply and the queue must be
what `thread_model` says.
"""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from characters import BLOG, OLGA, World
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from servers import SIZE
from sqlalchemy import select
from thread_model import Model, Reply

from moderation import captcha, publishing, review
from moderation.accounts import add_site
from moderation.models import Bearer, Comment, Decision, Stale, Status, open_sites
from moderation.web import service

pytestmark = pytest.mark.proof

#: On each database, of so many steps each; at MODERATION_PROOF_SIZE=10 it is 2,000 on both.
RUNS, STEPS = 6 if SIZE == 1 else 100 * SIZE, 50
PEOPLE = {"Bob": "bob@example.org", "Carla": "carla@example.org"}
NETWORKS = [f"192.0.{number}.7" for number in range(5)]
STATUSES = [str(status) for status in Status]
SITES = itertools.count()

some_reply = st.integers(0, 30)
words = st.sampled_from(["Quite so.", "Not at all.", ""])
stale = st.sampled_from([0, 0, 0, 1])


class Clock:
    """The service's time: it stands, but for a second with each look at it."""

    def __init__(self) -> None:
        self.at = datetime.now().astimezone()

    def now(self, _zone: Any = None) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


class Page(RuleBasedStateMachine):
    """A page of a site of its own, and the model of it."""

    world: ClassVar[World]
    model_of_it: ClassVar[Callable[[], Model]] = Model
    steps: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.model, self.number = self.model_of_it(), itertools.count(1)
        self.clock = service.datetime = Clock()  # type: ignore[attr-defined]
        self.site, self.client = f"site-{next(SITES)}", self.world.client()
        self.page = f"{BLOG}/{self.site}"
        with self.world.database.writing() as session:
            keyring, at = self.world.keyring, self.clock.now()
            self.here = add_site(session, keyring, self.site, "A Site", [BLOG], at)
            olga = self.world.moderator(session, "Olga")
            self.olga = Bearer(olga.id, open_sites(olga.role, []), "en")
            session.commit()

    # Readers

    @rule(parent=st.none() | some_reply, name=st.sampled_from(sorted(PEOPLE)), body=words)
    def leave(self, parent: int | None, name: str, body: str) -> None:
        above = self._reply(parent) if parent is not None and self.model.replies else None
        said = body or f"Number {next(self.number)}."
        heard = self._post(above, name, said, self._sum())
        refused = self.model.refuses(above, name, said)
        assert heard.status_code == (refused or 202), heard.text
        if not refused:
            told = heard.get_json()
            path = urlsplit(told["status_url"]).path
            left = Reply(told["id"], path, above, name, said, self.clock.at)
            self.model.replies.append(left)
        self._compare(None if refused else left)

    @rule(wrong=st.sampled_from(["answer", "expired", "spent"]))
    def leave_without_the_sum(self, wrong: str) -> None:
        asked = self._sum(timedelta(minutes=61) if wrong == "expired" else timedelta(minutes=1))
        if wrong == "answer":
            asked["answer"] += "0"
        if wrong == "spent":
            self._post(None, "Bob", "Spent.", {**asked, "answer": asked["answer"] + "0"})
        assert self._post(None, "Bob", "Never taken.", asked).status_code == 422
        self._compare()

    @precondition(lambda self: self.model.replies)
    @rule(which=some_reply, body=words, behind=stale)
    def edit(self, which: int, body: str, behind: int) -> None:
        reply = self._reply(which)
        said, version = body or f"Changed {next(self.number)}.", reply.version - behind
        sent = {"body": said, "version": str(version)}
        heard = self.client.post(f"{reply.path}/edit", data=sent)
        assert heard.status_code == self.model.edit(reply, said, version, self.clock.at)
        self._compare(reply)

    @precondition(lambda self: self.model.replies)
    @rule(which=some_reply, erases=st.booleans())
    def take_back(self, which: int, erases: bool) -> None:
        reply = self._reply(which)
        heard = self.client.post(f"{reply.path}/{'erase' if erases else 'withdraw'}")
        assert heard.status_code == 303
        (self.model.erase if erases else self.model.withdraw)(reply)
        self._compare(reply)

    @precondition(lambda self: self.model.replies)
    @rule(which=some_reply, network=st.sampled_from(NETWORKS))
    def report(self, which: int, network: str) -> None:
        reply = self._reply(which)
        heard = self.client.post(
            f"/api/v1/sites/{self.site}/comments/{reply.id}/reports",
            json={"reason": "spam"},
            environ_overrides={"REMOTE_ADDR": network},
        )
        assert heard.status_code == self.model.report(reply, network, self.clock.at)
        self._compare(reply)

    # Moderators

    @precondition(lambda self: self.model.replies)
    @rule(which=some_reply, status=st.sampled_from(["approved", *STATUSES]), behind=stale)
    def decide(self, which: int, status: str, behind: int) -> None:
        reply = self._reply(which)
        version = reply.version - behind
        wish = {"comment": reply.id, "status": status, "version": version}
        headers, body = self.world.bearer(OLGA), {"decisions": [wish]}
        heard = self.client.post("/api/v1/decisions", json=body, headers=headers)
        refused = self.model.decide(reply, status, version, self.clock.at)
        assert heard.get_json()["results"][0].get("error", "") == refused
        self._compare(reply)

    @precondition(lambda self: self.model.replies)
    @rule(which=some_reply, behind=stale)
    def undo(self, which: int, behind: int) -> None:
        reply = self._reply(which)
        version, at = max(1, reply.version - behind), self.clock.now()
        assert self._undone(reply, version, at) == self.model.undo(reply, version, at)
        self._compare(reply)

    @rule(minutes=st.sampled_from([1, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.clock.at += timedelta(minutes=minutes)

    # How

    def _reply(self, which: int) -> Reply:
        return self.model.replies[which % len(self.model.replies)]

    def _sum(self, age: timedelta = timedelta(minutes=1)) -> dict[str, str]:
        key = self.world.keyring.derive("challenge")
        asked = captcha.ask(key, site=self.site, page=self.page, now=self.clock.at - age)
        return {"challenge": asked.token, "answer": str(asked.left + asked.right)}

    def _post(self, parent: Reply | None, name: str, body: str, asked: dict[str, str]) -> Any:
        said = {"name": name, "email": PEOPLE[name], "body": body, "title": "", "website": ""}
        whole = {"page": self.page, "parent": parent.id if parent else None, **said, **asked}
        return self.client.post(f"/api/v1/sites/{self.site}/comments", json=whole)

    def _undone(self, reply: Reply, version: int, at: datetime) -> bool:
        made = select(Decision).where(Decision.comment_id == reply.id, Decision.version == version)
        with self.world.database.writing() as session:
            held = review.hold(session, self.olga, [reply.id])[reply.id]
            try:
                review.undo(held, session.scalars(made).one(), by=self.olga, at=at)
            except (Stale, review.NotUndoable):
                return False
            session.commit()
        return True

    # What both say

    def _compare(self, reply: Reply | None = None) -> None:
        type(self).steps += 1
        asked = {"page": self.page}
        found = self.client.get(f"/api/v1/sites/{self.site}/thread", query_string=asked).get_json()
        assert [_drawn(one) for one in found["comments"]] == [
            _expected(one) for one in self.model.shown()
        ]
        seen = sum(one.seen for one in self.model.replies)
        assert found["thread"]["count"] == seen
        with self.world.database.reading() as session:
            assert publishing.counts(session, self.here, [self.page]) == {self.page: seen}
            wanted = review.Filter(status=Status.PENDING, site_id=self.here.id)
            queue, _after = review.queue(session, self.olga, wanted, limit=100)
            number = review.count(session, self.olga, wanted)
        waiting = self.model.waiting()
        assert [(one.id, one.version, one.source) for one in queue] == [
            (one.id, one.version, one.body) for one in waiting
        ]
        assert number == len(waiting)
        if reply is not None:
            assert f"<h1>{reply.heading}</h1>" in self.client.get(reply.path).text


def _drawn(comment: dict[str, Any]) -> tuple[Any, ...]:
    text = comment["html"].strip().removeprefix("<p>").removesuffix("</p>")
    edited = comment["edited_at"] is not None and not comment["deleted"]
    return comment["id"], comment["parent"], comment["author"]["name"], text, edited


def _expected(reply: Reply) -> tuple[Any, ...]:
    parent = reply.parent.id if reply.parent else None
    if not reply.seen:
        return reply.id, parent, "", "", False
    return reply.id, parent, reply.name, reply.body, reply.edited


@pytest.fixture
def page(world: World, monkeypatch: pytest.MonkeyPatch) -> type[Page]:
    """The machine on this world, whose service looks at the machine's clock."""
    monkeypatch.setattr(service, "datetime", datetime)
    return type("PageHere", (Page,), {"world": world})


def run(machine: type[Page], runs: int) -> None:
    """As many random lives, the same ones at every landing; other ones at each longer proof."""
    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=SIZE == 1,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_nothing_ever_differs_from_the_model(page: type[Page]) -> None:
    run(page, RUNS)
    assert page.steps > RUNS * STEPS / 2


class Forgetful(Model):
    """A model in which a withdrawn reply can be decided on again."""

    def decide(self, reply: Reply, status: str, version: int, at: datetime) -> str:
        """As if its author had said nothing."""
        taken, reply.taken = reply.taken, ""
        refused = super().decide(reply, status, version, at)
        reply.taken = taken if refused else ""
        return refused


class Patient(Model):
    """A model in which a reply can be changed for ever."""

    def edit(self, reply: Reply, body: str, version: int, at: datetime) -> int:
        """As if no time had passed."""
        return super().edit(reply, body, version, reply.created)


class Deaf(Model):
    """A model in which no number of reports is enough."""

    def _counts(self, _reply: Reply, _at: datetime) -> bool:
        return False


def brought_back(page: Page) -> None:
    page.leave(None, "Bob", "Quite so.")
    page.take_back(0, erases=False)
    page.decide(0, "approved", 0)


def changed_late(page: Page) -> None:
    page.leave(None, "Bob", "Quite so.")
    page.time_passes(70)
    page.edit(0, "Not at all.", 0)


def reported(page: Page) -> None:
    page.leave(None, "Bob", "Quite so.")
    page.decide(0, "approved", 0)
    for network in NETWORKS[:3]:
        page.report(0, network)


def decided_late(page: Page) -> None:
    page.leave(None, "Bob", "Quite so.")
    page.decide(0, "approved", 0)
    page.decide(0, "rejected", 1)


LIVES = [(brought_back, Forgetful), (changed_late, Patient), (reported, Deaf)]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("life", "wrong"), LIVES)
def test_control_a_wrong_model_is_found(
    page: type[Page], life: Callable[[Page], None], wrong: type[Model]
) -> None:
    life(page())
    page.model_of_it = wrong
    with pytest.raises(AssertionError):
        life(page())


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_a_door_without_its_check_is_found(
    page: type[Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided_late(page())
    decide = Comment.decide

    def hasty(self: Comment, became: Status, **more: Any) -> str:
        return decide(self, became, **{**more, "version": None})

    monkeypatch.setattr(Comment, "decide", hasty)
    with pytest.raises(AssertionError):
        decided_late(page())
