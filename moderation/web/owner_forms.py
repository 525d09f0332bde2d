"""The forms of the owners' pages, and of who was invited by them."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from moderation import accounts
from moderation.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from moderation.models import ListKind, SiteReason, Standing

from .forms import LONGEST_NAME, Written, one_line, tidied

MOST_ORIGINS = 50
LONGEST_NOTE = 500


class SiteForm(FlaskForm):
    """What a site is called, and where its pages are."""

    name = StringField(
        _("Name"),
        filters=[one_line],
        validators=[
            Written(_("Write a name.")),
            Length(max=200, message=_("Use at most %(max)d characters.")),
        ],
    )
    origins = TextAreaField(
        _("Origins"), filters=[tidied], validators=[Written(_("Write one origin at least."))]
    )

    def validate_origins(self, field: Field) -> None:
        """Refuse what is no origin; each is on a line of its own."""
        if not field.data:
            return
        try:
            exact = accounts.exact_origins(field.data.split())
        except accounts.BadAccount as error:
            raise ValidationError(_("An origin is such as https://blog.example.")) from error
        if len(exact) > MOST_ORIGINS:
            raise ValidationError(
                _("A site has at most %(most)d origins.") % {"most": MOST_ORIGINS}
            )
        field.data = "\n".join(exact)

    @property
    def exact_origins(self) -> list[str]:
        """The origins, in normal form once the form is valid."""
        return (self.origins.data or "").split()


class NewSiteForm(SiteForm):
    """A site that is not there yet."""

    key = StringField(_("Key"), filters=[one_line])

    def validate_key(self, field: Field) -> None:
        """Refuse what cannot stand in an address."""
        if not accounts.is_site_key(field.data or ""):
            raise ValidationError(_("Use small letters, digits and hyphens, such as blog."))


class EntryForm(FlaskForm):
    """A line for a site's list."""

    standing = SelectField(
        _("What happens"),
        choices=[
            SelectChoice(str(Standing.BLOCKED), _("Block: replies wait, with a high score")),
            SelectChoice(str(Standing.WATCHED), _("Watch: replies get a higher score")),
            SelectChoice(str(Standing.TRUSTED), _("Trust: replies are not held as a stranger's")),
        ],
    )
    kind = SelectField(
        _("Of what"),
        choices=[
            SelectChoice(str(ListKind.ADDRESS), _("Email address of an author")),
            SelectChoice(str(ListKind.NAME), _("Name of an author")),
            SelectChoice(str(ListKind.DOMAIN), _("Domain that replies link to")),
        ],
    )
    text = StringField(
        _("Address, name or domain"),
        filters=[one_line],
        validators=[Written(_("Write an address, a name or a domain."))],
    )
    lasting = SelectField(
        _("For how long"),
        choices=[
            SelectChoice("day", _("A day")),
            SelectChoice("week", _("A week")),
            SelectChoice("month", _("A month")),
            SelectChoice("year", _("A year")),
            SelectChoice("", _("For good")),
        ],
        default="",
    )
    note = StringField(
        _("Note for other moderators"),
        filters=[one_line],
        validators=[Length(max=LONGEST_NOTE, message=_("Use at most %(max)d characters."))],
    )


class ReasonForm(FlaskForm):
    """A reason: how moderators call it, and what authors read."""

    label = StringField(
        _("Label"),
        filters=[one_line],
        validators=[
            Written(_("Write a label.")),
            Length(max=SiteReason.LONGEST_LABEL, message=_("Use at most %(max)d characters.")),
        ],
    )
    sentence = StringField(
        _("Sentence for the author"),
        filters=[one_line],
        validators=[
            Written(_("Write the sentence that the author reads.")),
            Length(max=SiteReason.LONGEST_SENTENCE, message=_("Use at most %(max)d characters.")),
        ],
    )


class InviteForm(FlaskForm):
    """Whom to invite; with which part, the page asks beside it."""

    email = StringField(
        _("Email"), filters=[one_line], validators=[Written(_("Write their email address."))]
    )


class JoinForm(FlaskForm):
    """Who takes an invitation up."""

    name = StringField(
        _("Name"),
        filters=[one_line],
        validators=[
            Written(_("Write your name.")),
            Length(max=LONGEST_NAME, message=_("Use at most %(max)d characters for your name.")),
        ],
    )
    password = PasswordField(
        _("Password"),
        validators=[
            Length(
                min=SHORTEST_PASSWORD,
                max=LONGEST_PASSWORD,
                message=_("Use %(min)d characters or more: several words make a good password."),
            )
        ],
    )
    again = PasswordField(_("Password, again"))

    def validate_again(self, field: Field) -> None:
        """Refuse a slip of the fingers."""
        if field.data != self.password.data:
            raise ValidationError(_("The two passwords are not the same."))


def refuse(field: Any, sentence: Any) -> None:
    """Say at a field what only the database could tell."""
    field.errors = [*field.errors, sentence]
