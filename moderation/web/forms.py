"""What a valid reply is, in one place for both doors, and the forms of the moderators' pages."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField
from wtforms.validators import DataRequired, Length, NumberRange

from moderation.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from moderation.intake import Reply
from moderation.languages import LANGUAGES
from moderation.models import Masking, Notices, OtherWay
from moderation.text import addresses, plain

from .language import chosen

LONGEST_NAME = 100
LONGEST_TITLE = 300
LONGEST_BODY = 10_000

#: The ways in which a reply may be sent: with the sum, or as the site's `other_way` says.
SUM = "sum"
WAYS = (SUM, str(OtherWay.MODERATOR), str(OtherWay.WORK))


class Written:
    """Something visible must stand there: blanks and characters of no width are nothing."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.field_flags = {"required": True}

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        """Raise ValidationError where nothing is written."""
        if not field.errors and plain.is_blank(field.data or ""):
            raise ValidationError(self.message)


def tidied(value: str | None) -> str:
    """A filter: the text as it is stored."""
    try:
        return plain.tidy(value or "")
    except plain.Unreadable as error:
        raise ValueError(_("This text has a character that cannot be stored.")) from error


def one_line(value: str | None) -> str:
    """A filter: the text on one line."""
    return " ".join(tidied(value).split())


def _title(value: str | None) -> str:
    # Not the reader's words but the page's, so a long one is no reason to refuse the reply.
    title = one_line(value)
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


class Solved(Written):
    """The sum has to be answered, unless the reply is sent in another way."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raise ValidationError where the sum is asked and not answered."""
        if form.way.data in ("", None, SUM):
            super().__call__(form, field)


def _body(label: Any) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[tidied],
        validators=[
            Written(_("Write a comment first.")),
            Length(
                max=LONGEST_BODY,
                message=_("Your comment is too long: shorten it to %(max)d characters."),
            ),
        ],
    )


class ReplyForm(FlaskForm):
    """A reader's reply, from the API's JSON or from the page without JavaScript.

    There is no CSRF token: readers have no session that a forged request could use. What stands
    against programs is the challenge, and a page of another site is refused by its Origin.
    """

    class Meta:
        """What Flask-WTF is told about this form."""

        csrf = False

    page = StringField(filters=[one_line])
    title = StringField(filters=[_title])
    parent = StringField(filters=[one_line])
    name = StringField(
        _("Name"),
        filters=[one_line],
        validators=[
            Written(_("Write your name.")),
            Length(max=LONGEST_NAME, message=_("Use at most %(max)d characters for your name.")),
        ],
    )
    email = StringField(
        _("Email"), filters=[one_line], validators=[Written(_("Write your email address."))]
    )
    website = StringField(_("Website"), filters=[one_line])
    body = _body(_("Comment"))
    notify = BooleanField(_("Email me when somebody answers"), false_values=("", "0", "false"))
    subject = StringField(_("Leave this field empty"))
    challenge = StringField()
    answer = StringField(
        _("Sum"), filters=[one_line], validators=[Solved(_("Solve the sum first."))]
    )
    way = StringField(filters=[one_line])
    work = StringField()

    def validate_page(self, field: Field) -> None:
        """Refuse what is no page's address."""
        _in_normal_form(
            field, addresses.page, _("Give the full address of the page, with https://.")
        )

    def validate_way(self, field: Field) -> None:
        """Refuse a way that there is not; none named is the sum."""
        if field.data and field.data not in WAYS:
            raise ValidationError(_("There is no such way to send a reply."))

    def validate_email(self, field: Field) -> None:
        """Refuse what no message could be sent to."""
        if field.data:
            sentence = _("Enter an email address such as name@example.org.")
            _in_normal_form(field, addresses.email, sentence)

    def validate_website(self, field: Field) -> None:
        """Refuse anything but a web address; empty is fine."""
        if field.data:
            sentence = _("Enter a web address such as https://example.org, or leave it empty.")
            _in_normal_form(field, addresses.website, sentence)

    def reply(self, address: str) -> Reply:
        """The validated reply, with the network address it came from."""
        return Reply(
            page=self.page.data,
            title=self.title.data,
            parent=self.parent.data or None,
            name=self.name.data,
            email=self.email.data,
            website=self.website.data,
            body=self.body.data,
            honeypot=self.subject.data or "",
            notify=bool(self.notify.data),
            locale=chosen(),
            address=address,
        )


class EditForm(FlaskForm):
    """Other words for a reply, held to the same as the first ones.

    Whoever sends it knows the secret address it is sent to: no other token is needed.
    """

    class Meta:
        """What Flask-WTF is told about this form."""

        csrf = False

    body = _body(_("Comment"))


_REPLY_FIELDS = tuple(
    name for name, field in vars(ReplyForm).items() if isinstance(field, UnboundField)
)


def _in_normal_form(field: Field, normal: Any, sentence: str) -> None:
    try:
        field.data = normal(field.data)
    except addresses.BadAddress as error:
        raise ValidationError(sentence) from error


class NotText(ValueError):
    """A field of a JSON body is not text; `errors` says which, as the API answers it."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("Fields that should be text are not.")
        self.errors = {name: [str(_("Send text here."))] for name in names}


def reply_from_json(payload: Mapping[str, Any]) -> ReplyForm:
    """The form, filled from a JSON object. Raises NotText before a filter meets an object."""
    texts = [name for name in _REPLY_FIELDS if name != "notify"]
    wrong = [name for name in texts if not isinstance(payload.get(name, ""), str | None)]
    if wrong:
        raise NotText(wrong)
    given = {name: payload.get(name) or "" for name in texts}
    given["notify"] = "1" if payload.get("notify") is True else ""
    return ReplyForm(formdata=MultiDict(given))


class SignInForm(FlaskForm):
    """Who wants to sign in. It says nothing about which accounts exist."""

    email = StringField(
        _("Email"), validators=[DataRequired(_("Write your email address.")), Length(max=254)]
    )
    password = PasswordField(
        _("Password"),
        validators=[DataRequired(_("Write your password.")), Length(max=LONGEST_PASSWORD)],
    )


class PasswordForm(FlaskForm):
    """A new password, asked twice, with the current one."""

    current = PasswordField(
        _("Current password"), validators=[DataRequired(_("Write your current password."))]
    )
    new = PasswordField(
        _("New password"),
        validators=[
            Length(
                min=SHORTEST_PASSWORD,
                max=LONGEST_PASSWORD,
                message=_("Use %(min)d characters or more: several words make a good password."),
            )
        ],
    )
    again = PasswordField(_("New password, again"))

    def validate_again(self, field: Field) -> None:
        """Refuse a slip of the fingers."""
        if field.data != self.new.data:
            raise ValidationError(_("The two new passwords are not the same."))


class NoticesForm(FlaskForm):
    """How often a moderator is mailed what waits, and in which language they are spoken to."""

    notices = SelectField(
        _("Mail me what waits"),
        choices=[
            SelectChoice(str(Notices.OFF), _("Never")),
            SelectChoice(str(Notices.HOURLY), _("At most once an hour")),
            SelectChoice(str(Notices.DAILY), _("At most once a day")),
        ],
    )
    locale = SelectField(
        _("Language of pages and mail"),
        choices=[
            SelectChoice("", _("As my browser asks; mail in English")),
            *(SelectChoice(tag, name) for tag, name in LANGUAGES.items()),
        ],
    )


class AnswerForm(FlaskForm):
    """A moderator's answer, held to the same as a reader's reply."""

    body = _body(_("Your answer"))
    approve = BooleanField(_("Approve the comment that it answers"))


class PreferencesForm(FlaskForm):
    """How a moderator wants their queue."""

    keys_on = BooleanField(_("Decide with single keys"))
    masking = SelectField(
        _("Cover words until I ask for them"),
        choices=[
            SelectChoice(str(Masking.NONE), _("None")),
            SelectChoice(str(Masking.SLURS), _("Slurs")),
            SelectChoice(str(Masking.BLOCKED), _("Slurs, and words that the site has blocked")),
        ],
    )
    tally = BooleanField(_("Show how many I decided in this session"))
    pause_minutes = IntegerField(
        _("Propose a pause after so many minutes"),
        validators=[NumberRange(0, 600, message=_("Choose a number from 0 to 600."))],
    )
    pause_decisions = IntegerField(
        _("Propose a pause after so many decisions"),
        validators=[NumberRange(0, 10_000, message=_("Choose a number from 0 to 10,000."))],
    )
