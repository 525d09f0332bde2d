"""A sum is asked for one page, read back once, and cannot be made, bent or borrowed."""

import base64
import os
import random
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation import captcha
from moderation.numerals import spellings

KEY = bytes(range(32))
EVES_KEY = bytes(32)
NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
BLOG = {"site": "blog", "page": "https://blog.example/post-1"}
BASE64 = string.ascii_letters + string.digits + "-_"
PROOF_SIZE = 10_000 * int(os.environ.get("MODERATION_PROOF_SIZE", "1"))

any_text = st.text(st.characters(codec=None), max_size=60)


def asked(now: datetime = NOON) -> captcha.Challenge:
    return captcha.ask(KEY, **BLOG, now=now)


def is_accepted(token: str, now: datetime = NOON, **elsewhere: str) -> bool:
    try:
        captcha.read(KEY, token, **(BLOG | elsewhere), now=now)
    except captcha.ChallengeError:
        return False
    return True


class TestAsking:
    @given(any_text, any_text, st.integers(0, 10**17))
    @example("\ud800", "blog", 0)
    @example("blog", "\ud800", 0)
    def test_what_is_asked_is_what_is_read(self, site: str, page: str, at: int) -> None:
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        challenge = captcha.ask(KEY, site=site, page=page, now=now)
        assert captcha.read(KEY, challenge.token, site=site, page=page, now=now) == challenge
        assert timedelta(0) <= now - challenge.asked_at < timedelta(milliseconds=1)
        assert challenge.expires_at - challenge.asked_at == captcha.LIFETIME == timedelta(hours=1)

    def test_a_token_from_the_first_release_still_reads_the_same(self) -> None:
        token = "AAECAwQFBgcICQoLDA0ODwGcuLgee3w_CIcHPjrQi4lOvOwica_rQ3jlLs9RTUdwyNiG-ScA"
        challenge = captcha.read(KEY, token, **BLOG, now=NOON)
        assert challenge.question == "31 + 19 ="
        assert challenge.nonce == "000102030405060708090a0b0c0d0e0f"
        assert challenge.asked_at == NOON.replace(microsecond=123000)
        assert challenge.asked_at.tzinfo is UTC

    def test_the_right_number_answers_the_question_and_no_other(self) -> None:
        challenge = captcha.Challenge("token", 13, 19, "nonce", NOON, NOON)
        assert challenge.question == "13 + 19 ="
        right, wrong = ("32", "thirty-two", "=32"), ("31", "33", "", "-32", "32.0", "1319")
        assert all(map(challenge.answered_by, right))
        assert not any(map(challenge.answered_by, wrong))

    def test_tokens_are_short_and_fit_in_a_url(self) -> None:
        token = asked().token
        assert len(token) < 120
        assert set(token) <= set(BASE64)

    def test_no_two_sums_share_a_nonce(self) -> None:
        nonces = {asked().nonce for _ in range(1000)}
        assert len(nonces) == 1000
        assert all(len(bytes.fromhex(nonce)) == 16 for nonce in nonces)

    def test_a_naive_time_is_a_mistake(self) -> None:
        with pytest.raises(TypeError):
            captcha.ask(KEY, **BLOG, now=NOON.replace(tzinfo=None))

    def test_the_time_zone_of_now_does_not_matter(self) -> None:
        zone = datetime.fromisoformat("2026-03-04T17:30:00.123456+05:30")
        assert asked(zone).asked_at == asked(NOON).asked_at


class TestTheNumbers:
    @pytest.fixture
    def sums(self, monkeypatch: pytest.MonkeyPatch) -> list[captcha.Challenge]:
        monkeypatch.setattr(captcha.secrets, "token_bytes", random.Random(7).randbytes)
        return [asked() for _ in range(20_000)]

    def test_answers_are_even_over_all_ninety_values(self, sums: list[captcha.Challenge]) -> None:
        counts = Counter(c.left + c.right for c in sums)
        assert set(counts) == set(range(10, 100))
        assert max(counts.values()) < 2 * len(sums) / 90
        mean = len(sums) / 90
        # 89 degrees of freedom: above 140 lies one in two thousand.
        assert sum((n - mean) ** 2 / mean for n in counts.values()) < 140

    def test_both_terms_are_at_least_one(self, sums: list[captcha.Challenge]) -> None:
        assert min(c.left for c in sums) == 1
        assert min(c.right for c in sums) == 1

    def test_the_split_is_drawn_too(self, sums: list[captcha.Challenge]) -> None:
        splits = Counter(c.left for c in sums if c.left + c.right == 10)
        assert set(splits) == set(range(1, 10))
        assert max(splits.values()) < 2 * min(splits.values())

    def test_without_the_key_a_token_says_nothing_about_its_sum(self) -> None:
        nonces = [random.Random(n).randbytes(16) for n in range(2000)]
        right, guessed = ([sum(captcha._drawn(k, n)) for n in nonces] for k in (KEY, EVES_KEY))
        agreed = sum(map(int.__eq__, right, guessed))
        # By chance alone one in ninety agrees: 22 of 2,000.
        assert 5 < agreed < 50


class TestExpiry:
    def test_a_sum_lives_for_an_hour_and_not_a_moment_more(self) -> None:
        challenge = asked()
        moment = timedelta(microseconds=1)
        assert is_accepted(challenge.token, challenge.expires_at - moment)
        with pytest.raises(captcha.Expired):
            captcha.read(KEY, challenge.token, **BLOG, now=challenge.expires_at)

    def test_a_clock_may_be_a_minute_ahead_and_no_more(self) -> None:
        challenge = asked()
        early = challenge.asked_at - captcha.CLOCK_SKEW
        assert timedelta(minutes=1) == captcha.CLOCK_SKEW
        assert is_accepted(challenge.token, early)
        with pytest.raises(captcha.Expired):
            captcha.read(KEY, challenge.token, **BLOG, now=early - timedelta(microseconds=1))

    def test_a_forged_token_is_forged_however_old_it_is(self) -> None:
        token = captcha.ask(EVES_KEY, **BLOG, now=NOON - timedelta(days=2)).token
        with pytest.raises(captcha.Forged):
            captcha.read(KEY, token, **BLOG, now=NOON)


BENDS: list[Callable[[str], str]] = [
    *(lambda token: "", lambda token: token[:-1], lambda token: token[:-4]),
    *(lambda token: token + "AAAA", lambda token: token + "=", lambda token: token + "\n"),
    *(lambda token: token[:-1] + "=", lambda token: token[:-4] + "!!!!"),
    *(str.swapcase, lambda token: token[::-1], lambda token: token.encode().hex()),
    *(lambda token: "é" * 72, lambda token: "\ud800" * 72, lambda token: "\0" * 72),
    lambda token: "A" * 2**20,
]


class TestForgery:
    @pytest.mark.parametrize("elsewhere", [{"site": "shop"}, {"page": BLOG["page"] + "?"}])
    def test_a_token_is_good_for_its_own_page_alone(self, elsewhere: dict[str, str]) -> None:
        with pytest.raises(captcha.Forged):
            captcha.read(KEY, asked().token, **(BLOG | elsewhere), now=NOON)

    @given(any_text, any_text, any_text)
    def test_site_and_page_cannot_be_shifted_into_each_other(
        self, start: str, middle: str, end: str
    ) -> None:
        token = captcha.ask(KEY, site=start + middle, page=end, now=NOON).token
        shifted = is_accepted(token, site=start, page=middle + end)
        assert shifted is (middle == "")

    @given(any_text | st.binary(min_size=54, max_size=54).map(captcha._spelled))
    def test_no_text_at_all_is_taken_for_a_token(self, text: str) -> None:
        with pytest.raises(captcha.Forged):
            captcha.read(KEY, text, **BLOG, now=NOON)

    @pytest.mark.parametrize("bend", BENDS)
    def test_a_bent_token_is_forged(self, bend: Callable[[str], str]) -> None:
        with pytest.raises(captcha.Forged):
            captcha.read(KEY, bend(asked().token), **BLOG, now=NOON)

    def test_the_other_base64_alphabet_is_another_spelling(self) -> None:
        tokens = {asked().token for _ in range(50)}
        respelled = {token.translate({45: "+", 95: "/"}) for token in tokens} - tokens
        assert len(respelled) > 10
        assert not any(map(is_accepted, respelled))

    def test_any_other_character_anywhere_is_refused(self) -> None:
        token = asked().token
        for place in range(len(token)):
            for character in BASE64 + "+/=":
                spelled = token[:place] + character + token[place + 1 :]
                assert is_accepted(spelled) is (spelled == token)

    def test_a_megabyte_is_refused_at_once(self) -> None:
        started = time.perf_counter()
        for _ in range(100):
            assert not is_accepted("A" * 2**20)
        assert time.perf_counter() - started < 1


def flipped(token: str, rng: random.Random) -> str:
    bits = int.from_bytes(base64.urlsafe_b64decode(token), "big") ^ 1 << rng.randrange(54 * 8)
    return captcha._spelled(bits.to_bytes(54, "big"))


def forgeries(turns: int, rng: random.Random) -> Iterator[tuple[str, dict[str, str]]]:
    """Eve's tokens, eight a turn, each with where she shows it; none was asked there."""
    for _ in range(turns):
        token, other, late = asked().token, asked().token, asked(NOON - timedelta(hours=2)).token
        new, old = map(base64.urlsafe_b64decode, (token, late))
        # Not in the time: unsealed, a bend there can name a year that no calendar has.
        cut, place = rng.randrange(12, 61), rng.choice((*range(21), *range(30, 72)))
        bent = chr(ord(token[place]) ^ 1 << rng.randrange(8))
        yield flipped(token, rng), {}
        yield token[:place] + bent + token[place + 1 :], {}
        yield token[:cut] + other[cut:], {}
        yield captcha._spelled(old[:16] + new[16:22] + old[22:]), {}
        yield rng.choice((token[:place], token + "=", " " + token)), {}
        yield token, {"site": f"site-{rng.random()}"}
        yield token, {"page": f"https://blog.example/{rng.random()}"}
        yield captcha.ask(rng.randbytes(32), **BLOG, now=NOON).token, {}


@pytest.mark.proof
class TestProof:
    def test_no_forgery_is_accepted(self) -> None:
        accepted = [
            (token, place)
            for token, place in forgeries(PROOF_SIZE // 8, random.Random(1))
            if is_accepted(token, **place)
        ]
        assert accepted == []

    def test_no_single_bit_can_be_flipped(self) -> None:
        rng = random.Random(2)
        tokens = (flipped(asked().token, rng) for _ in range(PROOF_SIZE))
        assert sum(map(is_accepted, tokens)) == 0

    def test_no_old_sum_is_accepted(self) -> None:
        rng = random.Random(3)
        ages = (captcha.LIFETIME * (1 + rng.expovariate(1)) for _ in range(PROOF_SIZE))
        assert sum(is_accepted(asked(NOON - age).token) for age in ages) == 0

    def test_control_without_the_seal_forgeries_do_pass(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(captcha.hmac, "compare_digest", lambda a, b: True)
        tries = forgeries(250, random.Random(1))
        # Of eight kinds five need the seal: a flip, a splice, other page, other site, other key.
        assert sum(is_accepted(token, **place) for token, place in tries) > 5 * 250 * 0.9

    def test_control_what_was_asked_is_accepted(self) -> None:
        assert all(is_accepted(asked().token) for _ in range(1000))


class TestHarderSums:
    def test_the_kind_stands_in_the_token_and_is_read_again(self) -> None:
        easy, harder = asked(), captcha.ask(KEY, **BLOG, now=NOON, harder=True)
        assert captcha.read(KEY, harder.token, **BLOG, now=NOON) == harder
        assert (easy.is_harder, harder.is_harder) == (False, True)
        assert len(easy.token) == len(harder.token)
        assert harder.asked_at == easy.asked_at == NOON.replace(microsecond=123000)

    def test_it_has_one_step_more_and_an_answer_that_can_be_written_in_words(self) -> None:
        for _ in range(500):
            one = captcha.ask(KEY, **BLOG, now=NOON, harder=True)
            answer = one.left + one.right - one.less
            assert 10 <= answer <= 99
            assert one.left > 0
            assert one.right > 0
            assert 2 <= one.less <= 19
            assert one.question == f"{one.left} + {one.right} \N{MINUS SIGN} {one.less} ="
            assert one.answered_by(str(answer))
            assert not one.answered_by(str(one.left + one.right))
            named = [name for number, name in spellings("fr") if number == answer]
            assert one.answered_by(named[0])

    def test_no_answer_is_likelier_than_the_others(self) -> None:
        drawn = [captcha.ask(KEY, **BLOG, now=NOON, harder=True) for _ in range(PROOF_SIZE)]
        answers = Counter(one.left + one.right - one.less for one in drawn)
        assert set(answers) == set(range(10, 100))
        assert max(answers.values()) < 2 * PROOF_SIZE / 90

    def test_nobody_makes_an_easier_one_of_it(self) -> None:
        harder = captcha.ask(KEY, **BLOG, now=NOON, harder=True)
        raw = bytearray(base64.urlsafe_b64decode(harder.token))
        raw[16] ^= 0x80
        assert is_accepted(harder.token)
        assert not is_accepted(base64.urlsafe_b64encode(raw).decode())
