"""Work for a browser in place of a sum: ALTCHA's protocol (https://altcha.org).

Its first version: a browser looks for the number behind a salt that gives a known SHA-256, with
code of a kilobyte. The work is bound to one sum: it is signed with a key made of that sum's token,
which in turn is bound to a site, a page and an hour. So it can be neither carried elsewhere nor
done in advance, and the row that spends the sum spends the work as well.
"""

import base64
import hmac
import json
from datetime import datetime
from typing import Any, cast

from altcha import v1 as altcha

#: The number is one of so many. Three times as many took 5.3 seconds at the median and 9.9 at the
#: 95th percentile in a Chromium on two threads that ten programs wanted: as slow as an old phone.
#: Of so many, the median is under two seconds there.
MOST = 100_000
#: Of so many while a site is under attack: three times the work, still some seconds.
MOST_UNDER_ATTACK = 300_000
#: What a browser sends back has some 400 characters.
LONGEST = 2_000


def ask(key: bytes, token: str, expires_at: datetime, *, harder: bool = False) -> dict[str, Any]:
    """The work that may be done in place of the sum of this token, as ALTCHA's clients read it."""
    options = altcha.ChallengeOptions(
        algorithm=altcha.SHA256,
        max_number=MOST_UNDER_ATTACK if harder else MOST,
        hmac_key=_secret(key, token),
        expires=expires_at,
    )
    asked: dict[str, Any] = altcha.create_challenge(options).to_dict()
    # Their widget reads the one spelling, their libraries write the other.
    return {**asked, "maxnumber": asked["maxNumber"]}


def is_done(key: bytes, token: str, payload: str) -> bool:
    """Whether `payload` (base64 of JSON, as ALTCHA's clients send it) is this sum's work, done.

    Takes any text. Whether the sum itself is still good is the caller's to ask.
    """
    solution = _read(payload)
    if solution is None:
        return False
    done, _error = altcha.verify_solution(solution, _secret(key, token), check_expires=False)
    return bool(done)


def _read(payload: str) -> altcha.Payload | None:
    """The solution, with a value of the right kind in each of its fields."""
    if len(payload) > LONGEST:
        return None
    try:
        found = json.loads(base64.b64decode(payload))
    except (ValueError, RecursionError):
        return None
    texts = [found.get(name) for name in _TEXTS] if isinstance(found, dict) else [None]
    if not all(isinstance(text, str) and text.isascii() for text in texts):
        return None
    if found["algorithm"] != altcha.SHA256 or type(found.get("number")) is not int:
        return None
    return altcha.Payload.from_dict(cast("altcha.PayloadType", found))


_TEXTS = ("algorithm", "challenge", "salt", "signature")


def _secret(key: bytes, token: str) -> bytes:
    return hmac.digest(key, token.encode(), "sha256")
