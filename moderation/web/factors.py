"""What guards one's account beside the password: looked at, turned on and off."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from moderation import factors

from .confirming import confirmed
from .factor_forms import CodeForm, PasskeyForm
from .relying import here
from .service import now, reading, service, writing

blueprint = Blueprint("factors", __name__, url_prefix="/queue/account/factors")


@blueprint.get("")
@confirmed
def index() -> str:
    """What is asked for when one signs in."""
    return index_page(PasskeyForm(formdata=None))


@blueprint.post("/app")
@confirmed
def start_app() -> Any:
    """Make the secret that an app is to be given."""
    with writing() as rows:
        is_new = factors.start_app(rows, service().keyring, g.me.id, now())
        rows.commit()
    if not is_new:
        flash(_("An app is set up already. Turn it off first, then set up another."), "wrong")
    return redirect(url_for("factors.app" if is_new else "factors.index"), 303)


@blueprint.get("/app")
@confirmed
def app() -> Any:
    """The secret, to be given to an app; shown until a code of the app has confirmed it."""
    page = _app_page(CodeForm(formdata=None))
    return page or redirect(url_for("factors.index"), 303)


@blueprint.post("/app/confirm")
@confirmed
def confirm_app() -> Any:
    """Let the app count, once it has given a right code."""
    form, me = CodeForm(), g.me.id
    codes = None
    if form.validate_on_submit():
        with writing() as rows:
            keyring, given = service().keyring, form.code.data
            codes = factors.add(
                rows,
                keyring,
                g.sign_in,
                lambda: factors.apps.confirm(rows, keyring, me, given, now()),
            )
            rows.commit()
        form.code.errors = [_("That is not the code. Is the clock of your phone right?")]
    if codes is None:
        page = _app_page(form)
        return Response(page, 422) if page else redirect(url_for("factors.index"), 303)
    flash(_("The app is set up. Its codes are asked for when you sign in."), "done")
    return added(codes)


@blueprint.post("/app/off")
@confirmed
def turn_app_off() -> Any:
    """Ask for no codes of the app any more."""
    me = g.me.id
    with writing() as rows:
        factors.remove(rows, me, lambda: factors.apps.turn_off(rows, me))
        rows.commit()
    flash(_("The app is turned off. Delete its entry there: its codes are of no use now."), "done")
    return removed()


@blueprint.post("/codes")
@confirmed
def renew_codes() -> Any:
    """Make new recovery codes; the old ones are worth nothing from now on."""
    with writing() as rows:
        codes = factors.renewed_codes(rows, service().keyring, g.me.id)
        rows.commit()
    if not codes:
        flash(_("Set up an app or a passkey first."), "wrong")
    return added(codes)


def added(codes: list[str]) -> Any:
    """The recovery codes, or the page of factors where there are none to show.

    They are the answer itself and not a page to go on to: for that they would have to be kept.
    """
    if not codes:
        return redirect(url_for("factors.index"), 303)
    grouped = [" ".join(one[at : at + 4] for at in range(0, len(one), 4)) for one in codes]
    return render_template("accounts/codes.html", codes=grouped)


def removed() -> Any:
    """Back to the page of factors, which says what is still asked for."""
    if not factors.ways(reading(), g.me.id).any:
        flash(_("Your password is all that is asked for when you sign in now."), "done")
    return redirect(url_for("factors.index"), 303)


def index_page(form: PasskeyForm, sentence: str | None = None) -> str:
    """The page of factors, with what is wrong with a new passkey."""
    return render_template(
        "accounts/factors.html",
        ways=factors.ways(reading(), g.me.id),
        app=factors.apps.of(reading(), g.me.id),
        passkeys=factors.passkeys.of(reading(), g.me.id),
        takes_more=factors.passkeys.has_room(reading(), g.me.id),
        has_name=here() is not None,
        form=form,
        error=sentence,
    )


def _app_page(form: CodeForm) -> str:
    """The page with the secret; empty where there is none to show."""
    found = factors.apps.of(reading(), g.me.id)
    if found is None or found.confirmed_at is not None:
        return ""
    secret = found.secret(service().keyring)
    address = factors.apps.address(secret, g.me.name, service().settings.public_host)
    return render_template(
        "accounts/app.html",
        form=form,
        square=_square(address),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
    )


def _square(text: str) -> Markup:
    """A QR code as SVG. It is drawn here, since a service that draws one would read the secret."""
    import segno  # Loaded when the first is drawn: few pages need it.

    made = segno.make(text, error="m", micro=False)
    # Attributes alone: our own policy allows no inline style.
    return Markup(made.svg_inline(border=4, light="#fff", dark="#000", omitsize=True))  # noqa: S704
