"""Akismet: the check, what moderators found otherwise, the key (akismet.com/developers).

Sent are the words, the name, the website, the page, the time and the language, and with a check the
reader's network address, without which Akismet does not answer. Their email address is sent only
where the site's owner allows it; browser and referrer, which Akismet would like too, never.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from moderation.policy import Effect, Heard
from moderation.policy.outside import AKISMET

from . import reaching
from .reaching import Answer, Failed, Request
from .said import Said

SERVICE = "https://rest.akismet.com"
#: Seconds for a check; somebody waits for the answer to their reply.
PATIENCE = 2.0
#: Seconds for what nobody waits for.
LONG = 10.0
DISCARD = "discard"
#: What Akismet answers to a report that it took; anything else is a refusal.
_THANKS = b"Thanks for making the web a better place."


def check(key: str, options: Mapping[str, Any], said: Said) -> Heard:
    """What Akismet takes a reply for. Raises Failed."""
    if not said.address:
        # Akismet does not answer without one.
        raise Failed("nowhere")
    fields = {"user_ip": said.address, **_told(said)}
    if options.get("send_email"):
        fields["comment_author_email"] = said.email
    answer = _asked("comment-check", {"api_key": key, **fields}, PATIENCE)
    if answer.body.strip() not in {b"true", b"false"}:
        raise _refused(answer)
    if answer.body.strip() == b"false":
        return Heard(AKISMET, "none")
    if answer.headers.get("x-akismet-pro-tip", "").strip() == DISCARD:
        return Heard(AKISMET, DISCARD, Effect(options.get("surest", Effect.HOLD)))
    return Heard(AKISMET, "spam", Effect(options.get("spam", Effect.HOLD)))


def report(key: str, said: Said, became: str) -> None:
    """Tell Akismet what a moderator found: "spam" or "ham". Raises Failed.

    The network address and the email address are not sent: the first is kept nowhere, and the
    words are what Akismet finds its own check again by.
    """
    answer = _asked(f"submit-{became}", {"api_key": key, **_told(said)}, LONG)
    if answer.body.strip() != _THANKS:
        raise _refused(answer)


def verify(key: str, home: str) -> None:
    """Ask whether a key is good for a site. Raises Failed."""
    answer = _asked("verify-key", {"key": key, "api_key": key, "blog": home}, PATIENCE)
    if answer.body.strip() != b"valid":
        raise _refused(answer)


def _told(said: Said) -> dict[str, str]:
    return {
        "blog": said.home,
        "blog_lang": said.language,
        "blog_charset": "UTF-8",
        "permalink": said.page,
        "comment_type": "comment",
        "comment_author": said.name,
        "comment_author_url": said.website,
        "comment_content": said.text,
        "comment_date_gmt": said.at.isoformat(timespec="seconds"),
    }


def _asked(call: str, fields: dict[str, str], seconds: float) -> Answer:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    body = urlencode(fields, errors="replace").encode()
    return reaching.post(Request(f"{SERVICE}/1.1/{call}", body, headers, seconds))


def _refused(answer: Answer) -> Failed:
    """Akismet says in a header what was wrong; its body is "invalid" or nothing."""
    help_of_theirs = answer.headers.get("x-akismet-debug-help", "")
    alert = answer.headers.get("x-akismet-alert-msg", "")
    body = answer.body[:200].decode("utf-8", "replace")
    words = reaching.cleaned(help_of_theirs or alert or body, 120).replace(";", ",")
    return Failed(f"said {words}".rstrip())
