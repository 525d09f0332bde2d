"""What the owners' pages share: who comes in, which site it is about."""

from functools import wraps
from typing import Any

from flask import abort, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation import sites
from moderation.models import Role, Site
from moderation.text import plain

from .service import reading
from .sessions import protected


def for_owners(view: Any) -> Any:
    """Let owners in, and nobody else."""

    @protected
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.me.role is not Role.OWNER:
            abort(403, _("Only an owner looks after sites and people."))
        return view(*args, **kwargs)

    return guarded


def for_owners_of_everything(view: Any) -> Any:
    """Let owners in who are limited to no site, and nobody else."""

    @for_owners
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.me.site_ids is not None:
            abort(403, _("Only an owner of every site can do this."))
        return view(*args, **kwargs)

    return guarded


def my_site(key: str) -> Site:
    """The site of an address, to be looked at; one that is not the owner's is as if not there."""
    found = reading().scalar(select(Site).where(Site.key == key))
    if found is None or not g.me.may_see(found.id):
        abort(404)
    return found


def held(session: Session, key: str) -> Site:
    """The same, to be changed in this session: its owners take turns."""
    found = sites.find(session, key)
    if found is None or not g.me.may_see(found.id):
        abort(404)
    return found


def typed(name: str, longest: int = 2_000) -> str:
    """A line that was typed, tidied; what cannot be stored is refused."""
    try:
        return plain.one_line(request.form.get(name, "")[: longest + 1])
    except plain.Unreadable:
        abort(400)


def asked(name: str) -> str:
    """A parameter of the address, tidied; what cannot be stored is as if not given."""
    try:
        return plain.one_line(request.args.get(name, ""))[:2_000]
    except plain.Unreadable:
        return ""


def of_site(endpoint: str, site: Site, **more: Any) -> str:
    """The address of one of a site's pages."""
    return url_for(endpoint, site=site.key, **more)
