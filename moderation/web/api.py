"""The JSON API: threads and counts for readers, replies, the queue and decisions for programs."""

from datetime import datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import refresh
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound

from moderation import intake, publishing, review, together, widget_texts
from moderation.models import Bearer, Comment, Site, Status, open_sites
from moderation.privacy import token_digest
from moderation.publishing import Sort, Wanted
from moderation.review import Order
from moderation.text import addresses, markup, plain

from . import cards, cursors, filters, ready_made
from .bodies import json_object, wishes
from .bounds import (
    LONGEST_KEY,
    LONGEST_SEARCH,
    MOST_COMMENTS,
    MOST_PAGES,
)
from .errors import REFUSALS, problem
from .forms import LONGEST_BODY, NotText, ReplyForm, reply_from_json
from .leaving import Invalid, ask, leave
from .limits import asking, leaving, previewing
from .openapi import DOCUMENT, chapters
from .service import now, reading, service, site_or_404, writing
from .ways import TooMany

blueprint = Blueprint("api", __name__, url_prefix="/api")

#: Any page may read these, and any cache keep them: they say the same to everybody.
_PUBLIC = frozenset({"api.thread", "api.counts", "api.openapi"})
#: These take part in leaving a reply: the site's own pages, and ours, may ask.
_FOR_SITES = frozenset({"api.challenge", "api.leave_reply", "api.preview", "api.report"})


@blueprint.get("/v1/sites/<site>/thread")
def thread(site: str) -> Response:
    """A page of a thread. What lies ready is served by `ready_made`, in front of this view."""
    found = site_or_404(site)
    try:
        sort = Sort(request.args.get("sort", "oldest"))
    except ValueError:
        abort(problem(400, _("Sort by oldest or newest.")))
    after, wish = request.args.get("after", ""), request.args.get("lang", "")
    wanted = Wanted(found.key, _page_asked_for(), sort, after, widget_texts.language(wish))
    document = publishing.document(service().database, found, wanted)
    made = ready_made.answer(
        ready_made.Ready(document.etag, document.plain, document.gzip, document.brotli),
        request.headers.get("Accept-Encoding", ""),
        request.headers.get("If-None-Match", ""),
        secure=service().settings.secure,
    )
    return Response(made.body, made.status, made.headers)


@blueprint.get("/v1/sites/<site>/counts")
def counts(site: str) -> Response:
    """How many replies each of up to 100 pages has, by the addresses as they were asked for."""
    found = site_or_404(site)
    asked = request.args.getlist("page")
    if len(asked) > MOST_PAGES:
        abort(problem(400, _("Ask for at most %(most)d pages.", most=MOST_PAGES)))
    pages = {url: _normal_page(url) for url in asked}
    known = publishing.counts(reading(), found, list(set(pages.values())))
    answer = jsonify({"counts": {url: known[page] for url, page in pages.items()}})
    answer.headers["Cache-Control"] = "public, max-age=30"
    return answer


@blueprint.get("/v1/sites/<site>/challenge")
@asking
def challenge(site: str) -> Response:
    """A fresh sum, for one reply on one page."""
    return jsonify(ask(site_or_404(site), _page_asked_for()).as_json())


@blueprint.post("/v1/sites/<site>/preview")
@previewing
def preview(site: str) -> Response:
    """A comment as readers would see it."""
    site_or_404(site)
    body = json_object().get("body")
    if not isinstance(body, str):
        return problem(422, errors={"body": [_("Send text here.")]})
    try:
        tidy = plain.tidy(body)
    except plain.Unreadable:
        return problem(422, errors={"body": [_("This text cannot be stored.")]})
    if len(tidy) > LONGEST_BODY:
        return problem(422, errors={"body": [_("Your comment is too long.")]})
    return jsonify({"html": markup.render(tidy).html})


@blueprint.post("/v1/sites/<site>/comments")
@leaving
def leave_reply(site: str) -> Response:
    """A reply: 201 when it is published at once, 202 when it waits for a moderator."""
    found = site_or_404(site)
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        abort(
            problem(400, _("An Idempotency-Key has at most %(most)d characters.", most=LONGEST_KEY))
        )
    try:
        form = reply_from_json(json_object())
    except NotText as error:
        return problem(422, errors=error.errors)
    try:
        status, body = leave(found, form, key)
    except Invalid as error:
        return problem(422, errors=error.errors, **_new_sum(found, form, error.asks_anew))
    except intake.Refused as error:
        told = REFUSALS[type(error)]
        errors = {told.field: [told.sentence]} if told.field else None
        again = _new_sum(found, form, told.asks_anew or error.spends)
        return problem(told.status, told.sentence, errors=errors, **again)
    except TooMany as error:
        return _too_many(error)
    answer = jsonify(body)
    answer.status_code = status
    return answer


def _too_many(error: TooMany) -> Response:
    answer = problem(429, error.sentence)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _new_sum(site: Site, form: ReplyForm, asks_anew: bool) -> dict[str, Any]:
    # The form has brought the page into its normal form: nothing is asked anew before that.
    return {"challenge": ask(site, form.page.data).as_json()} if asks_anew else {}


#: A row for each site that is named for the owner of a token, or one without a site.
_OWNER = """
    SELECT moderator.id, moderator.role, moderator.locale, moderator_site.site_id
    FROM token JOIN moderator ON moderator.id = token.moderator_id
    LEFT JOIN moderator_site ON moderator_site.moderator_id = moderator.id
    WHERE token.digest = {0}
"""


def moderators_only(view: Any) -> Any:
    """Ask for a moderator's token; the view finds its owner in `g.me`."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
        found = []
        if scheme.lower() == "bearer" and secret:
            found = service().database.look_ups.find(_OWNER, token_digest(secret.strip()))
        if not found:
            abort(401)
        moderator_id, role, locale, _site = found[0]
        sites = [site for *_, site in found if site]
        g.me = Bearer(moderator_id, open_sites(role, sites), locale)
        refresh()  # Now it is known whose language the answer is in.
        return view(*args, **kwargs)

    return guarded


@blueprint.get("/v1/queue")
@moderators_only
def queue() -> Response:
    """What waits (or has another status), in order, on the sites the moderator may see."""
    me: Bearer = g.me
    wanted, order, after = _filter(me), _order(), cursors.given()
    found, onward = review.queue(
        reading(), me, wanted, after=after, limit=_limit(), order=order, at=now()
    )
    at = review.moment(after, now()) if order is Order.PRIORITY else now()
    drawn = [cards.as_json(card) for card in cards.several(found)]
    counted = review.counted(reading(), me, wanted)
    return jsonify(
        {
            "comments": [
                {**card, "priority": _priority(comment, at)}
                for card, comment in zip(drawn, found, strict=True)
            ],
            "next": cursors.told(onward),
            "count": counted.number,
            "count_is_exact": counted.is_exact,
        }
    )


def _priority(comment: Comment, at: datetime) -> dict[str, int]:
    priority = review.Priority.of(comment, at)
    return {"sum": priority.sum, "risk": priority.risk, "hours": priority.hours}


def _order() -> Order:
    try:
        return Order(request.args.get("order", "oldest"))
    except ValueError:
        abort(problem(400, _("Sort by oldest or priority.")))


def _limit() -> int:
    limit = request.args.get("limit", str(review.PAGE_SIZE))
    # Looked at by its length first: Python refuses to read thousands of digits.
    plain_number = len(limit) < 10 and limit.isascii() and limit.isdigit()
    if not plain_number or not 1 <= int(limit) <= MOST_COMMENTS:
        abort(problem(400, _("Ask for 1 to %(most)d comments.", most=MOST_COMMENTS)))
    return int(limit)


def _filter(me: Bearer) -> review.Filter:
    site_key = request.args.get("site", "")
    sites = {site.key: site.id for site in review.sites(reading(), me)}
    if site_key and site_key not in sites:
        abort(404, _("There is no such site here."))
    try:
        status = Status(request.args.get("status", "pending"))
    except ValueError:
        abort(problem(400, _("There is no such status.")))
    text = {name: _searchable(name) for name in filters.NAMES} | {"status": str(status)}
    text |= {name: _yes_or_no(name) for name in ("links", "reported")}
    return filters.wanted(text, sites.get(site_key))


def _searchable(name: str) -> str:
    most = addresses.LONGEST_PAGE if name == "page" else LONGEST_SEARCH
    try:
        return plain.one_line(request.args.get(name, ""))[:most]
    except plain.Unreadable:
        abort(problem(400, _("These words cannot be searched for.")))


def _yes_or_no(name: str) -> str:
    said = request.args.get(name, "false")
    if said not in {"true", "false"}:
        abort(problem(400, _("Say true or false.")))
    return "1" if said == "true" else ""


@blueprint.post("/v1/decisions")
@moderators_only
def decide() -> Response:
    """Decisions, each on the version its moderator saw; each is answered for itself."""
    asked, wrong = wishes(json_object())
    if wrong:
        return problem(422, errors={"decisions": wrong})
    with writing() as session:
        held = review.hold(session, g.me, [wish.comment for wish in asked])
        results = together.decide(session, held, asked, together.By(g.me, now()))
        session.commit()
    return jsonify({"results": [_result(one) for one in results]})


def _result(one: together.Result) -> dict[str, Any]:
    stands = {"status": str(one.status), "version": one.version}
    if not one.error:
        return {"comment": one.comment, **stands}
    current = None if one.error == "unknown" else stands
    return {"comment": one.comment, "error": one.error, "current": current}


@blueprint.get("/v1/openapi.json")
def openapi() -> Response:
    """The description of all of this."""
    return jsonify(DOCUMENT)


@blueprint.get("/docs")
def docs() -> str:
    """The API for people to read."""
    return render_template("docs.html", description=chapters(DOCUMENT))


def _page_asked_for() -> str:
    return _normal_page(request.args.get("page", ""))


def _normal_page(url: str) -> str:
    try:
        return addresses.page(url)
    except addresses.BadAddress:
        abort(problem(400, _("Give the full address of the page, with https://.")))


@blueprint.before_request
def _known_origin() -> Response | None:
    """Refuse to take part in leaving a reply on a page that is not the site's."""
    if request.endpoint not in _FOR_SITES:
        return None
    origin = request.headers.get("Origin")
    if origin and origin not in allowed_origins(request.view_args):
        return problem(403, _("Pages of this origin may not post here."))
    if request.method == "OPTIONS":
        return Response(status=204)
    return None


@blueprint.after_request
def _share(response: Response) -> Response:
    """Say which pages may read the answer. No credentials ever: none are asked for."""
    if request.endpoint in _PUBLIC:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    if request.endpoint in _FOR_SITES:
        origin = request.headers.get("Origin")
        response.vary.add("Origin")
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if origin and _is_allowed(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
            response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            response.headers["Access-Control-Max-Age"] = "7200"
    return response


def _is_allowed(origin: str) -> bool:
    try:
        return origin in allowed_origins(request.view_args)
    except (NotFound, SQLAlchemyError):
        # The answer says what is wrong already; a failure here would make a 500 of it.
        return False


def allowed_origins(view_args: dict[str, Any] | None) -> set[str]:
    """The origins whose pages may post: the site's, and our own for its page without JavaScript."""
    if "allowed_origins" not in g:
        found = site_or_404((view_args or {}).get("site", ""))
        g.allowed_origins = {*found.origins, service().settings.public_url}
    known: set[str] = g.allowed_origins
    return known
