"""The policy of a site, or of all of them, for owners: every rule, and what a change would do."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from moderation import backtest, sites
from moderation.models import Site, SiteSettings
from moderation.text import markup

from . import changes, learned, policy_form, words
from .owning import for_owners, for_owners_of_everything, held, my_site, of_site
from .policy_form import PolicyForm
from .policy_words import NAMES
from .service import now, reading, writing

blueprint = Blueprint("policy", __name__, url_prefix="/queue")

#: So many sites are tried at most where a default is: each with its share of the comments.
MOST_SITES = 20


@blueprint.get("/sites/<site>/policy")
@for_owners
def page(site: str) -> str:
    """Every rule of a site: what it looks for, what it does."""
    found, beneath = my_site(site), _beneath()
    return _page(policy_form.stored(found.options, beneath), found, found.settings, beneath)


@blueprint.post("/sites/<site>/policy")
@for_owners
def change(site: str) -> Any:
    """Show what a change would have done; or, once that was seen, save it."""
    found, beneath = my_site(site), _beneath()
    form = policy_form.sent(beneath)
    wanted = policy_form.wanted(form)
    if wanted is None or _goes_back():
        drawn = _page(form, found, found.settings, beneath)
        return Response(drawn, 422 if wanted is None else 200)
    if request.form.get("step") == "save":
        return _save(lambda session: _change(session, site, wanted), of_site("policy.page", found))
    tried = sites.tried(found.defaults or {}, found.options, wanted)
    return _shown(form, found, backtest.of(reading(), found, tried))


def _change(session: Any, site: str, wanted: Mapping[str, Any]) -> None:
    sites.change(session, held(session, site), wanted, by=g.me, at=now())


@blueprint.get("/defaults/policy")
@for_owners_of_everything
def defaults() -> str:
    """The rules of every site that says nothing else."""
    usual = SiteSettings()
    return _page(policy_form.stored(sites.defaults(reading()), usual), None, _beneath(), usual)


@blueprint.post("/defaults/policy")
@for_owners_of_everything
def change_defaults() -> Any:
    """Show what a change of them would have done on all sites together; or save it."""
    usual = SiteSettings()
    form = policy_form.sent(usual)
    wanted = policy_form.wanted(form)
    if wanted is None or _goes_back():
        drawn = _page(form, None, _beneath(), usual)
        return Response(drawn, 422 if wanted is None else 200)
    if request.form.get("step") == "save":
        return _save(lambda session: _change_defaults(session, wanted), url_for("policy.defaults"))
    return _shown(form, None, backtest.of_several(reading(), _tried(wanted)))


def _change_defaults(session: Any, wanted: Mapping[str, Any]) -> None:
    sites.change_defaults(session, wanted, by=g.me, at=now())


def _tried(wanted: Mapping[str, Any]) -> list[tuple[Site, SiteSettings]]:
    """The sites, each with the settings that it would have."""
    beneath = sites.changed(sites.defaults(reading()), wanted)
    found = reading().scalars(select(Site).order_by(Site.created_at).limit(MOST_SITES))
    return [(site, sites.tried(beneath, site.options, {})) for site in found]


def _goes_back() -> bool:
    return request.form.get("step") == "back"


def _save(act: Callable[[Any], None], address: str) -> Any:
    with writing() as session:
        act(session)
        session.commit()
    flash(_("Saved."), "done")
    return redirect(address, 303)


def _beneath() -> SiteSettings:
    """What holds on a site of which nothing is stored."""
    return SiteSettings.of(sites.defaults(reading()))


def _page(
    form: PolicyForm, site: Site | None, settings: SiteSettings, beneath: SiteSettings
) -> str:
    return render_template(
        "owners/policy.html",
        site=site,
        form=form,
        groups=policy_form.groups(form, settings, beneath),
        action=_action(site),
        learned=learned.shown(site, settings.rules.number("learned", "percent")) if site else None,
        changes=changes.latest(site.id if site else None),
        owns_everything=g.me.site_ids is None,
    )


def _shown(form: PolicyForm, site: Site | None, result: backtest.Result) -> str:
    return render_template(
        "owners/policy_preview.html",
        site=site,
        action=_action(site),
        typed=policy_form.typed(form),
        result=result,
        names=NAMES,
        stopped=[_tried_row(one) for one in result.stopped_approved],
        spammed=[_tried_row(one) for one in result.spammed_approved],
        found=[_tried_row(one) for one in _only_found(result)],
        freed=[_tried_row(one) for one in result.freed_refused],
        most_shown=backtest.SHOWN,
    )


def _only_found(result: backtest.Result) -> Iterator[backtest.Tried]:
    """Approved comments that are not among those that would be held or lie with the spam."""
    others = {one.id for one in (*result.stopped_approved, *result.spammed_approved)}
    return (one for one in result.found_approved if one.id not in others)


def _action(site: Site | None) -> str:
    return of_site("policy.change", site) if site else url_for("policy.change_defaults")


def _tried_row(one: backtest.Tried) -> dict[str, Any]:
    """A comment to be looked at: what would speak for or against it now that did not before."""
    before = {reason.code for reason in one.was.reasons}
    fresh = [reason.stored() for reason in one.would.reasons if reason.code not in before]
    return {
        "id": one.id,
        "name": one.name,
        "excerpt": markup.excerpt(one.html, 200),
        "status": str(one.status),
        "at": one.created_at,
        "score": one.would.score,
        "was_score": one.was.score,
        "reasons": [words.reason(reason) for reason in fresh],
    }
