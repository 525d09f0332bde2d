"""What goes wrong, in plain words: one table from domain errors to answers, for every door."""

import logging
from typing import Any, NamedTuple

from flask import Flask, Response, abort, current_app, jsonify, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from moderation import intake, publishing, review

log = logging.getLogger("moderation")


class Refusal(NamedTuple):
    """How a refused reply is told: status, the field it belongs to, the sentence, a new sum."""

    status: int
    field: str
    sentence: Any
    asks_anew: bool = False


#: Why a reply was not taken, in the reader's words.
REFUSALS: dict[type[intake.Refused], Refusal] = {
    intake.WrongAnswer: Refusal(
        422,
        "answer",
        lazy_gettext("That is not the sum. Your text is kept: solve this new one."),
        asks_anew=True,
    ),
    intake.AlreadySpent: Refusal(
        422,
        "answer",
        lazy_gettext("That sum was answered before. Your text is kept: solve this new one."),
        asks_anew=True,
    ),
    intake.NoSuchParent: Refusal(
        422,
        "parent",
        lazy_gettext(
            "The reply that you answer is no longer there. Your text is kept: you can send it as a "
            "reply to the page."
        ),
    ),
    intake.Duplicate: Refusal(
        409,
        "",
        lazy_gettext(
            "This reply is here already, so it was not taken twice. Your text is kept: change it "
            "if you meant to say more."
        ),
    ),
    intake.Closed: Refusal(
        409,
        "",
        lazy_gettext(
            "Replies to this page are closed, so yours was not taken. Your text is kept: copy it "
            "if you want to say it elsewhere."
        ),
    ),
    intake.OtherRequest: Refusal(
        422, "", lazy_gettext("This Idempotency-Key was used for another reply.")
    ),
}

#: Titles and sentences for what any door may answer.
SENTENCES: dict[int, tuple[Any, Any]] = {
    400: (
        lazy_gettext("That request could not be read"),
        lazy_gettext("Something in it is not as it should be."),
    ),
    401: (lazy_gettext("Who are you?"), lazy_gettext("Sign in, or send a token that is valid.")),
    403: (lazy_gettext("That is not allowed"), lazy_gettext("This is not yours to see or do.")),
    404: (
        lazy_gettext("Nothing here"),
        lazy_gettext("There is no page at this address. It may have been moved or deleted."),
    ),
    405: (
        lazy_gettext("That cannot be done here"),
        lazy_gettext("This address takes other requests."),
    ),
    409: (lazy_gettext("Somebody was faster"), lazy_gettext("This has changed meanwhile.")),
    413: (
        lazy_gettext("That is too much"),
        lazy_gettext(
            "What you sent is larger than this service takes. Go back to it, shorten it and try "
            "again."
        ),
    ),
    415: (lazy_gettext("Send JSON"), lazy_gettext("The body must be application/json.")),
    422: (
        lazy_gettext("Some fields need another look"),
        lazy_gettext("Please check the marked fields."),
    ),
    429: (
        lazy_gettext("That was very quick"),
        lazy_gettext("Too many requests came from your network. Wait a little, then try again."),
    ),
    500: (
        lazy_gettext("Something broke on our side"),
        lazy_gettext("The mistake is ours, and it is written down. Please try again later."),
    ),
    503: (
        lazy_gettext("Not just now"),
        lazy_gettext("The service cannot store anything at the moment. Please try again soon."),
    ),
}


def problem(
    status: int, detail: Any = "", *, errors: dict[str, list[str]] | None = None, **more: Any
) -> Response:
    """An error as the API gives it: application/problem+json (RFC 9457)."""
    title, sentence = SENTENCES.get(status, SENTENCES[400])
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(title),
        "status": status,
        "detail": str(detail or sentence),
    }
    if errors:
        body["errors"] = {name: [str(one) for one in several] for name, several in errors.items()}
    answer = jsonify({**body, **more})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def init_app(app: Flask) -> None:
    """Answer every error in the words of its door, and none with a traceback."""
    app.before_request(_refuse_unreadable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(publishing.BadCursor, _bad_cursor)
    app.register_error_handler(review.BadCursor, _bad_cursor)
    app.register_error_handler(DataError, _unreadable)
    app.register_error_handler(OperationalError, _unavailable)
    app.register_error_handler(Exception, _ours)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    answer = _answer(status, own_words(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    for name, value in (error.get_response().headers if error.response else {}).items():
        if name in {"Retry-After", "Location"}:
            answer.headers[name] = value
    if status == 401 and _is_api():
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def own_words(error: HTTPException) -> str:
    """What the door that refused said of it; "" where it left that to the table."""
    if isinstance(error, RateLimitExceeded):
        # Its description is the limit itself, such as "60 per 1 minute", where none was given.
        return str(error.description) if error.limit.error_message else ""
    said = error.description != type(error).description and error.code not in {400, 429}
    return str(error.description) if said else ""


def _csrf(_error: CSRFError) -> Response:
    return _answer(
        400, _("This form lay open for too long, or cookies are off. Go back and try again.")
    )


def _bad_cursor(_error: Exception) -> Response:
    return _answer(400, _("That is not an address of a page of this list."))


def _refuse_unreadable() -> None:
    # PostgreSQL cannot be asked for text with a NUL, and SQLite could: one answer for both.
    if "\0" in request.path or b"%00" in request.query_string:
        abort(400)
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        # Werkzeug would raise it where a view asks for the first parameter.
        abort(400)


def _unreadable(_error: DataError) -> Response:
    return _answer(400, "")


def _unavailable(error: OperationalError) -> Response:
    write_down(error)
    return _answer(503, "")


def write_down(error: OperationalError) -> None:
    """Log that the database refused, and no more: a statement's parameters may be private."""
    log.error("the database refused: %s", type(error.orig).__name__)


def _ours(error: Exception) -> Response:
    if current_app.testing:
        raise error
    # A traceback shows values: names of the place alone go to the log.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    log.error("%s at %s, answering %s", type(error).__name__, where, request.endpoint)
    return _answer(500, "")


def _answer(status: int, detail: Any) -> Response:
    if _is_api():
        return problem(status, detail)
    title, sentence = SENTENCES.get(status, SENTENCES[400])
    if request_ctx.url_adapter is None:
        # The Host is not ours, so there are no addresses that a page could be drawn with.
        return Response(f"{title}: {sentence}\n", status, mimetype="text/plain")
    page = render_template(
        "error.html", status=status, title=str(title), sentence=str(detail or sentence)
    )
    return Response(page, status)


def _is_api() -> bool:
    return request.path.startswith("/api/")
