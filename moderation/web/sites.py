"""The sites, for their owners: name, origins, settings, the snippet, the latest changes."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from moderation import accounts, review, sites
from moderation.models import Change, Site, SiteSettings, What

from . import changes, settling
from .owner_forms import NewSiteForm, SiteForm, refuse
from .owning import for_owners, for_owners_of_everything, held, my_site, of_site
from .service import now, reading, service, writing

blueprint = Blueprint("sites", __name__, url_prefix="/queue")


@blueprint.get("/sites")
@for_owners
def index() -> str:
    """The sites one looks after."""
    return _index(NewSiteForm(formdata=None))


@blueprint.post("/sites")
@for_owners_of_everything
def add() -> Any:
    """Add a site."""
    form = NewSiteForm()
    if not form.validate_on_submit():
        return Response(_index(form), 422)
    try:
        with writing() as session:
            _add(session, form)
            session.commit()
    except (accounts.BadAccount, IntegrityError):
        # The form has looked at all else; two owners may add the same at once.
        refuse(form.key, _("There is a site with this key already."))
        return Response(_index(form), 422)
    flash(_("The site is added. Paste the lines below into its pages."), "done")
    return redirect(url_for("sites.site", site=form.key.data), 303)


def _add(session: Any, form: NewSiteForm) -> None:
    known = (form.key.data, form.name.data, form.exact_origins)
    made = accounts.add_site(session, service().keyring, *known, now())
    session.add(Change.of(What.SITE_ADDED, made.id, g.me, now()))


def _index(form: NewSiteForm) -> str:
    return render_template(
        "owners/sites.html",
        sites=review.sites(reading(), g.me),
        form=form,
        owns_everything=g.me.site_ids is None,
    )


@blueprint.get("/sites/<site>")
@for_owners
def site(site: str) -> str:
    """One site."""
    return _page(my_site(site))


@blueprint.post("/sites/<site>")
@for_owners
def rename(site: str) -> Any:
    """Change its name and its origins."""
    found, form = my_site(site), SiteForm()
    if not form.validate_on_submit():
        return Response(_page(found, form=form), 422)
    with writing() as session:
        mine = held(session, site)
        known = {"by": g.me, "at": now()}
        sites.rename(session, mine, form.name.data, form.exact_origins, **known)
        session.commit()
    return _saved(of_site("sites.site", mine))


@blueprint.post("/sites/<site>/settings")
@for_owners
def settings(site: str) -> Any:
    """Change its settings."""
    found = my_site(site)
    form = settling.sent(_beneath())
    wanted = settling.wanted(form)
    if wanted is None:
        return Response(_page(found, settings_form=form), 422)
    with writing() as session:
        mine = held(session, site)
        sites.change(session, mine, wanted, by=g.me, at=now())
        session.commit()
    return _saved(of_site("sites.site", mine, _anchor="settings"))


@blueprint.get("/defaults")
@for_owners_of_everything
def defaults() -> str:
    """What holds on every site that says nothing else."""
    stored = settling.stored(sites.defaults(reading()), SiteSettings())
    return _defaults(stored)


@blueprint.post("/defaults")
@for_owners_of_everything
def change_defaults() -> Any:
    """Change that."""
    form = settling.sent(SiteSettings())
    wanted = settling.wanted(form)
    if wanted is None:
        return Response(_defaults(form), 422)
    with writing() as session:
        sites.change_defaults(session, wanted, by=g.me, at=now())
        session.commit()
    return _saved(url_for("sites.defaults"))


def _saved(address: str) -> Any:
    flash(_("Saved."), "done")
    return redirect(address, 303)


def _beneath() -> SiteSettings:
    """What holds on a site of which nothing is stored."""
    return SiteSettings.of(sites.defaults(reading()))


def _defaults(form: settling.SettingsForm) -> str:
    return render_template(
        "owners/defaults.html",
        settings_form=form,
        hints=settling.hints(SiteSettings()),
        changes=changes.latest(None),
    )


def _page(
    found: Site,
    *,
    form: SiteForm | None = None,
    settings_form: settling.SettingsForm | None = None,
) -> str:
    stored = {"name": found.name, "origins": "\n".join(found.origins)}
    return render_template(
        "owners/site.html",
        site=found,
        form=form or SiteForm(formdata=None, data=stored),
        settings_form=settings_form or settling.stored(found.options, _beneath()),
        hints=settling.hints(_beneath()),
        changes=changes.latest(found.id),
        owns_everything=g.me.site_ids is None,
        snippet=snippet(found),
    )


def snippet(found: Site) -> str:
    """What is pasted into the pages of a site; its link is for readers without JavaScript."""
    ours, page = service().settings.public_url, f"{found.origins[0]}/PAGE"
    thread = url_for("reader.thread", site=found.key, page=page, lang=None)
    return "\n".join(
        (
            f'<comment-thread site="{found.key}" page="{page}">',
            f'  <a href="{ours}{thread}">{_("Read and leave replies")}</a>',
            "</comment-thread>",
            f'<script type="module" src="{ours}/embed.js"></script>',
        )
    )
