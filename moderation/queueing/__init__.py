"""The queue as it is read: which comments, in which order, how many.

Nothing here may take longer because more comments wait. So a page is put together from ranges of
indexes (`filter.Way`): each gives its first few rows in order, and these are merged. What no
index can answer (words; a second narrowing beside the first) is looked at row by row, for LOOKED_AT
rows at most: a page may then hold fewer than asked for, with a cursor to look further.

Two orders: the oldest first; and by priority, which is risk × hours waited (see `Priority`). Risk
has MOST_RISK values, and within one of them priority falls with age alone: so the order by
priority too is a merge of ranges, one for each risk.

What belongs together (see `clusters`) has one place: see `folding`.
"""

from .company import COUNTED_TO, Past, neighbours, pasts, twins
from .filter import MOST_WORDS, Filter, every, fitting, those
from .folding import folded, is_foldable
from .order import BadCursor, Order, Priority
from .reading import (
    LOOKED_AT,
    PAGE_SIZE,
    Counted,
    count,
    counted,
    counts,
    cursor,
    moment,
    queue,
    sites,
    with_context,
)

__all__ = [
    "COUNTED_TO",
    "LOOKED_AT",
    "MOST_WORDS",
    "PAGE_SIZE",
    "BadCursor",
    "Counted",
    "Filter",
    "Order",
    "Past",
    "Priority",
    "count",
    "counted",
    "counts",
    "cursor",
    "every",
    "fitting",
    "folded",
    "is_foldable",
    "moment",
    "neighbours",
    "pasts",
    "queue",
    "sites",
    "those",
    "twins",
    "with_context",
]
