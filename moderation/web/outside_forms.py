"""The forms of what a site has asked outside: each is off until its owner ticks its box."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from moderation.models import OutsideService
from moderation.outside import reaching
from moderation.outside.webhook import FEWEST, MOST, USUAL
from moderation.policy import Effect
from moderation.policy.outside import AKISMET, LISTS, WEBHOOK

from .forms import one_line
from .service import service

LONGEST_KEY, LONGEST_URL = 100, 500

_SCORE = SelectChoice(str(Effect.SCORE), _("It counts as more likely spam"))
_HOLD = SelectChoice(str(Effect.HOLD), _("It waits for a moderator"))
_SPAM = SelectChoice(str(Effect.SPAM), _("It is put with the spam, where moderators still find it"))


class ServiceForm(FlaskForm):
    """What all of them have: whether it is on."""

    class Meta:
        """`protected` has looked at the token of our forms; here it would have a prefix, too."""

        csrf = False

    is_on = BooleanField(_("On"))

    @property
    def options(self) -> dict[str, Any]:
        """What is stored of a valid form beside that, without any key."""
        return {}


class AkismetForm(ServiceForm):
    """Akismet's key, and what its word does."""

    is_on = BooleanField(_("Ask Akismet about every reply"))
    key = PasswordField(
        _("Key"),
        filters=[one_line],
        validators=[Length(max=LONGEST_KEY, message=_("Use at most %(max)d characters."))],
    )
    spam = SelectField(
        _("What it takes for spam"), choices=[_SCORE, _HOLD, _SPAM], default=str(Effect.HOLD)
    )
    surest = SelectField(
        _("What it has no doubt about"), choices=[_HOLD, _SPAM], default=str(Effect.HOLD)
    )
    send_email = BooleanField(_("Send the author's email address to Akismet, too"))

    @property
    def options(self) -> dict[str, Any]:
        """What its word does, and whether addresses are sent."""
        return {
            "spam": self.spam.data,
            "surest": self.surest.data,
            "send_email": self.send_email.data,
        }


class WebhookForm(ServiceForm):
    """Where the owner's program is, and how long it may take."""

    is_on = BooleanField(_("Ask the webhook about every reply"))
    url = StringField(
        _("Address"),
        filters=[one_line],
        validators=[Length(max=LONGEST_URL, message=_("Use at most %(max)d characters."))],
    )
    seconds = SelectField(
        _("Seconds it may take"),
        choices=[SelectChoice(str(one), str(one)) for one in range(FEWEST, MOST + 1)],
        default=str(USUAL),
    )

    def validate_url(self, field: Field) -> None:
        """Refuse what can never be asked; where a name leads is looked at when it is asked."""
        if not field.data and not self.is_on.data:
            return
        if not reaching.is_allowed_url(field.data or "", local=service().settings.local_webhooks):
            raise ValidationError(_("Write an address that begins with https://."))

    @property
    def options(self) -> dict[str, Any]:
        """Where, and for how long."""
        return {"url": self.url.data, "seconds": int(self.seconds.data)}


class ListsForm(ServiceForm):
    """What it does that something of a reply is on a list."""

    is_on = BooleanField(_("Look every reply up in the lists"))
    does = SelectField(
        _("What stands on a list"), choices=[_SCORE, _HOLD, _SPAM], default=str(Effect.HOLD)
    )

    @property
    def options(self) -> dict[str, Any]:
        """What it does."""
        return {"does": self.does.data}


FORMS: dict[str, type[ServiceForm]] = {
    AKISMET: AkismetForm,
    WEBHOOK: WebhookForm,
    LISTS: ListsForm,
}


def sent(name: str) -> Any:
    """The form of a service as it was sent."""
    return FORMS[name](prefix=f"{name}-")


def stored(services: Mapping[str, OutsideService]) -> dict[str, Any]:
    """The forms of all services, by name, with what is stored."""
    return {name: _stored(name, services.get(name)) for name in FORMS}


def _stored(name: str, one: OutsideService | None) -> ServiceForm:
    data = {"is_on": one.is_on, **one.options} if one else {}
    if "seconds" in data:
        data["seconds"] = str(data["seconds"])
    return FORMS[name](formdata=None, data=data, prefix=f"{name}-")
