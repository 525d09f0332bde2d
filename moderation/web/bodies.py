"""JSON bodies, read so that nothing in them surprises what comes after."""

import json
from typing import Any, NoReturn

from flask import abort, request
from flask_babel import gettext as _

from moderation import review
from moderation.models import Status
from moderation.text import plain

from .bounds import LONGEST_NOTE, LONGEST_REASON, MOST_DECISIONS
from .errors import problem


def json_object() -> dict[str, Any]:
    """The request's body as a JSON object, or an answer of 400 or 415.

    Python's parser takes NaN, which is no JSON, and fails on great depth with an error of its
    own; both are told as what they are: a malformed body.
    """
    if request.mimetype != "application/json":
        abort(problem(415))
    try:
        found = json.loads(request.get_data(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        abort(problem(400, _("The body is not JSON.")))
    if not isinstance(found, dict):
        abort(problem(400, _("The body must be a JSON object.")))
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def wishes(payload: dict[str, Any]) -> tuple[list[review.Wish], list[str]]:
    """The decisions that a moderator asks for, or sentences about what is wrong with them."""
    given = payload.get("decisions")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_DECISIONS:
        return [], [_("Send a list of 1 to %(most)d decisions.", most=MOST_DECISIONS)]
    asked = [_wish(one) for one in given]
    if not all(asked):
        return [], [_("Each decision names a comment, a status and the version it was made on.")]
    return [wish for wish in asked if wish], []


def _wish(given: Any) -> review.Wish | None:
    if not isinstance(given, dict):
        return None
    comment, status, version = (given.get(name) for name in ("comment", "status", "version"))
    texts = ["" if given.get(name) is None else given[name] for name in ("reason", "note")]
    if not (isinstance(comment, str) and isinstance(version, int) and status in list(Status)):
        return None
    if isinstance(version, bool) or not all(isinstance(text, str) for text in texts):
        return None
    try:
        comment = plain.one_line(comment)
        reason, note = plain.one_line(texts[0]), plain.tidy(texts[1])
    except plain.Unreadable:
        return None
    if len(reason) > LONGEST_REASON or len(note) > LONGEST_NOTE:
        return None
    return review.Wish(comment, Status(status), version, reason, note)
