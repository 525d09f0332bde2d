"""The attack switch: what it does, for the moderators of a site, and the banner while it is on."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, abort, flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import attack, sites
from moderation.models import Attack, Role, Site
from moderation.policy import surges

from .drawing import exact_time
from .drawing import gettext as _
from .service import now, reading, writing
from .sessions import inside, protected

blueprint = Blueprint("attack", __name__, url_prefix="/queue/attack/<site>")


@blueprint.get("")
@protected
def index(site: str) -> str:
    """The switch of a site."""
    found = _mine(reading().scalar(select(Site).where(Site.key == site)))
    return render_template(
        "queue/attack.html",
        site=found,
        on=found.is_under_attack(now()),
        by_itself=found.settings.attack_by_itself,
        is_owner=g.me.role is Role.OWNER,
        fewest=surges.FEWEST,
    )


@blueprint.post("")
@protected
def switch_on(site: str) -> Any:
    """Switch it on, or let it end later or sooner."""
    hours = request.form.get("hours", "")
    if hours not in map(str, attack.HOURS):
        abort(400)
    with writing() as session:
        held = _held(session, site)
        attack.switch_on(session, held, int(hours), by=g.me, at=now())
        session.commit()
    flash(_("From now on every reply to %(site)s waits.", site=held.name), "done")
    return _back(held)


@blueprint.post("/end")
@protected
def switch_off(site: str) -> Any:
    """End it now; it is no mistake that it is over already."""
    with writing() as session:
        held = _held(session, site)
        attack.switch_off(session, held, by=g.me, at=now())
        session.commit()
    flash(_("The attack switch of %(site)s is off.", site=held.name), "done")
    return _back(held)


def init_app(app: Flask) -> None:
    """Let templates ask which attacks to tell of."""
    app.context_processor(lambda: {"attacks": banners})


def banners(wanted: Sequence[Site]) -> list[dict[str, Any]]:
    """What there is to tell of the attacks on these sites."""
    found = attack.under_way(reading(), now(), [site.id for site in wanted])
    return [{"site": site, "sentence": _told(one, site)} for one, site in found]


def _told(one: Attack, site: Site) -> str:
    until, name = exact_time(one.until), site.name
    if one.by is not None:
        return _(
            "%(who)s switched the attack switch of %(site)s on. Every reply waits, sums are "
            "harder, and moderators are mailed a digest, until %(until)s.",
            who=one.by.name,
            site=name,
            until=until,
        )
    return _(
        "Many more replies than usual are coming to %(site)s: %(arrived)s in ten minutes, usually "
        "%(usual)s. Every reply waits, sums are harder, and moderators are mailed a digest, until "
        "%(until)s or for as long as the rush goes on.",
        site=name,
        arrived=one.arrived,
        usual=one.usual,
        until=until,
    )


def _held(session: Session, key: str) -> Site:
    return _mine(sites.find(session, key))


def _mine(found: Site | None) -> Site:
    """Any of its moderators: an attack waits for no owner, and all of it is written down."""
    if found is None or not g.me.may_see(found.id):
        abort(404)
    return found


def _back(site: Site) -> Any:
    otherwise = url_for("attack.index", site=site.key)
    return redirect(inside(request.form.get("next"), otherwise), 303)
