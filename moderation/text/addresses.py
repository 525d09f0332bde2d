"""Addresses of people, pages and web sites: checked, and in one normal form each.

A URL that means the same page is written in one way (RFC 3986, section 6), because threads
are found by it.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

import idna
from email_validator import EmailNotValidError, ValidatedEmail, validate_email

LONGEST_EMAIL = 254  # RFC 5321, section 4.5.3.1.3, less the angle brackets
LONGEST_WEBSITE = 500
LONGEST_PAGE = 2_000

_EMAIL_WANTED = "Enter an email address such as name@example.org."
_WEBSITE_WANTED = "Enter a web address such as https://example.org."
_PAGE_WANTED = "Give the full address of the page, such as https://blog.example/post-1."

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Browsers read a backslash as a slash and drop tabs and newlines: two readers would see two
# different hosts in such a URL.
_NEVER_IN_A_URL = re.compile(
    r"[\s\x00-\x20\x7f-\x9f\\\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_URL = re.compile(r"(https?)://([^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::([0-9]{0,5}))?", re.IGNORECASE)
_ASCII_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*")
_ENDS_IN_A_NUMBER = re.compile(r"(?:[^.]*\.)*(?:[0-9]+|0x[0-9a-f]*)")
_BARE_HOST = re.compile(
    r"(?:localhost|[^\s/?#:@]+\.[^\s/?#:@.]{2,})(?::[0-9]+)?(?:[/?#].*)?", re.IGNORECASE
)
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT_AS_TYPED = "%/:?@!$&'()*+,;=[]|^{}~"
# Added by mailers and networks on the way; the page is the same with and without them.
_TRACKING = re.compile(
    "utm_.*|fbclid|gclid|gclsrc|dclid|[gw]braid|msclkid"
    "|yclid|ysclid|twclid|ttclid|igsh(?:id)?|li_fat_id|mc_[ce]id|mkt_tok|oly_(?:anon|enc)_id"
    "|_openstat|vero_id|wickedid|s_cid|_hs(?:enc|mi)|__hs(?:sc|tc|fp)|hsctatracking|srsltid|epik",
    re.IGNORECASE,
)


class BadAddress(ValueError):
    """Not an address of the kind asked for. The message is a sentence for the person."""


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str
    query: str
    fragment: str

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}{self.port}"


def email(text: str) -> str:
    """Return the email address as typed, in NFC. Raises BadAddress.

    Syntax only (RFC 5321, 5322 and 6531 as email-validator reads them): no quoted local part,
    no name beside it, no look at the network.
    """
    return _checked_email(text).original


def email_key(text: str) -> str:
    """Return the form of an email address that look-ups use: casefolded, the domain in IDNA.

    The local part is case-sensitive by RFC 5321 and nowhere in practice. Raises BadAddress.
    """
    checked = _checked_email(text)
    local = unicodedata.normalize("NFC", checked.local_part.casefold())
    return f"{local}@{checked.ascii_domain.lower()}"


def email_on_the_way(text: str) -> str:
    """Return the form of an email address that mail servers take: the domain in IDNA.

    A local part outside of ASCII stays as it is; it needs servers that know RFC 6531. Raises
    BadAddress.
    """
    checked = _checked_email(text)
    return f"{checked.local_part}@{checked.ascii_domain}"


def website(text: str) -> str:
    """Return an author's web site in normal form, "https://" added where it was left out.

    Raises BadAddress for other schemes, a user part, a host without a dot (but localhost),
    and more than LONGEST_WEBSITE characters.
    """
    text = text.strip()
    if _BARE_HOST.fullmatch(text):
        text = f"https://{text}"
    parts = _parts(text, LONGEST_WEBSITE, _WEBSITE_WANTED)
    if "." not in parts.host and parts.host != "localhost":
        raise BadAddress(_WEBSITE_WANTED)
    return _fitting(parts, parts.query, LONGEST_WEBSITE, _WEBSITE_WANTED)


# Every request names its page, and few pages are read at a time.
@lru_cache(maxsize=4096)
def page(url: str) -> str:
    """Return the normal form of an article's URL: what its thread is found by.

    Without the fragment, the default port, and the parameters that trackers add; the other
    parameters keep their order. Doing it twice changes nothing more. Raises BadAddress, also
    for more than LONGEST_PAGE characters.
    """
    # Before the blanks around it go: what is taken is kept in memory as it was given.
    if len(url) > LONGEST_PAGE:
        raise BadAddress(f"This address is longer than {LONGEST_PAGE:,} characters.")
    parts = _parts(url.strip(), LONGEST_PAGE, _PAGE_WANTED)
    query = "&".join(_without_tracking(parts.query)) if parts.query else ""
    return _fitting(parts._replace(fragment=""), query, LONGEST_PAGE, _PAGE_WANTED)


@lru_cache(maxsize=1024)
def origin(url: str) -> str:
    """Return the origin of a URL (RFC 6454), such as "https://blog.example". Raises BadAddress."""
    return _parts(url.strip(), LONGEST_PAGE, _PAGE_WANTED).origin


@lru_cache(maxsize=1024)
def host(url: str) -> str:
    """Return the host of a URL in lower case and IDNA, without the port. Raises BadAddress."""
    return _parts(url.strip(), LONGEST_PAGE, _PAGE_WANTED).host


def _checked_email(text: str) -> ValidatedEmail:
    text = text.strip()
    # Normalizing a run of marks costs its square; composing shortens no address to a fourth.
    if len(text) <= 4 * LONGEST_EMAIL:
        text = unicodedata.normalize("NFC", text)
    # An encoded word (RFC 2047) is nobody's address, and headers would be read with what it hides.
    if len(text) > LONGEST_EMAIL or "=?" in text:
        raise BadAddress(_EMAIL_WANTED)
    return _validated(text)


# A reply's address is read by the form and, a moment later, for its digest. Few, since nobody's
# address is to stay in memory for long.
@lru_cache(maxsize=32)
def _validated(text: str) -> ValidatedEmail:
    try:
        # `test` is reserved (RFC 2606), so nobody's address is let in by taking it; who tries the
        # service out will type it.
        checked = validate_email(
            text, check_deliverability=False, strict=True, test_environment=True
        )
    except EmailNotValidError as problem:
        raise BadAddress(_EMAIL_WANTED) from problem
    if "." not in checked.ascii_domain:
        raise BadAddress(_EMAIL_WANTED)
    return checked


def _parts(url: str, longest: int, wanted: str) -> _Parts:
    if len(url) > longest:
        raise BadAddress(f"This address is longer than {longest:,} characters.")
    found = None if _NEVER_IN_A_URL.search(url) else _URL.fullmatch(url)
    authority = _AUTHORITY.fullmatch(found[2]) if found else None
    if not found or not authority:
        raise BadAddress(wanted)
    scheme = found[1].lower()
    return _Parts(
        scheme,
        _host(authority[1], wanted),
        _port(authority[2], scheme, wanted),
        _without_dots(_escaped(found[3] or "")),
        _escaped(found[4] or ""),
        _escaped(found[5] or ""),
    )


def _host(name: str, wanted: str) -> str:
    name = name.lower().removesuffix(".")
    try:
        if name.startswith("["):
            return f"[{ipaddress.IPv6Address(name[1:-1]).compressed}]"
        if not name.isascii() and len(name) <= 253:
            name = idna.encode(name, uts46=True).decode("ascii")
    except (ValueError, idna.IDNAError) as problem:
        raise BadAddress(wanted) from problem
    if len(name) > 253 or not _ASCII_HOST.fullmatch(name) or not _is_resolvable(name):
        raise BadAddress(wanted)
    return name


def _is_resolvable(name: str) -> bool:
    """Tell whether browsers take `name` for a host (URL Standard, "host parsing").

    They read one that ends in a number as an IPv4 address, and refuse Punycode that says
    nothing or mixes directions in a misleading way.
    """
    try:
        if _ENDS_IN_A_NUMBER.fullmatch(name):
            ipaddress.IPv4Address(name)
        if "xn--" in name:
            _check_punycode(name.split("."))
    except (ValueError, idna.IDNAError):
        return False
    return True


def _check_punycode(labels: list[str]) -> None:
    spelled = [idna.ulabel(label) if label.startswith("xn--") else label for label in labels]
    letters = "".join(spelled)
    if any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in letters):
        for label in spelled:
            idna.check_bidi(label, check_ltr=True)


def _port(digits: str | None, scheme: str, wanted: str) -> str:
    if not digits:
        return ""
    number = int(digits)
    if not 0 < number < 65_536:
        raise BadAddress(wanted)
    return "" if number == _DEFAULT_PORTS[scheme] else f":{number}"


def _escaped(text: str) -> str:
    """Escape what a URL may not hold, and only that (RFC 3986, sections 6.2.2.1 and 6.2.2.2)."""
    if "%" in text:
        text = _ESCAPE.sub(_escape, text)
    return quote(text, safe=_KEPT_AS_TYPED) if text else ""


def _escape(found: re.Match[str]) -> str:
    if not found[1]:
        return "%25"
    letter = chr(int(found[1], 16))
    return letter if letter in _UNRESERVED else found[0].upper()


def _without_dots(path: str) -> str:
    """Resolve "." and ".." as every browser does before it asks (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path or "/"
    kept: list[str] = []
    steps = path.split("/")[1:]
    for step in steps:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if steps[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _without_tracking(query: str) -> Iterator[str]:
    for parameter in query.split("&"):
        if not _TRACKING.fullmatch(parameter.partition("=")[0]):
            yield parameter


def _fitting(parts: _Parts, query: str, longest: int, wanted: str) -> str:
    """Write the URL, now that escapes may have made it longer than what was typed."""
    url = f"{parts.origin}{parts.path}"
    if query:
        url += f"?{query}"
    if parts.fragment:
        url += f"#{parts.fragment}"
    if len(url) > longest:
        raise BadAddress(wanted)
    return url
