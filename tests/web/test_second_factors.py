"""Second factors: an app, passkeys, recovery codes; and what is asked for before they change."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from authenticator import (
    FACTORS,
    Authenticator,
    asked_to_make,
    asked_to_sign,
    code_of,
    forget_the_last_code,
    half_signed_in,
    make_passkey,
    set_up_app,
    shown_codes,
)
from characters import ANN, OLGA, PASSWORD, SignedIn, World
from sqlalchemy import delete, select, update

from moderation import create_app, factors
from moderation.config import Settings
from moderation.models import (
    AuthenticatorApp,
    HalfSignIn,
    Passkey,
    RecoveryCode,
    SignIn,
    SignInFailure,
)
from moderation.privacy import Keyring
from moderation.web.guesses import MOST_CODES, MOST_HERE
from moderation.web.relying import here

NOON = datetime(2026, 11, 25, 12, 0, 15, tzinfo=UTC)
HALF_A_MINUTE = timedelta(seconds=30)


def write(world: World, statement: Any) -> None:
    with world.database.writing() as session:
        session.execute(statement)
        session.commit()


def stored(world: World, kind: Any) -> list[Any]:
    with world.database.reading() as session:
        return list(session.scalars(select(kind)))


def is_in(browser: SignedIn) -> bool:
    return browser.get("/queue").status_code == 200


def refused(browser: SignedIn, code: str) -> bool:
    """Whether a code was not taken, for being wrong."""
    answer = browser.post("/login/second", code=code)
    assert answer.status_code in {303, 422}, answer.text
    return answer.status_code == 422


# The app


def test_a_code_of_the_app_is_asked_for_and_signs_in(world: World) -> None:
    app, _codes = set_up_app(world.signed_in())
    browser = SignedIn(world.client())
    answer = browser.post("/login?next=/queue/account", email=ANN, password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/login/second?next=/queue/account")
    assert "Six digits" in browser.get(answer.location).text
    answer = browser.post(answer.location, code=code_of(app, 1))
    assert (answer.status_code, answer.location) == (303, "/queue/account")
    assert is_in(browser)
    assert browser.get("/login/second").location == "/queue"


def test_a_code_is_taken_once_and_no_older_one_after_it(world: World) -> None:
    app, _codes = set_up_app(world.signed_in())
    browser = half_signed_in(world)
    assert refused(browser, code_of(app)), "it turned the app on"
    assert not refused(browser, code_of(app, 1))
    again = half_signed_in(world)
    assert refused(again, code_of(app, 1))
    assert refused(again, code_of(app))
    assert not is_in(again)


def test_without_the_memory_of_codes_the_control_is_fooled(world: World) -> None:
    app, _codes = set_up_app(world.signed_in())
    forget_the_last_code(world)
    assert not refused(half_signed_in(world), code_of(app))


def test_a_code_is_good_for_half_a_minute_more_on_both_sides(world: World) -> None:
    taken = []
    for steps in (-2, -1, 0, 1, 2):
        with world.database.writing() as rows:
            ann = world.moderator(rows, "Ann").id
            factors.start_app(rows, world.keyring, ann, NOON)
            rows.flush()
            secret = factors.apps.of(rows, ann).secret(world.keyring)
            code = pyotp.TOTP(secret).at(NOON + steps * HALF_A_MINUTE)
            taken.append(factors.apps.confirm(rows, world.keyring, ann, code, NOON))
    assert taken == [False, True, True, True, False]


def test_an_app_counts_only_once_a_code_confirmed_it(world: World) -> None:
    browser = world.signed_in()
    browser.post(f"{FACTORS}/app")
    answer = browser.post(f"{FACTORS}/app/confirm", code="12345")
    assert answer.status_code == 422
    assert "That is not the code." in answer.text
    assert is_in(world.signed_in())


def test_the_page_draws_the_secret_and_writes_it_beside(world: World) -> None:
    browser = world.signed_in()
    assert browser.get(f"{FACTORS}/app").location == FACTORS
    browser.post(f"{FACTORS}/app")
    page = browser.get(f"{FACTORS}/app")
    drawn = re.search(r"<svg .+?</svg>", page.text, re.DOTALL)
    assert drawn
    assert "style" not in drawn[0]
    assert page.headers["Cache-Control"] == "no-store"
    assert ANN not in page.text
    app = stored(world, AuthenticatorApp)[0]
    written = re.search(r"<code[^>]*>([A-Z2-7 ]+)<", page.text)
    assert written
    assert written[1].replace(" ", "") == app.secret(world.keyring)
    assert written[1].replace(" ", "").encode() not in app.sealed


def test_a_secret_that_counts_is_not_shown_again_nor_replaced(world: World) -> None:
    browser = world.signed_in()
    app, _codes = set_up_app(browser)
    assert browser.get(f"{FACTORS}/app").location == FACTORS
    assert browser.post(f"{FACTORS}/app").location == FACTORS
    assert "set up already" in browser.get(FACTORS).text
    assert stored(world, AuthenticatorApp)[0].secret(world.keyring) == app.secret


def test_people_write_codes_in_groups_and_in_their_own_digits(world: World) -> None:
    app, codes = set_up_app(world.signed_in())
    code = code_of(app, 1)
    written = "".join(chr(0x0660 + int(digit)) for digit in code)
    assert not refused(half_signed_in(world), f" {written[:3]} {written[3:]} ")
    assert not refused(half_signed_in(world), codes[0].replace(" ", "-"))


def test_a_sealed_secret_opens_in_its_own_row_alone(world: World) -> None:
    set_up_app(world.signed_in())
    app = stored(world, AuthenticatorApp)[0]
    app.id = "a" * 20
    with pytest.raises(ValueError, match="another row"):
        app.secret(world.keyring)


def test_the_command_that_reseals_reseals_secrets_too(world: World, settings: Settings) -> None:
    app, _codes = set_up_app(world.signed_in())
    new = "another-secret-for-tests-9876543210"
    other = create_app(replace(settings, secret_keys=(new, *settings.secret_keys)))
    assert "Sealed" in other.test_cli_runner().invoke(args=["reseal"]).output
    other.extensions["moderation"].database.dispose()
    assert stored(world, AuthenticatorApp)[0].secret(Keyring([new])) == app.secret


def test_the_owners_command_lets_in_with_the_password_alone(world: World) -> None:
    browser = world.signed_in()
    set_up_app(browser)
    make_passkey(browser)
    run = world.app.test_cli_runner().invoke
    told = run(args=["moderator", "reset-factors", ANN])
    assert told.exit_code == 0, told.output
    assert "Ann signs in with the password alone now" in told.output
    assert not is_in(browser)
    assert is_in(world.signed_in())
    assert [stored(world, kind) for kind in (AuthenticatorApp, Passkey, RecoveryCode)] == [[]] * 3
    unknown = run(args=["moderator", "reset-factors", "nobody@example.org"])
    assert unknown.exit_code == 1
    assert "There is no moderator with this address." in unknown.output


# Recovery codes


def test_ten_recovery_codes_are_shown_once_and_each_is_spent_once(world: World) -> None:
    browser = world.signed_in()
    _app, codes = set_up_app(browser)
    assert len(set(codes)) == factors.recovery.NUMBER
    assert codes[0] not in browser.get(FACTORS).text
    first = half_signed_in(world)
    assert not refused(first, codes[0])
    assert "9 recovery codes are left" in first.get("/queue").text
    assert refused(half_signed_in(world), codes[0])
    assert not refused(half_signed_in(world), codes[1])
    assert "8 codes are left" in first.get(FACTORS).text


def test_new_codes_make_the_old_ones_worthless(world: World) -> None:
    browser = world.signed_in()
    _app, old = set_up_app(browser)
    new = shown_codes(browser.post(f"{FACTORS}/codes"))
    assert len(new) == factors.recovery.NUMBER
    assert refused(half_signed_in(world), old[0])
    assert not refused(half_signed_in(world), new[0])


def test_a_recovery_code_is_stored_as_a_keyed_digest_of_its_owner(world: World) -> None:
    _app, codes = set_up_app(world.signed_in())
    set_up_app(world.signed_in(OLGA))
    digests = {one.digest for one in stored(world, RecoveryCode)}
    assert len(digests) == 2 * factors.recovery.NUMBER
    assert not any(codes[0].replace(" ", "") in one for one in digests)
    assert refused(half_signed_in(world, OLGA), codes[0])


def test_without_a_factor_there_are_no_codes(world: World) -> None:
    browser = world.signed_in()
    assert browser.post(f"{FACTORS}/codes").location == FACTORS
    assert "Set up an app or a passkey first" in browser.get(FACTORS).text
    set_up_app(browser)
    assert browser.post(f"{FACTORS}/app/off").status_code == 303
    assert "Your password is all that is asked for" in browser.get(FACTORS).text
    assert stored(world, RecoveryCode) == stored(world, AuthenticatorApp) == []
    assert is_in(world.signed_in())


# Passkeys


def test_a_passkey_signs_in_and_says_when_it_was_used(world: World) -> None:
    browser = world.signed_in()
    key, answer = make_passkey(browser)
    assert len(shown_codes(answer)) == factors.recovery.NUMBER
    assert "not used yet" in browser.get(FACTORS).text
    other = half_signed_in(world)
    page = other.get("/login/second").text
    assert "Use a passkey" in page
    assert "16 digits" in page
    options = asked_to_sign(other)
    assert options["userVerification"] == "preferred"
    assert [one["type"] for one in options["allowCredentials"]] == ["public-key"]
    answer = other.post("/login/second/passkey", answer=key.signed(options))
    assert answer.status_code == 303, answer.text
    assert is_in(other)
    assert "last used" in other.get(FACTORS).text


def test_several_passkeys_are_kept_by_name_and_removed_one_by_one(world: World) -> None:
    browser = world.signed_in()
    phone, _ = make_passkey(browser, "my phone")
    laptop, answer = make_passkey(browser, "my <laptop>")
    assert answer.status_code == 303, "no new codes: there are some"
    page = browser.get(FACTORS).text
    assert "my phone" in page
    assert "my &lt;laptop&gt;" in page
    assert len(asked_to_make(browser)["excludeCredentials"]) == 2
    of_the_phone = next(one.id for one in stored(world, Passkey) if one.name == "my phone")
    browser.post(f"{FACTORS}/passkeys/remove", passkey=of_the_phone)
    half = half_signed_in(world)
    lost = half.post("/login/second/passkey", answer=phone.signed(asked_to_sign(half)))
    assert lost.status_code == 422
    kept = half.post("/login/second/passkey", answer=laptop.signed(asked_to_sign(half)))
    assert kept.status_code == 303


def test_there_is_room_for_so_many_passkeys(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, key = world.signed_in(), Authenticator()
    options = asked_to_make(browser)
    monkeypatch.setattr(factors.passkeys, "MOST", 0)
    refusal = browser.post(f"{FACTORS}/passkeys", name="x", answer=key.made(options))
    assert refusal.status_code == 422
    assert "as many passkeys as one account can have" in refusal.text
    assert browser.post(f"{FACTORS}/passkeys/challenge", name="x").status_code == 409


def test_another_moderators_passkey_cannot_be_removed(world: World) -> None:
    make_passkey(world.signed_in())
    (anns,) = stored(world, Passkey)
    world.signed_in(OLGA).post(f"{FACTORS}/passkeys/remove", passkey=anns.id)
    assert len(stored(world, Passkey)) == 1


LIES: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://evil.example"},
    "another name": {"name": "evil.example"},
    "another challenge": {"challenge": "AAAA"},
    "another kind": {"type": "payment.get"},
}


def test_a_passkey_that_was_made_for_others_is_refused(world: World) -> None:
    browser, key = world.signed_in(), Authenticator()
    for name, lie in LIES.items():
        answer = key.made(asked_to_make(browser), **lie)
        refusal = browser.post(f"{FACTORS}/passkeys", name="my phone", answer=answer)
        assert refusal.status_code == 422, name
        assert "my phone" in refusal.text, "what was typed is kept"
    assert stored(world, Passkey) == []


def test_what_was_signed_for_others_or_counts_backwards_is_refused(world: World) -> None:
    key, _ = make_passkey(world.signed_in())
    write(world, update(Passkey).values(sign_count=7))
    half = half_signed_in(world)
    key.count = 7
    for name, lie in {
        **LIES,
        "a count that was": {"count": 7},
        "a lower one": {"count": 6},
    }.items():
        answer = key.signed(asked_to_sign(half), **lie)
        assert half.post("/login/second/passkey", answer=answer).status_code == 422, name
        assert not is_in(half)
        write(world, delete(SignInFailure))
    good = key.signed(asked_to_sign(half))
    assert half.post("/login/second/passkey", answer=good).status_code == 303


def test_a_passkey_signs_for_its_owner_alone(world: World) -> None:
    make_passkey(world.signed_in())
    olgas, _ = make_passkey(world.signed_in(OLGA))
    half = half_signed_in(world)
    answer = olgas.signed(asked_to_sign(half))
    assert half.post("/login/second/passkey", answer=answer).status_code == 422
    assert not is_in(half)


def test_a_passkey_is_one_moderators_alone(world: World) -> None:
    key, _ = make_passkey(world.signed_in())
    olga = world.signed_in(OLGA)
    again = olga.post(f"{FACTORS}/passkeys", name="x", answer=key.made(asked_to_make(olga)))
    assert again.status_code == 422
    assert len(stored(world, Passkey)) == 1


def test_a_challenge_is_signed_once_by_the_browser_that_got_it_and_in_time(world: World) -> None:
    key, _ = make_passkey(world.signed_in())
    half, other = half_signed_in(world), half_signed_in(world)
    answer = key.signed(asked_to_sign(half))
    assert other.post("/login/second/passkey", answer=answer).status_code == 422
    lying = key.signed(asked_to_sign(half), origin="https://evil.example")
    assert half.post("/login/second/passkey", answer=lying).status_code == 422
    spent = key.signed({"challenge": json.loads(_said(lying))["challenge"]})
    assert half.post("/login/second/passkey", answer=spent).status_code == 422
    late = key.signed(asked_to_sign(half))
    long_ago = datetime.now(UTC) - factors.passkeys.LIFE - timedelta(seconds=1)
    write(world, update(HalfSignIn).values(challenged_at=long_ago))
    assert half.post("/login/second/passkey", answer=late).status_code == 422
    good = key.signed(asked_to_sign(half))
    assert half.post("/login/second/passkey", answer=good).status_code == 303


def _said(answer: str) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    return base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"])


HOSTILE = ["", "null", "[]", "{}", '{"id": 1}', "[" * 9_000, '{"id": "\\ud800"}', "x" * 40_000]


def test_answers_that_are_none_are_refused_and_nothing_breaks(world: World) -> None:
    browser = world.signed_in()
    key, _ = make_passkey(browser)
    good = json.loads(key.signed({"challenge": "AAAA"}))
    strange = [{**good, "response": dict.fromkeys(good["response"], text)} for text in ("", "é")]
    heard = []
    for answer in [*HOSTILE, json.dumps({**good, "response": 1}), *map(json.dumps, strange)]:
        write(world, update(SignIn).values(challenge=None))
        heard.append(browser.post(f"{FACTORS}/passkeys", name="x", answer=answer).status_code)
    half = half_signed_in(world)
    for answer in (HOSTILE[5], json.dumps(strange[0]), "\0"):
        heard.append(half.post("/login/second/passkey", answer=answer).status_code)
    assert set(heard) == {422}


def test_a_name_is_asked_for_before_a_passkey_is_made(world: World) -> None:
    browser = world.signed_in()
    assert browser.post(f"{FACTORS}/passkeys/challenge", name=" ").status_code == 409
    assert browser.post(f"{FACTORS}/passkeys", name=" ", answer="x").status_code == 422
    assert "Give it a name" in browser.post(f"{FACTORS}/passkeys", name="\u200b").text


PARTIES = [
    ("https://comments.example", "comments.example", "https://comments.example"),
    ("https://comments.example", "127.0.0.1:8000", "https://comments.example"),
    ("http://127.0.0.1:8000", "localhost:8000", "http://localhost:8000"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000", None),
]


def test_passkeys_are_bound_to_the_public_name_or_to_localhost(settings: Settings) -> None:
    for public_url, host, origin in PARTIES:
        app = create_app(replace(settings, public_url=public_url))
        with app.test_request_context(headers={"Host": host}):
            found = here()
        app.extensions["moderation"].database.dispose()
        assert (found.origin if found else None) == origin
        assert found is None or found.name in {"comments.example", "localhost"}


# Half signed in


def test_wrong_codes_are_counted_like_wrong_passwords(world: World) -> None:
    app, codes = set_up_app(world.signed_in())
    half = half_signed_in(world)
    assert all(refused(half, "000000") for _ in range(MOST_HERE))
    answer = half.post("/login/second", code=code_of(app, 1))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    again = half_signed_in(world)
    assert again.post("/login/second", code=code_of(app, 1)).status_code == 429
    assert not is_in(half)
    assert codes


def test_from_many_networks_ten_codes_are_tried_and_passwords_use_none_of_them_up(
    world: World,
) -> None:
    app, _codes = set_up_app(world.signed_in())

    def tried(network: int, code: str) -> int:
        client = world.client()
        client.environ_base["REMOTE_ADDR"] = f"203.0.{network}.7"
        half = SignedIn(client)
        half.post("/login", email=ANN, password=PASSWORD)
        return half.post("/login/second", code=code).status_code

    for _ in range(MOST_HERE):
        SignedIn(world.client()).post("/login", email=ANN, password="wrong")
    assert [tried(network, "000000") for network in range(MOST_CODES)] == [422] * MOST_CODES
    assert tried(200, code_of(app, 1)) == 429


def test_right_passwords_do_not_take_wrong_codes_back(world: World) -> None:
    app, _codes = set_up_app(world.signed_in())
    for _ in range(MOST_HERE):
        assert refused(half_signed_in(world), "000000")
    answer = half_signed_in(world).post("/login/second", code=code_of(app, 1))
    assert answer.status_code == 429


def test_a_wrong_password_is_answered_alike_with_and_without_a_factor(world: World) -> None:
    def heard(who: str) -> tuple[int, str]:
        answer = SignedIn(world.client()).post("/login", email=who, password="a wrong one")
        page = re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", answer.text)
        return answer.status_code, re.sub(r'value="[^"]*@example.org"', "", page)

    before = heard(ANN)
    set_up_app(world.signed_in())
    assert heard(ANN) == before == heard(OLGA) == heard("nobody@example.org")


# The password once more


def forget_the_password(world: World) -> None:
    """As if it had been given long ago."""
    long_ago = datetime.now(UTC) - SignIn.CONFIRMED - timedelta(seconds=1)
    write(world, update(SignIn).values(confirmed_at=long_ago))


def test_the_password_is_asked_for_again_before_factors_change(world: World) -> None:
    browser = world.signed_in()
    set_up_app(browser)
    forget_the_password(world)
    to_confirm = "/queue/account/confirm?next=/queue/account/factors"
    heard = {
        browser.get(FACTORS).location,
        browser.get(f"{FACTORS}/app").location[: len(to_confirm)],
    }
    for way in ("app", "app/confirm", "app/off", "codes", "passkeys", "passkeys/remove"):
        heard.add(browser.post(f"{FACTORS}/{way}").location)
    assert heard == {to_confirm}
    assert len(stored(world, AuthenticatorApp)) == 1
    assert 'name="session"' not in browser.get("/queue/account").text
    wrong = browser.post(to_confirm, password="a wrong one")
    assert wrong.status_code == 422
    assert browser.get(FACTORS).status_code == 303
    assert browser.post(to_confirm, password=PASSWORD).location == FACTORS
    assert browser.get(FACTORS).status_code == 200
    assert browser.get("/queue/account/confirm?next=//evil.example").status_code == 200
    elsewhere = browser.post("/queue/account/confirm?next=//evil.example", password=PASSWORD)
    assert elsewhere.location == "/queue/account"


def test_a_borrowed_browser_cannot_guess_the_password(world: World) -> None:
    browser = world.signed_in()
    for way, field in (("confirm", "password"), ("password", "current")):
        fields = {field: "a wrong one", "new": "x" * 12, "again": "x" * 12}
        heard = [
            browser.post(f"/queue/account/{way}", **fields).status_code for _ in range(MOST_HERE)
        ]
        heard.append(browser.post(f"/queue/account/{way}", **fields).status_code)
        assert heard[-1] == 429, way


# Sessions and tokens


def test_ones_own_api_tokens_are_listed_and_ended(world: World) -> None:
    browser = world.signed_in()
    page = browser.get("/queue/account").text
    (token,) = re.findall(r'name="token" value="([^"]+)"', page)
    world.signed_in(OLGA).post("/queue/account/revoke-token", token=token)
    assert world.queue(ANN)["count"] == 0
    browser.post("/queue/account/revoke-token", token=token)
    refusal = world.client().get("/api/v1/queue", headers=world.bearer(ANN))
    assert refusal.status_code == 401
    assert world.queue(OLGA)["count"] == 0


def test_tokens_are_not_asked_for_a_second_factor(world: World) -> None:
    set_up_app(world.signed_in())
    assert world.queue(ANN)["count"] == 0


def test_a_browser_without_a_name_is_worded_for_who_looks(world: World) -> None:
    browser = world.signed_in()
    assert {one.browser for one in stored(world, SignIn)} == {""}
    assert "A browser" in browser.get("/queue/account").text
    assert "A browser" not in browser.get("/queue/account", lang="de").text
