"""A moderator's session is worth nothing once it is over, by whichever way it ended; and nobody
gets one by guessing, by planting a cookie, or by letting a moderator's browser send a form.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from authenticator import code_of, forget_the_last_code, half_signed_in, set_up_app
from characters import ANN, OLGA, PASSWORD, SignedIn, World
from flask.testing import FlaskClient
from servers import at_once
from sqlalchemy import delete, update
from werkzeug.test import TestResponse

from moderation import accounts, factors
from moderation.models import HalfSignIn, Moderator, SignIn
from moderation.web import guesses, sessions
from moderation.web.guesses import MOST_HERE, WINDOW

pytestmark = pytest.mark.proof

COOKIE, NEW_PASSWORD = "moderation", "another horse battery"


def copied(world: World, browser: SignedIn) -> SignedIn:
    """A thief with a copy of this browser's cookie."""
    thief = world.client()
    cookie = browser.client.get_cookie(COOKIE)
    assert cookie is not None
    thief.set_cookie(COOKIE, cookie.value)
    return SignedIn(thief)


def is_in(browser: SignedIn) -> bool:
    """Whether the queue opens."""
    return browser.get("/queue").status_code == 200


def sign_out(_world: World, browser: SignedIn) -> None:
    assert browser.post("/logout").status_code == 303


def change_password(_world: World, browser: SignedIn) -> None:
    fields = {"current": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert browser.post("/queue/account/password", **fields).status_code == 303


def revoke_all_others(world: World, _browser: SignedIn) -> None:
    assert world.signed_in().post("/queue/account/revoke-others").status_code == 303


def revoke_each(world: World, _browser: SignedIn) -> None:
    elsewhere = world.signed_in()
    page = elsewhere.get("/queue/account").text
    for session in re.findall(r'name="session" value="([^"]+)"', page):
        elsewhere.post("/queue/account/revoke", session=session)


def remove_the_moderator(world: World, _browser: SignedIn) -> None:
    _write(world, delete(Moderator).where(Moderator.name == "Ann"))


def leave_it_idle(world: World, _browser: SignedIn) -> None:
    long_ago = datetime.now(UTC) - SignIn.IDLE - timedelta(seconds=1)
    _write(world, update(SignIn).values(last_seen_at=long_ago))


def keep_it_too_long(world: World, _browser: SignedIn) -> None:
    long_ago = datetime.now(UTC) - SignIn.LONGEST - timedelta(seconds=1)
    _write(world, update(SignIn).values(created_at=long_ago))


def reset_factors(world: World, _browser: SignedIn) -> None:
    with world.database.writing() as session:
        factors.reset(session, world.moderator(session, "Ann").id)
        session.commit()


def turn_a_factor_on_elsewhere(world: World, _browser: SignedIn) -> None:
    set_up_app(world.signed_in())


def _write(world: World, statement: Any) -> None:
    with world.database.writing() as session:
        session.execute(statement)
        session.commit()


ENDS: list[Callable[[World, SignedIn], None]] = [
    sign_out,
    change_password,
    revoke_all_others,
    revoke_each,
    remove_the_moderator,
    leave_it_idle,
    keep_it_too_long,
    reset_factors,
    turn_a_factor_on_elsewhere,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_a_copied_cookie_is_worth_nothing_after(
    world: World, end: Callable[[World, SignedIn], None]
) -> None:
    browser = world.signed_in()
    thief = copied(world, browser)
    assert is_in(thief)
    end(world, browser)
    assert not is_in(thief)
    assert thief.client.post("/queue/decisions").status_code == 401
    assert thief.client.post("/queue/account/password").status_code == 401


# Half signed in: the password was right, and the second factor is still to come.


def take_too_long(world: World, _elsewhere: SignedIn) -> None:
    long_ago = datetime.now(UTC) - HalfSignIn.LIFE - timedelta(seconds=1)
    _write(world, update(HalfSignIn).values(created_at=long_ago))


def sign_out_everywhere_else(_world: World, elsewhere: SignedIn) -> None:
    assert elsewhere.post("/queue/account/revoke-others").status_code == 303


HALF_ENDS: list[Callable[[World, SignedIn], None]] = [
    take_too_long,
    change_password,
    sign_out_everywhere_else,
    remove_the_moderator,
    reset_factors,
]


@pytest.mark.parametrize("end", HALF_ENDS, ids=lambda end: end.__name__)
def test_half_a_sign_in_cannot_be_completed_after(
    world: World, end: Callable[[World, SignedIn], None]
) -> None:
    elsewhere = world.signed_in()
    app, codes = set_up_app(elsewhere)
    half = half_signed_in(world)
    end(world, elsewhere)
    for code in (code_of(app, 1), codes[0]):
        answer = half.post("/login/second", code=code)
        assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_in(half)


def test_half_a_sign_in_opens_no_page(world: World) -> None:
    set_up_app(world.signed_in())
    half, opened = half_signed_in(world), []
    for rule in world.app.url_map.iter_rules():
        if rule.rule.startswith("/queue"):
            address = re.sub(r"<[^>]+>", "x", rule.rule)
            for method in sorted({"GET", "POST"} & (rule.methods or set())):
                answer = half.client.open(address, method=method)
                to_login = (answer.location or "").startswith("/login?next=")
                if answer.status_code != 401 and not to_login:
                    opened.append((method, address))
    assert opened == []
    assert half.get("/login/second").status_code == 200


def test_a_copy_of_half_a_sign_in_is_worth_nothing_once_it_was_used(world: World) -> None:
    app, codes = set_up_app(world.signed_in())
    half = half_signed_in(world)
    thief = copied(world, half)
    half.post("/login/second", code=code_of(app, 1))
    assert is_in(half)
    assert thief.post("/login/second", code=codes[0]).location == "/login"
    assert not is_in(thief)
    assert not is_in(copied(world, thief))


@pytest.mark.parametrize("kind", ["of the app", "of recovery"])
def test_one_code_in_many_browsers_at_once_signs_one_in(world: World, kind: str) -> None:
    app, codes = set_up_app(world.signed_in())
    code = code_of(app, 1) if kind == "of the app" else codes[0]
    halves = [half_signed_in(world) for _ in range(MOST_HERE)]
    at_once([lambda half=half: half.post("/login/second", code=code) for half in halves])
    assert [is_in(half) for half in halves].count(True) == 1


def test_control_with_the_memory_of_codes_gone_many_are_signed_in(world: World) -> None:
    app, _codes = set_up_app(world.signed_in())
    for half in [half_signed_in(world) for _ in range(3)]:
        forget_the_last_code(world)
        half.post("/login/second", code=code_of(app, 1))
        assert is_in(half)


def test_control_a_half_without_an_end_can_be_completed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, _codes = set_up_app(world.signed_in())
    half = half_signed_in(world)
    monkeypatch.setattr(HalfSignIn, "is_over", lambda _self, _now: False)
    take_too_long(world, half)
    half.post("/login/second", code=code_of(app, 1))
    assert is_in(half)


def test_a_removed_moderator_loses_their_tokens(world: World) -> None:
    bearer = world.bearer(ANN)
    remove_the_moderator(world, SignedIn(world.client()))
    assert world.client().get("/api/v1/queue", headers=bearer).status_code == 401


def test_whoever_changed_the_password_stays_signed_in(world: World) -> None:
    browser = world.signed_in()
    change_password(world, browser)
    assert is_in(browser)


@pytest.mark.parametrize("end", [sign_out, leave_it_idle, keep_it_too_long])
def test_control_sessions_without_an_end_stay_open(
    world: World, monkeypatch: pytest.MonkeyPatch, end: Callable[[World, SignedIn], None]
) -> None:
    monkeypatch.setattr(SignIn, "is_over", lambda _self, _now: False)
    monkeypatch.setattr(sessions, "end", lambda *_which: None)
    browser = world.signed_in()
    thief = copied(world, browser)
    end(world, browser)
    assert is_in(thief)


def test_a_cookie_planted_before_sign_in_is_worth_nothing_after(world: World) -> None:
    browser = SignedIn(world.client())
    browser.get("/login")
    eve = copied(world, browser)
    before = eve.client.get_cookie(COOKIE)
    browser.post("/login", email=ANN, password=PASSWORD)
    after = browser.client.get_cookie(COOKIE)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert is_in(browser)
    assert not is_in(eve)
    assert _csrf(eve.get("/login").text) != _csrf(browser.get("/queue/account").text)


def test_signing_in_again_makes_a_session_of_its_own(world: World) -> None:
    first = world.signed_in()
    thief = copied(world, first)
    sign_out(world, first)
    first.post("/login", email=ANN, password=PASSWORD)
    assert is_in(first)
    assert not is_in(thief)


def failed(client: FlaskClient, email: str = ANN, address: str = "203.0.113.7") -> TestResponse:
    return _try(client, email, "a wrong password", address)


def _try(client: FlaskClient, email: str, password: str, address: str) -> TestResponse:
    fields = {"email": email, "password": password, "csrf_token": _csrf(client.get("/login").text)}
    return client.post("/login", data=fields, environ_overrides={"REMOTE_ADDR": address})


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_the_sixth_failure_has_to_wait_and_says_how_long(world: World) -> None:
    client = world.client()
    statuses = [failed(client).status_code for _ in range(MOST_HERE)]
    assert statuses == [422] * MOST_HERE
    refused = failed(client)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= WINDOW.total_seconds() + 1
    assert _try(client, ANN, PASSWORD, "203.0.113.7").status_code == 429


def test_others_and_the_same_person_elsewhere_can_still_sign_in(world: World) -> None:
    client = world.client()
    for _ in range(MOST_HERE + 1):
        failed(client)
    assert _try(world.client(), OLGA, PASSWORD, "203.0.113.7").status_code == 303
    assert _try(world.client(), ANN, PASSWORD, "198.51.100.9").status_code == 303


def test_an_unknown_account_is_compared_with_a_hash_that_costs_the_same() -> None:
    nobodys = guesses._nobodys_hash()
    assert extract_parameters(nobodys) == extract_parameters(accounts.HASHER.hash("Ann's"))
    assert not guesses.is_password(None, "Ann's")
    with pytest.raises(VerifyMismatchError):
        accounts.HASHER.verify(nobodys, "Ann's")


def test_many_guesses_at_once_count_as_many(world: World) -> None:
    clients = [world.client() for _ in range(16)]
    heard = at_once([lambda client=client: failed(client).status_code for client in clients])
    assert heard.count(422) <= MOST_HERE
    assert set(heard) == {422, 429}


def test_control_without_counting_nobody_has_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "_refuse_guessers", lambda *_facts: None)
    client = world.client()
    assert {failed(client).status_code for _ in range(MOST_HERE + 3)} == {422}


def test_an_unknown_account_and_a_wrong_password_get_the_same_answer(world: World) -> None:
    # Of one length, so that what was typed is the one thing that may differ.
    known, unknown = (
        _without_own_words(failed(world.client(), who)) for who in (ANN, "abe" + ANN[3:])
    )
    assert known == unknown


def test_both_get_the_same_answer_when_they_have_to_wait(world: World) -> None:
    answers = []
    for who in (ANN, "abe" + ANN[3:]):
        for _ in range(MOST_HERE):
            failed(world.client(), who)
        answers.append(_without_own_words(failed(world.client(), who)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def _without_own_words(answer: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    """Status, page and headers, but for tokens, the address typed, and the seconds to wait."""
    page = answer.text.replace(_csrf(answer.text), "").replace(ANN, "").replace("abe" + ANN[3:], "")
    changing = {"Set-Cookie", "Retry-After"}
    return answer.status_code, page, [(n, v) for n, v in answer.headers if n not in changing]


#: The blueprints whose forms are moderators' own.
GUARDED = {
    *("queue", "parts", "preferences", "accounts"),
    *("second", "confirming", "factors", "passkeys"),
}


def posts(world: World) -> list[str]:
    """Every address of queue and accounts that takes a form, made up from the URL map."""
    found = []
    for rule in world.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint.split(".")[0] in GUARDED:
            found.append(re.sub(r"<[^>]+>", "x", rule.rule))
    return sorted(found)


def forged(world: World) -> dict[str, int]:
    """Each form sent without our token by a browser that is signed in: the answers."""
    return {
        path: world.signed_in().client.post(path, data=FORGED).status_code for path in posts(world)
    }


FORGED = {"comment": "x", "version": "1", "status": "approved", "email": ANN, "password": PASSWORD}


def test_forged_forms_are_refused(world: World) -> None:
    heard = forged(world)
    assert len(heard) >= 20
    assert set(heard) > {"/login", "/logout", "/queue/decisions", "/queue/undo"}
    refused = {path for path, status in heard.items() if status in {400, 422}}
    assert refused == set(heard), heard


def test_a_forged_sign_in_signs_nobody_in(world: World) -> None:
    eve = world.client()
    eve.post("/login", data={"email": ANN, "password": PASSWORD})
    assert not is_in(SignedIn(eve))


def test_the_token_of_another_browser_is_refused(world: World) -> None:
    eves = _csrf(world.signed_in(OLGA).get("/queue/account").text)
    ann = world.signed_in()
    answer = ann.client.post("/logout", data={"csrf_token": eves})
    assert answer.status_code == 400
    assert is_in(ann)


def test_control_without_the_token_forged_forms_are_taken(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "check_own_form", lambda: None)
    assert world.signed_in().client.post("/logout").status_code == 303
