"""Domains that pretend, or hide where they lead."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import idna

from . import addresses
from .disguises import skeleton

#: Services that make short addresses of long ones, so that nobody sees where a link leads: those
#: that many people know, put together by hand in 2026. Longer lists are kept by others, such as
#: https://github.com/PeterDaveHello/url-shorteners; an owner adds what a site meets to its blocked
#: or watched domains.
_SHORTENERS = """
    adf.ly b.link bit.do bit.ly bitly.com bl.ink buff.ly clck.ru cutt.ly dlvr.it fb.me goo.gl
    goo.su ht.ly ift.tt is.gd j.mp kutt.it kurzelinks.de lc.chat lnk.to lnkd.in ouo.io ow.ly qr.ae
    rb.gy rebrand.ly reurl.cc s.id sh.st short.gy short.io shorte.st shorturl.at shrtco.de
    smarturl.it snip.ly soo.gd surl.li t.co t.ly t2m.io tiny.cc tiny.one tinyurl.com trib.al u.to
    urlz.fr urlzs.com v.gd vk.cc wp.me x.co y2u.be zpr.io
"""
SHORTENERS = frozenset(_SHORTENERS.split())
_KNOWN = """
    amazon.com apple.com binance.com booking.com coinbase.com dropbox.com ebay.com facebook.com
    github.com google.com icloud.com instagram.com linkedin.com microsoft.com netflix.com
    outlook.com paypal.com steamcommunity.com telegram.org twitter.com whatsapp.com wikipedia.org
    yahoo.com youtube.com
"""
#: Names that everybody knows and many pretend to be.
WELL_KNOWN = tuple(_KNOWN.split())
#: Shorter names are one letter away from too many others.
_SHORTEST_ALIKE = 6
#: Digits that stand for letters in a name: 1 looks like an l there, and 0 like an o.
_DIGITS = str.maketrans("015", "ols")


def of_links(links: Iterable[str]) -> tuple[str, ...]:
    """The hosts that links lead to, each once, in order, without "www."; mail has none."""
    return tuple(dict.fromkeys(filter(None, map(_host, links))))


def _host(link: str) -> str:
    try:
        return addresses.host(link).removeprefix("www.")
    except addresses.BadAddress:
        return ""


def is_in(host: str, domains: Iterable[str]) -> bool:
    """Whether a host is one of the domains, or lies in one."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def shortener(host: str) -> bool:
    """Whether it makes short addresses, which hide where they lead."""
    return host.removeprefix("www.") in SHORTENERS


def imitated(host: str, known: Iterable[str]) -> str:
    """The domain, of those known, that a host looks like without being it; or "".

    It looks like one when its name has letters that look the same, is one letter away from it, or
    begins with all of it, as in "paypal.com.example".
    """
    known = [*known, *WELL_KNOWN]
    if is_in(host, known):
        return ""
    return next((domain for domain in known if _looks_like(host, domain)), "")


def mixes_scripts(host: str) -> bool:
    """Whether a name is written in letters of several scripts, one of them Latin: no language
    does that, but East Asian ones.
    """
    return any(
        "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
        for scripts in map(_scripts, _spelled(host).split("."))
    )


def _looks_like(host: str, domain: str) -> bool:
    if f".{domain}." in f".{host}":
        return True
    name, other = _name(host), _name(domain)
    if not other or name == other:
        # Under another ending it is often the same owner: google.de.
        return False
    return _seen(name) == _seen(other) or _is_one_letter_away(name, other)


# Those that are known are compared with every host that is led to.
@lru_cache(maxsize=1024)
def _name(host: str) -> str:
    """The part of a host that its owner chose: "example" of www.example.co.uk."""
    parts = _spelled(host).split(".")
    if len(parts) < 2 or parts[-1].isdigit():
        return ""
    has_two_endings = len(parts) > 2 and len(parts[-1]) == 2 and len(parts[-2]) <= 3
    return parts[-3 if has_two_endings else -2]


def _spelled(host: str) -> str:
    return ".".join(map(_label, host.split(".")))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return label


@lru_cache(maxsize=1024)
def _seen(name: str) -> str:
    """What a name looks like at a glance."""
    return skeleton(name).translate(_DIGITS).replace("rn", "m").replace("vv", "w").replace("i", "l")


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(letter, "?").split()[0] for letter in label if letter.isalpha()}


def _is_one_letter_away(name: str, other: str) -> bool:
    """Whether one letter more, less, other or exchanged with its neighbour makes it the other."""
    if max(len(name), len(other)) < _SHORTEST_ALIKE or abs(len(name) - len(other)) > 1:
        return False
    begin = 0
    while begin < min(len(name), len(other)) and name[begin] == other[begin]:
        begin += 1
    rest, other_rest = name[begin:], other[begin:]
    return (
        rest[1:] == other_rest[1:]
        or rest[1:] == other_rest
        or rest == other_rest[1:]
        or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])
    )
