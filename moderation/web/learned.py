"""What the classifier of a site has learned, and how often it was right, as owners see it."""

from datetime import date
from typing import Any

from moderation import learning
from moderation.models import Site

from . import pictures
from .drawing import gettext, month, share
from .service import reading, service


def shown(site: Site, spam_from: int) -> dict[str, Any]:
    """What the policy page says of it; from `spam_from` percent on it counts as saying spam."""
    model = service().learner.model(site.id)
    record = learning.record(reading(), site.id, spam_from=spam_from)
    return {
        "spam": model.spam.replies,
        "wanted": model.wanted.replies,
        "is_listened_to": model.has_learned,
        "whole": record.all,
        "months": [
            (month(date.fromisoformat(f"{tally.label}-01")), tally) for tally in record.months
        ],
        "steps": [_step(tally) for tally in record.steps if tally.judged],
        "spam_from": share(spam_from / 100),
    }


def _step(tally: learning.Tally) -> dict[str, Any]:
    low = int(tally.label)
    bounds = {"low": share(low / 100), "high": share((low + learning.STEP) / 100)}
    return {
        "said": gettext("%(low)s to %(high)s", **bounds),
        "judged": tally.judged,
        "expected": tally.expected / tally.judged,
        "was": tally.spam / tally.judged,
        "bar": pictures.bar(tally.spam / tally.judged),
    }
