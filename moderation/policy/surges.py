"""When far more replies come than a site is used to: the measure, and nothing around it."""

import math
from collections.abc import Sequence
from datetime import timedelta

#: Replies are counted over the latest so long.
WINDOW = timedelta(minutes=10)
#: Fewer are no attack, however quiet the site is: somebody shared the page.
FEWEST = 30
#: Far above: so many times what a busy ten minutes have.
TIMES = 3
#: Of how many past days a site's usual rate is made, and which of them, from the busiest on. In
#: four weeks the fourth busiest is still a day that comes once a week, and an attack that lasted
#: for three days is not yet what is usual.
DAYS, BUSY_DAY = 28, 4
#: What is taken for usual, in a busy ten minutes, on a site that has not had so many days yet.
UNKNOWN = 20.0
#: A day's replies do not come evenly: as if they all came within four hours.
RUSH = 6
#: How rarely chance alone may look like an attack: there are 144 windows a day, so once in twenty
#: years of a site whose replies come by themselves.
CHANCE = 1e-6

_WINDOWS_A_DAY = timedelta(days=1) / WINDOW


def usual(days: Sequence[int]) -> float:
    """How many replies ten minutes have at a busy time, from the numbers of past days.

    `days` has a number for each of the last DAYS days on which anything came, in any order.
    """
    busiest = sorted(days, reverse=True)[:BUSY_DAY]
    known = busiest[-1] * RUSH / _WINDOWS_A_DAY if busiest else 0.0
    return known if len(busiest) == BUSY_DAY else max(known, UNKNOWN)


def is_surge(arrived: int, usually: float) -> bool:
    """Whether so many in WINDOW are far above what is usual.

    Chernoff's bound for Poisson's law says how unlikely it is that `arrived` or more come where
    `usually` are expected: at most exp(arrived - usually) * (usually / arrived) ** arrived
    (Mitzenmacher and Upfal, Probability and Computing, theorem 5.4). It is exact enough for few
    and for many, and needs no table.
    """
    if arrived < max(FEWEST, TIMES * usually):
        return False
    if usually <= 0:
        return True
    unlikely = arrived * math.log(arrived / usually) - arrived + usually
    return unlikely > -math.log(CHANCE)
