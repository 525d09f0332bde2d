"""Asked outside: off unless an owner wants it, told as little as may be, and a reason to hold."""

import base64
import gzip
import hashlib
import hmac
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from characters import ANN, BLOG, BOB, OLGA, PAGE, World
from outsiders import Outsider, let_in, outsider, stand_in_for_akismet
from sqlalchemy import delete, func, select

from moderation import create_app, outside
from moderation.config import Settings
from moderation.models import (
    Comment,
    Message,
    OutsideCheck,
    OutsideList,
    OutsideListed,
    OutsideService,
    Site,
)
from moderation.outside import services, stopforumspam, webhook
from moderation.outside.asking import BREAKER
from moderation.outside.said import Said

pytestmark = pytest.mark.usefixtures("lenient")

ADDRESS = "203.0.113.77"
KEY = "a key of Akismet's"
AKISMET = {"akismet-key": KEY, "akismet-spam": "hold", "akismet-surest": "spam"}


@pytest.fixture
def akismet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outsider]:
    with outsider() as this:
        this.bodies = {
            "verify-key": b"valid",
            "submit-spam": b"Thanks for making the web a better place.",
            "submit-ham": b"Thanks for making the web a better place.",
        }
        stand_in_for_akismet(monkeypatch, this)
        yield this


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outsider]:
    with outsider() as this:
        this.body = b'{"verdict": "none"}'
        let_in(monkeypatch)
        yield this


def save(world: World, name: str, **fields: str) -> Any:
    return world.signed_in(OLGA).post(f"/queue/sites/blog/outside/{name}", **fields)


def set_up(world: World, name: str, key: str, **options: Any) -> None:
    """Switch a service on, as the page does."""
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        known_as = {"by": world.moderator(session, "Olga"), "at": datetime.now(UTC)}
        one = services.save(session, blog, name, is_on=True, options=options, **known_as)
        one.seal(key, world.keyring)
        session.commit()


def ask_akismet(world: World, **options: Any) -> None:
    set_up(world, "akismet", KEY, **{"spam": "hold", "surest": "spam", **options})


def ask_hook(world: World, hook: Outsider) -> str:
    secret = webhook.new_secret()
    set_up(world, "webhook", secret, url=f"{hook.url}/reply", seconds=1)
    return secret


def use_lists(world: World) -> None:
    set_up(world, "stopforumspam", "", does="hold")


def reply(world: World, **changes: Any) -> Any:
    """Leave a reply from a network address that is known."""
    body = world.reply(**changes)
    client = world.client()
    return client.post(
        "/api/v1/sites/blog/comments", json=body, environ_base={"REMOTE_ADDR": ADDRESS}
    )


def known(world: World) -> None:
    """Let Bob be somebody of whom a moderator approved something: no stranger."""
    world.published()


def reasons(world: World, comment: str) -> dict[str, dict[str, Any]]:
    with world.database.reading() as session:
        return {one["code"]: one for one in session.get_one(Comment, comment).reasons}


def card(world: World, comment: str) -> str:
    return world.signed_in(ANN).get(f"/queue/comments/{comment}").text


def report(world: World) -> Any:
    """Tell Akismet what is due once decisions can no longer be taken back."""
    after = datetime.now(UTC) + Message.UNDO_WINDOW + timedelta(seconds=1)
    return outside.deliver(world.database, world.keyring, lambda: after)


def test_nobody_is_asked_where_nobody_wanted_it(
    world: World, akismet: Outsider, hook: Outsider
) -> None:
    left = reply(world).get_json()["id"]
    world.decide(left, "spam")
    report(world)
    assert akismet.sent == hook.sent == []
    # They would have been, had an owner wanted it.
    ask_akismet(world)
    ask_hook(world, hook)
    reply(world)
    assert (len(akismet.sent), len(hook.sent)) == (1, 1)


def test_an_owner_switches_it_on_and_off(world: World, akismet: Outsider) -> None:
    assert save(world, "akismet", **AKISMET, **{"akismet-is_on": "y"}).status_code == 303
    reply(world)
    assert save(world, "akismet", **{**AKISMET, "akismet-key": ""}).status_code == 303
    reply(world)
    assert [sent.form["api_key"] for sent in akismet.sent] == [KEY]
    lists = {"stopforumspam-is_on": "y", "stopforumspam-does": "score"}
    assert save(world, "stopforumspam", **lists).status_code == 303
    page = world.signed_in(OLGA).get("/queue/sites/blog").text
    for name in ("Akismet", "StopForumSpam"):
        assert re.search(f"changed “[^”]*{name}", page)


def test_akismet_is_told_the_reply_and_no_email_address(world: World, akismet: Outsider) -> None:
    ask_akismet(world)
    reply(world, body="Buy *this*.", website="https://bob.example/")
    (sent,) = akismet.sent
    assert sent.path == "/1.1/comment-check"
    assert sent.form["api_key"] == KEY
    assert sent.form["user_ip"] == ADDRESS
    assert sent.form["comment_content"] == "Buy *this*."
    assert sent.form["comment_author"] == "Bob"
    assert sent.form["comment_author_url"] == "https://bob.example/"
    assert sent.form["blog"] == "https://blog.example"
    assert b"bob%40" not in sent.body.lower()
    assert "comment_author_email" not in sent.form
    ask_akismet(world, send_email=True)
    reply(world)
    assert akismet.sent[1].form["comment_author_email"] == BOB


@pytest.mark.parametrize(
    ("wish", "tip", "status", "score"),
    [
        ("score", "", "pending", 40),
        ("hold", "", "pending", 40),
        ("spam", "", "spam", 40),
        ("hold", "discard", "spam", 60),
    ],
)
def test_what_akismet_takes_for_spam_does_what_the_owner_chose(
    world: World, akismet: Outsider, wish: str, tip: str, status: str, score: int
) -> None:
    known(world)
    ask_akismet(world, spam=wish)
    akismet.body, akismet.headers = b"true", {"X-akismet-pro-tip": tip} if tip else {}
    left = reply(world).get_json()
    assert stored(world, left["id"]) == status
    assert reasons(world, left["id"])["akismet"]["score"] == score
    assert "Akismet takes it for spam" in card(world, left["id"])


def test_what_akismet_finds_nothing_about_is_published(world: World, akismet: Outsider) -> None:
    known(world)
    ask_akismet(world)
    assert reply(world).get_json()["status"] == "approved"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"body": b"invalid", "headers": {"X-akismet-debug-help": "No\tkey; <b>given"}},
            "Akismet could not be asked: it said “No key, &lt;b&gt;given”.",
        ),
        ({"status": 500}, "Akismet could not be asked: it answered with the status 500."),
        ({"body": b"x" * 99_999}, "Akismet could not be asked: its answer was too large."),
    ],
)
def test_a_failure_holds_and_is_shown(
    world: World, akismet: Outsider, change: dict[str, Any], sentence: str
) -> None:
    known(world)
    ask_akismet(world)
    assert reply(world).get_json()["status"] == "approved"
    for name, value in change.items():
        setattr(akismet, name, value)
    left = reply(world).get_json()
    assert left["status"] == "pending"
    assert sentence in card(world, left["id"])
    assert sentence in world.signed_in(OLGA).get("/queue/sites/blog/outside").text
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutsideCheck)) == 1


def test_who_does_not_answer_in_time_holds_and_then_rests(world: World, hook: Outsider) -> None:
    known(world)
    ask_hook(world, hook)
    hook.free.clear()
    left = reply(world).get_json()
    assert left["status"] == "pending"
    late = "The webhook could not be asked: it did not answer within 1 second."
    assert late in card(world, left["id"])
    with world.database.reading() as session:
        one = session.scalars(select(OutsideService)).one()
    BREAKER._until[one.id, "webhook"] = BREAKER.clock() + 60
    asked = len(hook.sent)
    rested = reply(world).get_json()
    assert "is left alone for a minute" in card(world, rested["id"])
    assert len(hook.sent) == asked


def test_nobody_outside_keeps_the_database_waiting(world: World, hook: Outsider) -> None:
    ask_hook(world, hook)
    found: list[str] = []

    def write(line: Any) -> None:
        # While we are asked, somebody else writes.
        with world.database.writing() as session:
            session.execute(delete(OutsideListed))
            session.commit()
        found.append("written")
        line.write(b'HTTP/1.0 200 OK\r\n\r\n{"verdict": "none"}')

    hook.write = write
    left = reply(world).get_json()
    assert found == ["written"]
    assert "outside_failed" not in reasons(world, left["id"])


def test_the_webhook_is_told_the_reply_signed_and_without_addresses(
    world: World, hook: Outsider
) -> None:
    secret = ask_hook(world, hook)
    reply(world, body="I read *this*.", website="https://bob.example/")
    (sent,) = hook.sent
    said = json.loads(sent.body)["comment"]
    assert (said["name"], said["text"], said["site"]) == ("Bob", "I read *this*.", "blog")
    assert said["html"] == "<p>I read <em>this</em>.</p>"
    for never in (BOB, "bob@", ADDRESS):
        assert never not in sent.body.decode()
        assert never not in json.dumps(sent.headers)
    at = sent.headers["webhook-timestamp"]
    assert abs(int(at) - datetime.now(UTC).timestamp()) < 60
    signed = f"{sent.headers['webhook-id']}.{at}.".encode() + sent.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert sent.headers["webhook-signature"] == f"v1,{expected}"


def test_standard_webhooks_own_example_is_signed_as_there() -> None:
    """The values of the libraries' own tests (standard-webhooks/standard-webhooks)."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    signed = webhook.signed(secret, body, datetime.fromtimestamp(1614265330, UTC))
    content = f"{signed['webhook-id']}.1614265330.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    assert signed["webhook-signature"] == f"v1,{right}"


def stored(world: World, comment: str) -> str:
    """Its status, which its sender is not told where it is spam."""
    with world.database.reading() as session:
        return str(session.get_one(Comment, comment).status)


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        ({"verdict": "none"}, "approved", ""),
        ({"verdict": "publish"}, "approved", ""),
        ({"verdict": "hold", "reason": "No <b>"}, "pending", "to read it: “No &lt;b&gt;”"),
        ({"verdict": "spam"}, "spam", "webhook takes it for spam."),
        ({"verdict": "burn"}, "pending", "its answer was no verdict"),
        ({"verdict": "hold", "reason": "x" * 201}, "pending", "its answer was no verdict"),
        ({"verdict": ["hold"]}, "pending", "its answer was no verdict"),
        ([], "pending", "its answer was no verdict"),
        ("nonsense", "pending", "its answer was no verdict"),
    ],
)
def test_a_verdict_is_heard_and_all_else_holds(
    world: World, hook: Outsider, answer: Any, status: str, sentence: str
) -> None:
    known(world)
    ask_hook(world, hook)
    hook.body = json.dumps(answer).encode()
    left = reply(world).get_json()
    assert stored(world, left["id"]) == status
    assert sentence in card(world, left["id"])


def test_a_webhook_that_publishes_overrules_nothing_that_holds(
    world: World, hook: Outsider
) -> None:
    ask_hook(world, hook)
    hook.body = b'{"verdict": "publish"}'
    left = reply(world, body="See https://spam.example/ now").get_json()
    assert left["status"] == "pending"
    found = reasons(world, left["id"])
    assert found["webhook"]["effect"] == "score"
    assert "stranger_links" in found


def test_nobody_is_asked_about_a_reply_that_is_not_taken(world: World, hook: Outsider) -> None:
    ask_hook(world, hook)
    body = world.reply()
    door = "/api/v1/sites/blog/comments"
    assert world.client().post(door, json={**body, "answer": "1"}).status_code == 422
    assert hook.sent == []
    again = world.reply()
    first = world.client().post(door, json=again, headers={"Idempotency-Key": "once"})
    repeated = world.client().post(door, json=again, headers={"Idempotency-Key": "once"})
    assert first.get_json() == repeated.get_json()
    assert len(hook.sent) == 1


def test_akismet_is_told_what_moderators_found_otherwise(world: World, akismet: Outsider) -> None:
    ask_akismet(world, send_email=True)
    missed = reply(world).get_json()["id"]
    akismet.body = b"true"
    wrong = reply(world).get_json()["id"]
    agreed = reply(world).get_json()["id"]
    world.decide(missed, "spam")
    world.decide(wrong, "approved")
    world.decide(agreed, "spam")
    akismet.sent.clear()
    outside.deliver(world.database, world.keyring)
    assert akismet.sent == []
    assert report(world).sent == 2
    assert sorted(akismet.paths()) == ["/1.1/submit-ham", "/1.1/submit-spam"]
    for sent in akismet.sent:
        # The network address is kept nowhere, and their email address is not needed for it.
        assert "user_ip" not in sent.form
        assert "comment_author_email" not in sent.form
    akismet.sent.clear()
    assert report(world).sent == 0
    # Who changes their mind later is heard again.
    world.decide(missed, "approved")
    assert report(world).sent == 1
    assert akismet.paths() == ["/1.1/submit-ham"]


def test_a_decision_that_is_taken_back_sends_nothing(world: World, akismet: Outsider) -> None:
    ask_akismet(world)
    left = reply(world).get_json()["id"]
    world.decide(left, "spam")
    with world.database.reading() as session:
        decision = session.get_one(Comment, left).decisions[-1].id
    browser = world.signed_in(ANN)
    assert browser.post("/queue/undo", decision=decision, next="/queue").status_code == 303
    akismet.sent.clear()
    assert report(world).dropped == 1
    assert akismet.sent == []


def test_a_report_that_is_not_taken_is_tried_again(world: World, akismet: Outsider) -> None:
    ask_akismet(world)
    left = reply(world).get_json()["id"]
    world.decide(left, "spam")
    akismet.status = 503
    assert report(world).delayed == 1
    assert report(world).delayed == 0
    akismet.status = 200
    later = datetime.now(UTC) + timedelta(hours=1)
    assert outside.deliver(world.database, world.keyring, lambda: later).sent == 1


def test_erasing_a_reply_forgets_what_akismet_took_it_for(world: World, akismet: Outsider) -> None:
    ask_akismet(world)
    left = reply(world).get_json()
    token = left["status_url"].rpartition("/")[2]
    world.client().post(f"/replies/{token}/erase", data={"sure": "y"})
    with world.database.reading() as session:
        gone = session.get_one(Comment, left["id"]).author_id is None
        assert gone
        assert session.scalar(select(func.count()).select_from(OutsideCheck)) == 0


def test_what_was_said_of_the_first_words_stays_when_they_are_changed(
    world: World, akismet: Outsider
) -> None:
    known(world)
    ask_akismet(world)
    akismet.body = b"true"
    left = reply(world).get_json()
    before = reasons(world, left["id"])["akismet"]
    fields = {"body": "Other words.", "version": str(world.version(left["id"]))}
    answer = world.client().post(f"{left['status_url']}/edit", data=fields)
    assert answer.status_code == 303
    assert reasons(world, left["id"])["akismet"] == before
    # They were never checked, so nothing is reported of them either.
    world.decide(left["id"], "approved")
    assert report(world).dropped == 1
    assert len(akismet.sent) == 1


# The page of settings


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("akismet", {"akismet-is_on": "y", "akismet-key": ""}, "Write the key"),
        ("webhook", {"webhook-is_on": "y", "webhook-url": "http://a.example/"}, "with https://"),
        ("webhook", {"webhook-is_on": "y", "webhook-url": ""}, "with https://"),
    ],
)
def test_what_cannot_work_is_refused_and_kept(
    world: World, name: str, fields: dict[str, str], sentence: str
) -> None:
    usual = {"akismet-spam": "score", "akismet-surest": "hold", "webhook-seconds": "2"}
    answer = save(world, name, **{**usual, **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert fields.get("webhook-url", "") in answer.text
    with world.database.reading() as session:
        assert session.scalars(select(OutsideService)).all() == []


def test_there_is_no_other_service(world: World) -> None:
    assert save(world, "perspective").status_code == 404


def test_keys_are_sealed_and_shown_once_or_never(world: World, hook: Outsider) -> None:
    browser = world.signed_in(OLGA)
    page, shown = "/queue/sites/blog/outside", re.compile(r"whsec_[A-Za-z0-9+/=]+")
    fields = {"webhook-is_on": "y", "webhook-url": f"{hook.url}/x", "webhook-seconds": "1"}
    ask_akismet(world)
    (secret,) = shown.findall(browser.post(f"{page}/webhook", **fields).text)
    assert shown.findall(browser.get(page).text) == []
    assert KEY not in browser.get(page).text
    with world.database.reading() as session:
        for one in session.scalars(select(OutsideService)):
            assert one.sealed_key
            assert secret.encode() not in one.sealed_key
            assert KEY.encode() not in one.sealed_key
    assert browser.post(f"{page}/webhook", **fields).status_code == 303
    (renewed,) = shown.findall(browser.post(f"{page}/webhook/secret").text)
    assert renewed != secret


def test_the_key_and_the_webhook_can_be_tried(
    world: World, akismet: Outsider, hook: Outsider
) -> None:
    browser = world.signed_in(OLGA)

    def tried(name: str) -> str:
        page = f"/queue/sites/blog/outside/{name}/try"
        return browser.get(browser.post(page).headers["Location"]).text

    assert "There is nothing to try yet" in tried("akismet")
    ask_akismet(world)
    ask_hook(world, hook)
    assert "the key is good" in tried("akismet")
    assert "The webhook answered: none." in tried("webhook")
    akismet.bodies["verify-key"] = b"invalid"
    assert "it said “invalid”" in tried("akismet")


def test_a_webhook_on_this_machine_is_asked_only_where_the_instance_says_so(
    world: World, settings: Settings
) -> None:
    fields = {"webhook-is_on": "y", "webhook-url": "http://localhost:9/x", "webhook-seconds": "1"}
    assert save(world, "webhook", **fields).status_code == 422
    allowing = create_app(replace(settings, local_webhooks=True))
    allowing.testing = True
    assert save(World(allowing), "webhook", **fields).status_code == 200
    allowing.extensions["moderation"].database.dispose()


# The lists


def zipped(text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("listed.csv", text)
    return packed.getvalue()


def load(world: World, folder: Path, name: str, text: str, kind: str = "ip") -> tuple[int, int]:
    file = folder / name
    file.write_text(text)
    return stopforumspam.load(world.database, world.keyring, file, kind, datetime.now(UTC))


def found(world: World, **changes: Any) -> str:
    """The lists on which a reply of Bob's stands."""
    said = {"name": "Bob", "email": BOB, "address": ADDRESS, "website": "", "links": (), **changes}
    more = {"text": "", "html": "", "page": PAGE, "title": "", "parent": "", "language": "en"}
    known_as = {"site": "blog", "home": BLOG, "at": datetime.now(UTC)}
    with world.database.reading() as session:
        return outside.look(session, world.keyring, Said(**said, **more, **known_as))


@pytest.mark.parametrize(
    ("kind", "listed", "changes"),
    [
        ("ip", ADDRESS, {}),
        ("ip", f"::ffff:{ADDRESS}", {}),
        ("email", BOB.upper(), {}),
        ("email", hashlib.md5(BOB.encode()).hexdigest(), {}),
        ("domain", "spam.example", {"website": "https://www.spam.example/x"}),
        ("domain", "SPAM.example", {"links": ("https://spam.example:80/x",)}),
        ("domain", "example.org", {}),
        ("name", " BOB", {}),
    ],
)
def test_what_is_on_a_list_is_found(
    world: World, tmp_path: Path, kind: str, listed: str, changes: dict[str, Any]
) -> None:
    assert found(world, **changes) == ""
    load(world, tmp_path, "list.txt", f'"{listed}","12","2026-01-01 00:00:00"\n', kind)
    assert found(world, **changes) == kind


def test_what_is_beside_what_is_listed_is_not_found(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "ip", "203.0.113.78\n203.0.113.7\n")
    load(world, tmp_path, "email", "bobb@example.org\n", "email")
    load(world, tmp_path, "domain", "a.example.org\nexample\n", "domain")
    load(world, tmp_path, "name", f"Bobby\n{ADDRESS}\n", "name")
    assert found(world) == ""
    assert found(world, address="203.0.113.7", name="bobby") == "ip name"


def test_a_list_counts_where_an_owner_wants_it(world: World, tmp_path: Path) -> None:
    known(world)
    load(world, tmp_path, "ip", ADDRESS)
    assert reply(world).get_json()["status"] == "approved"
    use_lists(world)
    left = reply(world).get_json()
    assert left["status"] == "pending"
    assert "network address it came from is on a list of StopForumSpam" in card(world, left["id"])


@pytest.mark.parametrize("pack", [gzip.compress, zipped, bytes])
def test_packed_lists_are_read_as_they_are_downloaded(
    world: World, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "listed_username_7_all"
    file.write_bytes(pack(b'"Bob","2","2026-01-01"\n"E\0ve"\n'))
    assert stopforumspam.kind_of(file) == "name"
    known_as = (world.database, world.keyring, file, "name", datetime.now(UTC))
    assert stopforumspam.load(*known_as) == (2, 0)


def test_what_is_no_list_is_refused_in_a_sentence(world: World, tmp_path: Path) -> None:
    for text in ("", "nonsense\n"):
        with pytest.raises(stopforumspam.BadList, match="has no entry of the kind ip"):
            load(world, tmp_path, "a", text)
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"203.0.113.1\n" * 99)[:30])
    known_as = (world.database, world.keyring, tmp_path / "b.gz", "ip", datetime.now(UTC))
    with pytest.raises(stopforumspam.BadList, match="could not be read"):
        stopforumspam.load(*known_as)


def test_a_list_is_replaced_as_a_whole(world: World, tmp_path: Path) -> None:
    load(world, tmp_path, "a.csv", "203.0.113.1,203.0.113.2,203.0.113.3\nnonsense\n\n")
    assert load(world, tmp_path, "b.txt", "203.0.113.9\n203.0.113.9\nx\n") == (1, 1)
    with world.database.reading() as session:
        (one,) = session.scalars(select(OutsideList))
        assert (one.entries, one.is_current) == (1, True)
        assert session.scalar(select(func.count()).select_from(OutsideListed)) == 1
        # A digest with a key, and nothing of what it stands for.
        assert session.scalars(select(OutsideListed.key)).one() < 2**60


def test_a_load_that_is_broken_off_leaves_the_list_that_was(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(world, tmp_path, "a", "203.0.113.1\n203.0.113.2\n")
    monkeypatch.setattr(stopforumspam, "CHUNK", 1)

    def stop(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "b").write_text("203.0.113.7\n203.0.113.8\n")
    known_as = (world.database, world.keyring, tmp_path / "b", "ip", datetime.now(UTC))
    with pytest.raises(KeyboardInterrupt):
        stopforumspam.load(*known_as, stop)
    assert [one.entries for one in stopforumspam.current(world.database)] == [2]
    stopforumspam.load(*known_as)
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutsideListed)) == 2
    assert stopforumspam.forget(world.database, "ip")
    assert stopforumspam.current(world.database) == []


# What readers are told


def privacy(world: World) -> str:
    return world.client().get("/sites/blog/privacy").text


def test_the_page_about_privacy_names_exactly_what_is_on(
    world: World, akismet: Outsider, hook: Outsider, tmp_path: Path
) -> None:
    nobody = "Nobody outside of this service is sent anything"
    assert nobody in privacy(world)
    for name in ("Akismet", "127.0.0.1", "StopForumSpam"):
        assert name not in privacy(world)
    ask_akismet(world)
    assert "Akismet" in privacy(world)
    assert "It is not sent your email address" in privacy(world)
    assert nobody not in privacy(world)
    ask_akismet(world, send_email=True)
    assert "It is sent your email address, too" in privacy(world)
    assert "127.0.0.1" not in privacy(world)
    ask_hook(world, hook)
    assert "127.0.0.1" in privacy(world)
    use_lists(world)
    assert "StopForumSpam" not in privacy(world)
    load(world, tmp_path, "ip", "203.0.113.9\n")
    assert "StopForumSpam" in privacy(world)
    # Another site's page says what holds there.
    assert nobody in world.client().get("/sites/other/privacy").text


def test_the_page_about_privacy_says_what_the_site_allows(world: World) -> None:
    assert "For 60 minutes after writing it you can also change it" in privacy(world)
    assert "This service sends no mail" in privacy(world)
    with world.database.writing() as session:
        blog = session.scalars(select(Site).where(Site.key == "blog")).one()
        blog.options = {"edit_minutes": 0}
        session.commit()
    assert "you can also change it" not in privacy(world)
    assert (
        "/sites/blog/privacy"
        in world.client()
        .get("/sites/blog/thread", query_string={"page": "https://blog.example/post-1"})
        .text
    )
