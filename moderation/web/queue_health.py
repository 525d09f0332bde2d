"""How the queue is doing, in pictures, each with its numbers beneath."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, render_template, request

from moderation import measuring, review
from moderation.measuring import Day, Health

from . import pictures, words
from .drawing import date, duration, number
from .drawing import gettext as _
from .pictures import Drawing
from .service import now, reading
from .sessions import protected

blueprint = Blueprint("queue_health", __name__, url_prefix="/queue/health")


@blueprint.get("")
@protected
def index() -> str:
    """The last thirty days of one site, or of all that the moderator may see."""
    sites = review.sites(reading(), g.me)
    site = next((one for one in sites if one.key == request.args.get("site")), None)
    found = measuring.health(reading(), g.me, site.id if site else None, now())
    return render_template(
        "queue/health.html",
        health=found,
        sites=sites,
        site=site.key if site else "",
        pictures=_pictures(found) if found.counted_at else [],
        reasons=[_share(one) for one in found.reasons],
    )


def _pictures(found: Health) -> list[dict[str, Any]]:
    return [_waiting(found.days), _times(found.days), _overturned(found.days)]


def _waiting(days: Sequence[Day]) -> dict[str, Any]:
    values = [one.waiting for one in days]
    end = pictures.top(values)
    title = _("What waits")
    means = _(
        "From %(first)s waiting %(days)s days ago to %(last)s now; %(most)s at most.",
        first=values[0],
        days=len(days) - 1,
        last=values[-1],
        most=max(values),
    )
    drawing = Drawing("waiting", title, means)
    return _picture(drawing, days, pictures.area(drawing, values, end), number(round(end))) | {
        "columns": [_("Waiting at the end of the day")],
        "rows": [(date(one.day), [number(one.waiting)]) for one in reversed(days)],
    }


def _times(days: Sequence[Day]) -> dict[str, Any]:
    median, slowest = ([_hours(one) for one in both] for both in _both(days))
    end = max(pictures.top(median, slowest) if any(slowest) else 1.0, 1 / 60)
    title = _("From arrival to the first decision")
    means = _("For half of the comments (line), and for 95 of 100 (dashes), day by day.")
    drawing = Drawing("times", title, means)
    svg = pictures.lines(drawing, median, slowest, end=end)
    scale = duration(timedelta(hours=end))
    return _picture(drawing, days, svg, scale, is_empty=not any(median)) | {
        "columns": [_("Half of them within"), _("95 of 100 within")],
        "rows": [
            (date(one.day), [_or_none(one.median), _or_none(one.slowest)]) for one in reversed(days)
        ],
    }


def _both(days: Sequence[Day]) -> tuple[list[timedelta | None], list[timedelta | None]]:
    return [one.median for one in days], [one.slowest for one in days]


def _hours(one: timedelta | None) -> float | None:
    return one.total_seconds() / 3600 if one else None


def _or_none(one: timedelta | None) -> str:
    return duration(one) if one else "–"


def _overturned(days: Sequence[Day]) -> dict[str, Any]:
    values = [one.overturned for one in days]
    end = pictures.top(values)
    title = _("Overturned decisions")
    means = _(
        "%(overturned)s of moderators' decisions were taken back or reversed in these days, while "
        "they made %(decided)s.",
        overturned=sum(values),
        decided=sum(one.decided for one in days),
    )
    drawing = Drawing("overturned", title, means)
    svg = pictures.columns(drawing, values, end)
    return _picture(drawing, days, svg, number(round(end)), is_empty=not any(values)) | {
        "columns": [_("Overturned"), _("Decisions")],
        "rows": [
            (date(one.day), [number(one.overturned), number(one.decided)]) for one in reversed(days)
        ],
    }


def _picture(
    drawing: Drawing, days: Sequence[Day], svg: Any, end: str, *, is_empty: bool = False
) -> dict[str, Any]:
    return {
        "drawing": drawing,
        "svg": svg,
        "end": end,
        "first": date(days[0].day),
        "last": date(days[-1].day),
        "is_empty": is_empty,
    }


def _share(one: measuring.Share) -> dict[str, Any]:
    share = one.approved / one.decided
    label = words.REASON_LABELS.get(one.code, one.code)
    return {"label": label, "decided": one.decided, "share": share, "bar": pictures.bar(share)}
