"""The forms about second factors."""

import unicodedata

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from moderation.accounts import LONGEST_PASSWORD
from moderation.text import plain

from .forms import Written

LONGEST_PASSKEY_NAME = 60


def _digits(value: str | None) -> str:
    """A code as it is compared: people type it in groups, and in the digits of their script."""
    kept = (one for one in value or "" if not one.isspace() and one not in "-‐‑–")
    return "".join(str(unicodedata.decimal(one, one)) for one in kept)


def _name(value: str | None) -> str:
    try:
        return plain.one_line(value or "")
    except plain.Unreadable as error:
        raise ValueError(_("This text has a character that cannot be stored.")) from error


class ConfirmForm(FlaskForm):
    """The password of whoever is signed in already."""

    password = PasswordField(
        _("Password"),
        validators=[DataRequired(_("Write your password.")), Length(max=LONGEST_PASSWORD)],
    )


class CodeForm(FlaskForm):
    """A code: six digits of an app, or a recovery code."""

    code = StringField(
        _("Code"),
        filters=[_digits],
        validators=[
            DataRequired(_("Write the code.")),
            Length(max=64, message=_("A code is shorter than that.")),
        ],
    )


class PasskeyForm(FlaskForm):
    """What a new passkey is called by its owner."""

    name = StringField(
        _("Name of the passkey"),
        filters=[_name],
        validators=[
            Written(_("Give it a name, so that you know it again.")),
            Length(max=LONGEST_PASSKEY_NAME, message=_("Use at most %(max)d characters.")),
        ],
    )
