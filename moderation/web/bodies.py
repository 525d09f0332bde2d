"""JSON bodies, read so that nothing in them surprises what comes after."""

import json
from typing import Any, NoReturn

from flask import abort, request
from flask_babel import gettext as _

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
