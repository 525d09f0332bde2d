"""A sum is good for one reply, on one page of one site, for an hour; nothing else passes for one.

A hundred thousand attempts on the token itself; through HTTP, every sum by many at once, on several
processes.
"""

import base64
import hmac
import random
import string
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from characters import OTHER, PAGE, World
from servers import SIZE, Server, at_once, callers, serving, sum_asked, written

from moderation import captcha, intake
from moderation.config import Settings

pytestmark = pytest.mark.proof

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
PURE = 100_000 * SIZE
#: On each database: sums, and how often each is answered at the same moment.
SUMS, TRIES = 40 * SIZE, 16
POST = "/api/v1/sites/blog/comments"
#: The single use switched off, in every process of a server.
USED_AGAIN = """
from moderation import intake
intake.spend = lambda session, challenge, answer: None
"""


def flips(token: str) -> Iterator[str]:
    """Every token that differs in one bit, spelled properly; then in one character."""
    raw = base64.urlsafe_b64decode(token)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        yield base64.urlsafe_b64encode(changed).decode()
    for place in range(len(token)):
        yield token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def splices(one: str, two: str) -> Iterator[str]:
    """The beginning of one token with the end of another, cut anywhere."""
    for cut in range(1, len(one)):
        yield one[:cut] + two[cut:]


def respelled(token: str) -> Iterator[str]:
    """The same bytes in other characters, and more or fewer of them."""
    yield from (token + tail for tail in ("=", "==", "A", " ", "\n", "\0", token))
    yield from (token[:-1], token[1:], token.swapcase(), " " + token, "", "é" + token[1:])
    yield token.replace("-", "+").replace("_", "/") + "="
    yield "".join(f"{one}\n" for one in token)


def attempts(draw: random.Random) -> Iterator[tuple[str, str, str, datetime]]:
    """Token, site, page and moment of every attempt; none of them is the sum's own."""
    while True:
        one, two = (_token(NOW) for _ in range(2))
        for token in (*flips(one), *splices(one, two), *respelled(one)):
            if token not in {one, two}:
                yield token, "blog", PAGE, NOW
        for site, page in (
            ("other", PAGE),
            ("blog", PAGE + "2"),
            ("blog", OTHER),
            ("bloghttps", PAGE[5:]),
            ("blo", "g" + PAGE),
            ("", "blog" + PAGE),
            ("Blog", PAGE),
        ):
            yield one, site, page, NOW
        for late in (timedelta(hours=1), timedelta(hours=1, seconds=1), timedelta(days=9999)):
            yield one, "blog", PAGE, NOW + late
        yield one, "blog", PAGE, NOW - timedelta(minutes=2)
        yield _token(NOW, OTHER_KEY), "blog", PAGE, NOW
        yield "".join(draw.choices(string.ascii_letters + "-_", k=72)), "blog", PAGE, NOW


def _token(now: datetime, key: bytes = KEY) -> str:
    return captcha.ask(key, site="blog", page=PAGE, now=now).token


def accepted(number: int) -> int:
    """How many of so many attempts pass for a sum of ours that the answer could be known of."""
    tried = zip(range(number), attempts(random.Random(7)), strict=False)
    return sum(_passes(*attempt) for _, attempt in tried)


def _passes(token: str, site: str, page: str, now: datetime) -> bool:
    try:
        captcha.read(KEY, token, site=site, page=page, now=now)
    except captcha.ChallengeError:
        return False
    return True


def test_nothing_but_the_token_itself_passes() -> None:
    assert _passes(_token(NOW), "blog", PAGE, NOW)
    assert accepted(PURE) == 0


def test_control_without_the_seal_they_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hmac, "compare_digest", lambda _one, _two: True)
    assert accepted(1_000) > 300


def test_control_without_an_end_the_expired_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captcha, "LIFETIME", timedelta(days=20_000))
    assert accepted(1_000) > 0


def replayed(world: World, server: Server, sums: int) -> Counter[int]:
    """Each sum answered rightly by many at once, with something else to say each time: how many
    sums were accepted how often.
    """
    often: Counter[int] = Counter()
    with callers(server, TRIES) as clients:
        for number in range(sums):
            asked = sum_asked(world)
            replies = [written(world, f"{number}, {n}.", **asked) for n in range(TRIES)]
            heard = at_once(
                [
                    lambda client=client, reply=reply: client.post(POST, reply).status
                    for client, reply in zip(clients, replies, strict=True)
                ]
            )
            assert set(heard) <= {201, 202, 422}, (heard, server.log())
            often[sum(status != 422 for status in heard)] += 1
    return often


def test_a_sum_is_accepted_once_on_all_processes(world: World, settings: Settings) -> None:
    with serving(settings) as server:
        assert len(server.workers) >= 2
        assert replayed(world, server, SUMS) == {1: SUMS}
        assert _through_the_door(world, server) == 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_with_single_use_switched_off(world: World, settings: Settings) -> None:
    with serving(settings, USED_AGAIN) as server:
        assert replayed(world, server, 2)[1] == 0


def _bent(token: str) -> str:
    """The token with another letter, which is not the last: that one may stand for fewer bits."""
    return f"{token[:-2]}{'B' if token[-2] == 'A' else 'A'}{token[-1]}"


def _through_the_door(world: World, server: Server) -> int:
    """Attempts as a program would send them, in order: how many were taken."""
    good = sum_asked(world)
    with callers(server, 1) as (client,):
        taken = 0
        for wrong in (
            {"challenge": _bent(good["challenge"]), "answer": good["answer"]},
            sum_asked(world, page=PAGE + "2"),
            sum_asked(world, site="other"),
            sum_asked(world, age=3_700),
            {**good, "answer": "0"},
            good,  # Spent by the wrong answer: a program could try every number otherwise.
        ):
            reply = written(world, "Let me in.", **wrong)
            taken += client.post(POST, reply).status != 422
    return taken


def test_a_wrong_answer_spends_the_sum_for_everybody(world: World) -> None:
    asked = sum_asked(world)
    wrong = written(world, "One.", **{**asked, "answer": "0"})
    right = written(world, "Two.", **asked)
    statuses = [world.client().post(POST, json=reply).status_code for reply in (wrong, right)]
    assert statuses == [422, 422]


def test_control_where_a_wrong_answer_costs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.WrongAnswer, "spends", False)
    asked = sum_asked(world)
    wrong = written(world, "One.", **{**asked, "answer": "0"})
    right = written(world, "Two.", **asked)
    statuses = [world.client().post(POST, json=reply).status_code for reply in (wrong, right)]
    assert statuses == [422, 202]
