"""What is far above the usual, and what is not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy import surges
from moderation.policy.surges import is_surge, usual

WEEKLY = [20, 25, 30, 22, 24, 28, 240] * 4


def test_a_quiet_site_is_flooded_by_what_is_nothing_on_a_busy_one() -> None:
    quiet, busy = usual([5] * 28), usual([5_000] * 28)
    assert is_surge(40, quiet)
    assert not is_surge(40, busy)
    assert not is_surge(500, busy)
    assert is_surge(1_000, busy)


@given(st.integers(0, surges.FEWEST - 1), st.floats(0, 1e6))
def test_fewer_than_the_least_are_never_an_attack(arrived: int, usually: float) -> None:
    assert not is_surge(arrived, usually)


@given(st.integers(0, 10**6), st.floats(0, 1e6))
def test_what_is_usual_is_none_and_more_of_the_same_is_no_less(arrived: int, known: float) -> None:
    assert not is_surge(int(known), known)
    assert is_surge(arrived + 1, known) or not is_surge(arrived, known)


def test_a_busy_day_of_each_week_is_usual() -> None:
    assert usual(WEEKLY) == usual([240] * 28) == 10.0


def test_three_days_of_an_attack_do_not_become_usual_and_the_order_does_not_matter() -> None:
    days = [24] * 25 + [9_000] * 3
    assert usual(days) == 1.0
    assert usual(random.Random(1).sample(days, len(days))) == 1.0


def test_a_young_site_is_given_the_benefit_of_the_doubt() -> None:
    assert usual([]) == usual([3, 4, 5]) == surges.UNKNOWN
    assert usual([480, 960]) == 20.0
    assert usual([480, 4_800, 960]) == 20.0
    assert not is_surge(50, usual([]))
    assert is_surge(60, usual([]))


@pytest.mark.parametrize("usually", [2.0, 12.0, 60.0])
def test_chance_alone_looks_like_no_attack(usually: float) -> None:
    draw = random.Random(7)
    windows = (sum(draw.random() < usually / 500 for _ in range(500)) for _ in range(300))
    assert not any(is_surge(arrived, usually) for arrived in windows)
