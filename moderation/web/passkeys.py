"""Making passkeys and removing them."""

from typing import Any

from flask import Blueprint, Response, abort, flash, g
from flask_babel import gettext as _

from moderation import factors

from .confirming import confirmed
from .factor_forms import PasskeyForm
from .factors import added, index_page, removed
from .relying import here, sent_answer
from .service import now, reading, service, writing
from .sessions import sent_id

blueprint = Blueprint("passkeys", __name__, url_prefix="/queue/account/factors/passkeys")


@blueprint.post("/challenge")
@confirmed
def challenge() -> Response:
    """What a passkey is made by, for the page's script; none where it would not be kept, or
    the device would have a passkey that we do not know.
    """
    party = here()
    has_room = factors.passkeys.has_room(reading(), g.me.id)
    if party is None or not has_room or not PasskeyForm().validate_on_submit():
        abort(409)
    with writing() as rows:
        asked = factors.passkeys.ask_for_new(rows, party, g.me, g.sign_in, now())
        rows.commit()
    return Response(asked, mimetype="application/json")


@blueprint.post("")
@confirmed
def register() -> Any:
    """Keep a passkey under the name that its owner gave it."""
    form, party = PasskeyForm(), here()
    if not form.validate_on_submit():
        return Response(index_page(form), 422)
    with writing() as rows:
        codes = factors.add(
            rows,
            service().keyring,
            g.sign_in,
            lambda: (
                party is not None
                and factors.passkeys.register(
                    rows, party, g.sign_in, sent_answer(), form.name.data, now()
                )
            ),
        )
        # Also where none was made: what was to be signed is spent.
        rows.commit()
    if codes is None:
        sentence = _("That did not make a passkey. Please try again.")
        return Response(index_page(form, sentence), 422)
    flash(_("The passkey is kept. It is asked for when you sign in."), "done")
    return added(codes)


@blueprint.post("/remove")
@confirmed
def remove() -> Any:
    """Take one of one's passkeys away."""
    me, chosen = g.me.id, sent_id("passkey")
    with writing() as rows:
        factors.remove(rows, me, lambda: factors.passkeys.remove(rows, me, chosen))
        rows.commit()
    flash(_("That passkey is no longer taken."), "done")
    return removed()
