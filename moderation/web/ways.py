"""The ways beside the sum: a moderator's eyes, or some work for the browser.

Which of them a site offers is its owner's choice (`SiteSettings.other_way`). Each still spends the
sum it was offered with, so that nothing can be sent twice. Work needs a script, so where a site
chose it the page without JavaScript offers a moderator's eyes: nobody is left with the sum alone.
"""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from moderation import captcha, work
from moderation.models import OtherWay, Site

from .forms import SUM, ReplyForm
from .limits import wait_to_send_unsolved
from .service import service


class TooMany(Exception):
    """Too many replies without a sum came from one network; `seconds` until the next."""

    sentence = lazy_gettext(
        "Many replies without a sum came from your network. Your text is kept: solve the sum, or "
        "wait an hour and send it again."
    )

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many replies without a sum.")
        self.seconds = seconds


class NotThisWay(Exception):
    """The reply came in a way that its site does not offer, or that was not gone to its end."""

    def __init__(self, sentence: str, *, asks_anew: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.asks_anew = asks_anew


def offered(site: Site, challenge: captcha.Challenge) -> dict[str, Any]:
    """What stands beside this sum, as the API tells it."""
    way = site.settings.other_way
    if way is OtherWay.WORK:
        return {
            "other_way": str(way),
            "work": work.ask(
                _work_key(), challenge.token, challenge.expires_at, harder=challenge.is_harder
            ),
        }
    return {"other_way": str(way)}


def without_script(site: Site) -> OtherWay:
    """What stands beside the sum on a page that runs no script."""
    way = site.settings.other_way
    return OtherWay.MODERATOR if way is OtherWay.WORK else way


def check(
    site: Site, form: ReplyForm, challenge: captcha.Challenge, *, scripted: bool
) -> str | None:
    """The answer that has to be the sum's, or None where another way stands in its place.

    `scripted` tells whether the reply came by a door that asks for a script. Raises NotThisWay,
    or TooMany.
    """
    way = form.way.data or SUM
    if way == SUM:
        return str(form.answer.data)
    if way != (site.settings.other_way if scripted else without_script(site)):
        sentence = _("This site takes no replies in this way. Your text is kept: solve the sum.")
        raise NotThisWay(sentence)
    if way == OtherWay.MODERATOR:
        wait = wait_to_send_unsolved()
        if wait:
            raise TooMany(wait)
    elif not work.is_done(_work_key(), challenge.token, form.work.data or ""):
        raise NotThisWay(
            _("Your browser's work did not come out right. Your text is kept: send it again."),
            asks_anew=True,
        )
    return None


def _work_key() -> bytes:
    return service().keyring.derive("work")
