"""The people who look after the comments, for owners: inviting, changing, letting go."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from moderation import people, review
from moderation.models import Moderator, Role, Site
from moderation.people import EVERYTHING, Part
from moderation.privacy import masked

from . import changes, links
from .language import chosen
from .owner_forms import InviteForm
from .owning import for_owners, typed
from .service import now, reading, service, writing

blueprint = Blueprint("people", __name__, url_prefix="/queue/people")

REFUSALS: dict[str, Any] = {
    "email": lazy_gettext("Enter an email address such as name@example.org."),
    "known": lazy_gettext("Somebody with this address is here already."),
    "sites": lazy_gettext("Choose one site at least."),
    "beyond": lazy_gettext("Choose among what you look after yourself."),
    "last_owner": lazy_gettext(
        "This is the last owner of every site. Make somebody else one first."
    ),
}


@blueprint.get("")
@for_owners
def index() -> str:
    """Who is here, and who is invited."""
    return _index(InviteForm(formdata=None), link=session.pop("invitation", None))


@blueprint.post("/invitations")
@for_owners
def invite() -> Any:
    """Invite somebody. Where no mail is sent, their link is shown, once."""
    form = InviteForm()
    if not form.validate_on_submit():
        return Response(_index(form), 422)
    mailed = service().settings.mail is not None
    try:
        with writing() as rows:
            token = people.invite(
                rows,
                service().keyring,
                form.email.data,
                _part(rows),
                by=g.me,
                at=now(),
                locale=chosen(),
                to_be_mailed=mailed,
            )
            rows.commit()
    except people.Refused as error:
        return Response(_index(form, refused=error.why), 422)
    if mailed:
        flash(_("The invitation is on its way. It is good for seven days."), "done")
    else:
        session["invitation"] = links.invitation_url(token)
    return redirect(url_for("people.index"), 303)


@blueprint.post("/invitations/revoke")
@for_owners
def revoke() -> Any:
    """Take an invitation back."""
    with writing() as rows:
        found = people.find_invitation(rows, g.me, typed("invitation"))
        if found is not None:
            people.take_back(rows, service().keyring, found, by=g.me, at=now())
            rows.commit()
    flash(_("That invitation is good for nothing any more."), "done")
    return redirect(url_for("people.index"), 303)


@blueprint.get("/<person>")
@for_owners
def person(person: str) -> str:
    """One of them."""
    return _page(_visible_or_404(person))


@blueprint.post("/<person>")
@for_owners
def change(person: str) -> Any:
    """Change what they may do."""
    try:
        with writing() as rows:
            found = people.find(rows, g.me, person)
            if found is None:
                abort(404)
            people.change(rows, found, _part(rows), by=g.me, at=now())
            rows.commit()
    except people.Refused as error:
        return Response(_page(_visible_or_404(person), refused=error.why, posted=True), 422)
    flash(_("Saved."), "done")
    return redirect(url_for("people.index"), 303)


@blueprint.post("/<person>/remove")
@for_owners
def remove(person: str) -> Any:
    """Let them go, once one has said that one is sure."""
    if not request.form.get("sure"):
        return Response(_page(_visible_or_404(person), unsure=True), 422)
    try:
        with writing() as rows:
            found = people.find(rows, g.me, person)
            if found is None:
                abort(404)
            people.remove(rows, service().keyring, found, by=g.me, at=now())
            rows.commit()
    except people.Refused as error:
        return Response(_page(_visible_or_404(person), refused=error.why), 422)
    flash(_("%(name)s is removed, and signed out everywhere.", name=found.name), "done")
    return redirect(url_for("people.index"), 303)


def _part(rows: Any) -> Part:
    """The part that the form asks for. Sites that one does not look after are as if not there."""
    role = request.form.get("role", "")
    if role == EVERYTHING:
        return Part(Role.OWNER)
    if role not in list(Role):
        abort(400)
    keys = [key for key in request.form.getlist("sites") if "\0" not in key]
    chosen_sites = rows.scalars(select(Site).where(Site.key.in_(keys)).order_by(Site.key))
    part = Part(Role(role), tuple(g.me.among(chosen_sites)))
    # An owner without a site would be one of every site, which has a choice of its own.
    return part if part.sites else Part(Role.MODERATOR)


def _visible_or_404(person_id: str) -> Moderator:
    everybody = {one.id: one for one in people.visible(reading(), g.me)}
    if person_id not in everybody:
        abort(404)
    return everybody[person_id]


def _index(form: InviteForm, *, refused: str = "", link: str | None = None) -> str:
    everybody = people.visible(reading(), g.me)
    seen = people.last_seen(reading(), everybody)
    invited = people.invitations(reading(), g.me, now())
    at_email = refused in {"email", "known"}
    if at_email:
        form.email.errors = [REFUSALS[refused]]
    return render_template(
        "owners/people.html",
        people=[_row(one) | {"seen": seen.get(one.id)} for one in everybody],
        invitations=[_invited(one) for one in invited],
        form=form,
        choice=_choice(posted=request.method == "POST"),
        refused="" if at_email or not refused else REFUSALS[refused],
        link=link,
        mail_is_sent=service().settings.mail is not None,
        changes=changes.latest(None) if g.me.site_ids is None else [],
    )


def _page(
    found: Moderator, *, refused: str = "", posted: bool = False, unsure: bool = False
) -> str:
    return render_template(
        "owners/person.html",
        person=_row(found),
        choice=_choice(found, posted=posted),
        refused=REFUSALS[refused] if refused else "",
        unsure=unsure,
        is_mine=people.rules(g.me, found),
        is_me=found.id == g.me.id,
    )


def _choice(found: Moderator | None = None, *, posted: bool) -> dict[str, Any]:
    """What can be chosen for somebody, and what is chosen."""
    if posted:
        role, keys = request.form.get("role", ""), set(request.form.getlist("sites"))
    elif found is not None:
        role, keys = _word(found), {site.key for site in found.sites}
    else:
        role, keys = str(Role.MODERATOR), set()
    mine = review.sites(reading(), g.me)
    return {
        "role": role,
        "sites": [{"key": one.key, "name": one.name, "on": one.key in keys} for one in mine],
        "everything": g.me.site_ids is None,
        "roles": found is None or people.rules(g.me, found),
    }


def _word(found: Moderator) -> str:
    return Part(found.role, tuple(found.sites)).word


def _row(found: Moderator) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "masked": masked(found.email(service().keyring)),
        "role": _word(found),
        "sites": [site.name for site in g.me.among(found.sites)],
        "me": found.id == g.me.id,
    }


def _invited(one: Any) -> dict[str, Any]:
    return {
        "id": one.id,
        "masked": one.masked_email(service().keyring),
        "role": Part(one.role, tuple(one.sites)).word,
        "sites": [site.name for site in one.sites],
        "by": one.by.name,
        "expires_at": one.expires_at,
    }
