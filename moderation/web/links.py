"""Links that only the owner of an address is sent."""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from .service import service

#: For so many seconds a link that erases everything is good: a mail may take a night to be read.
ERASURE_LIFE = 24 * 60 * 60


def erasure_token(author_id: str) -> str:
    """The secret part of the address where everything of an author can be erased, for a day."""
    return str(_erasures().dumps(author_id))


def author_of(token: str) -> str | None:
    """Whose everything a link erases, or None where we did not make it, or over a day ago."""
    try:
        found = _erasures().loads(token, max_age=ERASURE_LIFE)
    except BadSignature:
        return None
    return found if isinstance(found, str) else None


def _erasures() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(service().keyring.derive("erasure"), salt="erasure")
