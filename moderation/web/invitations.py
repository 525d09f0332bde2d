"""The page behind an invitation: who was invited says their name and becomes a moderator."""

from typing import Any, NoReturn

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from moderation import people
from moderation.accounts import HASHER
from moderation.models import Invitation

from .limits import signing_in
from .owner_forms import JoinForm
from .service import now, reading, service, writing
from .sessions import begin

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/invitations/<token>")
def invitation(token: str) -> str:
    """What one is invited to. Opening it takes nothing up."""
    return _page(_worth(token), JoinForm(formdata=None))


@blueprint.post("/invitations/<token>")
@signing_in
def take_up(token: str) -> Any:
    """Become a moderator, and be signed in."""
    found, form = _worth(token), JoinForm()
    if not form.validate_on_submit():
        return Response(_page(found, form), 422)
    # Slow by design, so before anybody has to wait for the database.
    password_hash = HASHER.hash(form.password.data)
    try:
        with writing() as rows:
            still = people.invitation_of(rows, token, now())
            if still is None:
                _over()
            person = people.take_up(
                rows, service().keyring, still, form.name.data, password_hash, at=now()
            )
            rows.commit()
    except (people.Refused, IntegrityError):
        # Two invitations to one address may be taken up at once.
        abort(409, _known())
    begin(person.id)
    flash(_("Welcome, %(name)s. This is what waits.") % {"name": person.name}, "done")
    return redirect(url_for("queue.index"), 303)


def _worth(token: str) -> Invitation:
    return people.invitation_of(reading(), token, now()) or _over()


def _over() -> NoReturn:
    abort(
        404,
        _(
            "This invitation was taken up or taken back, or it is more than seven days old. Ask "
            "whoever sent it for a new one."
        ),
    )


def _known() -> str:
    return _(
        "There is an account with this address already. Ask an owner of the service to give it "
        "these sites."
    )


def _page(found: Invitation, form: JoinForm) -> str:
    return render_template(
        "owners/invitation.html",
        by=found.by.name,
        role=people.part_of(found).word,
        sites=[site.name for site in found.sites],
        masked=found.masked_email(service().keyring),
        expires_at=found.expires_at,
        form=form,
    )
