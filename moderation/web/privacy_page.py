"""What a site keeps of its readers and sends to others, written from the settings it has now."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, render_template

from moderation.models import OtherWay, Site
from moderation.outside import services, stopforumspam
from moderation.policy.outside import AKISMET, LISTS, WEBHOOK

from .service import reading, service, site_or_404

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/sites/<site>/privacy")
def site(site: str) -> str:
    """For readers; the site's owner may link to it, or copy its text."""
    found = site_or_404(site)
    return render_template("reader/privacy.html", site=found, **_facts(found))


def _facts(found: Site) -> dict[str, Any]:
    on = services.on(reading(), found.id)
    settings = found.settings
    return {
        "mail": service().settings.mail is not None,
        "edit_minutes": settings.edit_minutes,
        "work": settings.other_way == OtherWay.WORK,
        "akismet": AKISMET in on,
        "akismet_email": AKISMET in on and bool(on[AKISMET].options.get("send_email")),
        "webhook": _host(str(on[WEBHOOK].options.get("url", ""))) if WEBHOOK in on else "",
        "lists": LISTS in on and bool(stopforumspam.loaded(reading())),
    }


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
