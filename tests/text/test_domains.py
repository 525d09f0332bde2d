"""Domains that pretend to be others, and letters that a language is not written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import domains, markup, scripts

KNOWN = ("myblog.example", "partner.example")


@pytest.mark.parametrize(
    ("host", "like"),
    [
        ("paypa1.com", "paypal.com"),
        ("xn--pypal-4ve.com", "paypal.com"),
        ("arnazon.com", "amazon.com"),
        ("gogle.com", "google.com"),
        ("googel.com", "google.com"),
        ("paypal.com.evil.example", "paypal.com"),
        ("rnyblog.example", "myblog.example"),
        ("partners.example", "partner.example"),
    ],
)
def test_a_domain_that_looks_like_another_is_told(host: str, like: str) -> None:
    assert domains.imitated(host, KNOWN) == like


@pytest.mark.parametrize(
    "host",
    [
        *("paypal.com", "www.paypal.com", "google.de", "myblog.example", "a.myblog.example"),
        *("gitlab.com", "news.example", "127.0.0.1", "localhost", "com", "", "xn--a"),
    ],
)
def test_what_is_itself_or_something_else_is_not(host: str) -> None:
    assert domains.imitated(host, KNOWN) == ""


def test_a_name_in_two_scripts_is_told() -> None:
    assert domains.mixes_scripts("xn--pypal-4ve.com")
    assert not domains.mixes_scripts("xn--mnchen-3ya.de")


def test_short_links_are_known_with_and_without_www() -> None:
    assert domains.shortener("bit.ly")
    assert domains.shortener("www.tinyurl.com")
    assert not domains.shortener("orbit.ly")


@given(st.text(max_size=80))
def test_no_host_makes_it_raise(host: str) -> None:
    domains.imitated(host, KNOWN)
    domains.mixes_scripts(host)
    domains.of_links((host,))


def test_where_links_lead_is_told_once_and_mail_leads_nowhere() -> None:
    links = (
        "https://www.a.example/x",
        "https://a.example/",
        "mailto:b@c.example",
        "http://d.example",
    )
    assert domains.of_links(links) == ("a.example", "d.example")


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        ("A plain English sentence.", "en", 0),
        ("Обычное русское предложение.", "en", 1),
        ("Обычное русское предложение.", "ru", 0),
        ("这是一个普通的中文句子没有什么", "zh", 0),
        ("Short: ура", "en", 0),
        ("A plain English sentence.", "tlh", 0),
    ],
)
def test_letters_of_other_scripts_have_a_share(text: str, language: str, share: float) -> None:
    assert scripts.strange_share(text, language) == share


@pytest.mark.parametrize(
    ("source", "share"),
    [
        ("No link at all.", 0),
        ("[casino](https://a.example/)", 1),
        ("abcdef [abcdef](https://a.example/)", 0.5),
        ("", 0),
    ],
)
def test_the_share_of_links_is_that_of_their_letters(source: str, share: float) -> None:
    assert markup.link_share(markup.render(source).html) == share
