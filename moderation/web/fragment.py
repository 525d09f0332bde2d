"""A thread as a piece of HTML that a static generator puts into its page when it builds it."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import force_locale
from markupsafe import Markup

from moderation import publishing
from moderation.languages import closest
from moderation.publishing import Wanted

from . import discovery, small, words
from .public import absolute, open_to_all, page_asked_for, shared
from .service import service, site_or_404

blueprint = Blueprint("fragment", __name__)
blueprint.after_request(open_to_all)

Drawn = dict[str, Any]


@blueprint.app_context_processor
def _tell() -> dict[str, Any]:
    return {
        "absolute": absolute,
        "canonical_of": discovery.canonical,
        "linked_data": discovery.linked_data,
    }


@blueprint.get("/sites/<site>/fragment")
def fragment(site: str) -> Response:
    """One page of a thread in a declarative shadow tree, for whoever comes before the script.

    Its language is the one that is asked for, or the site's; no reader's preference counts, since
    it is made for all of them. No time in it is relative: it is read long after it was made.
    """
    found, page = site_or_404(site), page_asked_for()
    asked = request.args.get("lang", "")
    wanted = Wanted(found.key, page, after=request.args.get("after", ""))
    shown = json.loads(publishing.document(service().database, found, wanted).plain)
    for one in shown["comments"]:
        _draw(one)
    with force_locale(closest([asked], otherwise=found.settings.language)):
        html = render_template(
            "fragment/thread.html",
            site=found,
            page=page,
            asked_lang=asked,
            thread=shown["thread"],
            comments=shown["comments"],
            beginnings=_nested(shown["comments"]),
            after=shown["next"],
        )
    return shared(html.encode(), "text/html")


@blueprint.get("/embed.css")
def styles() -> Response:
    """The widget's style sheet by itself, for fragments that are read before the script comes."""
    return shared(_styles(Path(current_app.static_folder or "")), "text/css")


@cache
def _styles(static: Path) -> bytes:
    sheet = (static / "embed/comment-thread.css").read_text(encoding="utf-8")
    return small.styles(sheet).encode()


def _draw(one: Drawn) -> None:
    one["html"] = Markup(one["html"])  # noqa: S704 - made by markup.render
    for name in ("created_at", "edited_at"):
        one[name] = datetime.fromisoformat(one[name]) if one[name] else None


def _nested(comments: list[Drawn]) -> list[Drawn]:
    """Replies inside what they answer, to the depth that the widget draws; beyond it they stand
    side by side, and say whom they answer.
    """
    beginnings: list[Drawn] = []
    known: dict[str, Drawn] = {}
    for one in comments:
        above = known.get(one["parent"] or "")
        one["depth"] = above["depth"] + 1 if above else 0
        one["beside"] = above["replies"] if above else beginnings
        one["answers"] = above if above and one["depth"] > words.DEEPEST_DRAWN else None
        one["beside"].append(one)
        deep = one["depth"] >= words.DEEPEST_DRAWN
        one["replies"] = one["beside"] if deep else []
        known[one["id"]] = one
    return beginnings
