"""The webhook: a program of the site's owner is told of a reply, and may give a verdict.

Signed as Standard Webhooks (standardwebhooks.com) says: HMAC-SHA256 over id, timestamp and body,
under a secret that both sides have. Neither an email address nor a network address is in it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moderation.policy import Heard
from moderation.policy.outside import WEBHOOK
from moderation.privacy import new_id

from . import reaching
from .reaching import Failed, Request
from .said import Said

PREFIX = "whsec_"
SECRET_BYTES = 32
VERDICTS = frozenset({"publish", "hold", "spam", "none"})
LONGEST_REASON = 200
#: Seconds an owner may give it, and what it has where nothing else is said.
FEWEST, MOST, USUAL = 1, 5, 3


def new_secret() -> str:
    """A secret in the form in which libraries for Standard Webhooks take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def ask(secret: str, options: Mapping[str, Any], said: Said, *, local: bool) -> Heard:
    """The verdict on a reply. Raises Failed, also for an answer that is none."""
    body = json.dumps({"type": "comment.check", **_told(said)}).encode()
    seconds = min(MOST, max(FEWEST, int(options.get("seconds", USUAL))))
    headers = {"Content-Type": "application/json", **signed(secret, body, datetime.now(UTC))}
    answer = reaching.post(Request(options["url"], body, headers, seconds, local=local))
    return _read(answer.body)


def _told(said: Said) -> dict[str, Any]:
    comment = {
        "site": said.site,
        "page": said.page,
        "title": said.title,
        "parent": said.parent or None,
        "name": said.name,
        "website": said.website,
        "text": said.text,
        "html": said.html,
        "links": list(said.links),
    }
    return {"timestamp": said.at.isoformat(timespec="seconds"), "comment": comment}


def signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers by which the receiver knows that it was us, just now."""
    name, moment = f"msg_{new_id()}", str(int(at.timestamp()))
    content = b".".join((name.encode(), moment.encode(), body))
    signature = base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)).decode()
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{signature}",
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Failed("secret") from error


def _read(body: bytes) -> Heard:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Failed("answer") from error
    verdict, reason = (said.get("verdict"), said.get("reason")) if _is_answer(said) else ("", "")
    if verdict not in VERDICTS:
        raise Failed("answer")
    return Heard(WEBHOOK, verdict, detail=reaching.cleaned(reason or "", LONGEST_REASON))


def _is_answer(said: Any) -> bool:
    """Whether it is what was asked for: a verdict, and perhaps a reason that is not too long."""
    if not isinstance(said, dict) or not isinstance(said.get("verdict"), str):
        return False
    reason = said.get("reason") or ""
    return isinstance(reason, str) and len(reason) <= LONGEST_REASON
