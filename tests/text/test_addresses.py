"""One page, one URL; one person, one key; and nothing that leads elsewhere than it says."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.text import addresses
from moderation.text.addresses import BadAddress, email, email_key, host, origin, page, website


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("https://blog.example/post-1", "https://blog.example/post-1"),
        ("HTTPS://Blog.Example:443/Post", "https://blog.example/Post"),
        ("http://blog.example:80", "http://blog.example/"),
        ("http://blog.example:8080/", "http://blog.example:8080/"),
        ("https://blog.example:80/", "https://blog.example:80/"),
        ("https://blog.example:/a", "https://blog.example/a"),
        ("https://blog.example./a", "https://blog.example/a"),
        ("https://blog.example/a#reply-3", "https://blog.example/a"),
        ("https://blog.example/a?", "https://blog.example/a"),
        ("https://blog.example?b=2", "https://blog.example/?b=2"),
        ("https://blog.example/a?b=2&utm_source=x&a=1&fbclid=q", "https://blog.example/a?b=2&a=1"),
        ("https://blog.example/a?utm_medium=m&GCLID=1#x", "https://blog.example/a"),
        ("https://blog.example/a?utm=1&p=2", "https://blog.example/a?utm=1&p=2"),
        ("https://Köln.example/straße", "https://xn--kln-sna.example/stra%C3%9Fe"),
        ("https://xn--kln-sna.example/stra%c3%9fe", "https://xn--kln-sna.example/stra%C3%9Fe"),
        ("https://blog.example/%7Eann/100%", "https://blog.example/~ann/100%25"),
        ("https://blog.example/a/./b/../c/..", "https://blog.example/a/"),
        ("https://blog.example/../../a", "https://blog.example/a"),
        ("https://blog.example/%2e%2e/a", "https://blog.example/a"),
        ("https://blog.example/.well-known/x", "https://blog.example/.well-known/x"),
        ("http://localhost:8000/a", "http://localhost:8000/a"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
        ("http://[0:0::1]:8000/a", "http://[::1]:8000/a"),
        (" https://blog.example/a \n", "https://blog.example/a"),
    ],
)
def test_a_page_has_one_normal_form(typed, normal):
    assert page(typed) == normal
    assert page(normal) == normal


REFUSED = [
    "", "blog", "/post-1", "//blog.example/a", "ftp://blog.example/", "javascript:alert(1)",
    "javascript://blog.example/%0aalert(1)", "data:text/html,x", "https:///a", "https://",
    "https://ann@blog.example/", "https://ann:secret@blog.example/",
    "https://blog.example@eve.example/",
    "https://blog.example\\@eve.example/", "https:\\\\blog.example", "https://blog .example/",
    "https://blog.example/a b", "https://blog.example/a\x00", "https://blog.example/\ta",
    "https://blog.example/\u202eab", "https://blog.example:0/", "https://blog.example:65536/",
    "https://blog.example:x/", "https://[::1/", "https://[eve]/", "https://a..b/", "https://-/",
    "https://blog.example:80:80/", "https://256.1.1.1/", "https://1.2.3/",
    "https://xn--example-9ma/",
    "https://1a.xn--fiqs8s.xn--4dbrk0ce/", "https://exa<mple.org/", "https://ex%61mple.org/",
    "https://☃.☃☃/",
    "https://" + "a" * 64 + ".example/", "https://blog.example/" + "a" * 2_000,
    "https://blog.example/" + "ü" * 500,
]  # fmt: skip


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_page_is_refused_in_a_sentence(typed):
    for check in (page, website):
        with pytest.raises(BadAddress, match=r"^[A-Z].*\.$"):
            check(typed)


@given(st.text(max_size=60).map("https://blog.example/".__add__))
@example("https://blog.example/%%411")
@example("https://blog.example/%2%35")
@example("https://blog.example/a?b=%26utm_a=1&utm_b&%75tm_c=1")
@example("https://blog.example//../a//")
def test_the_normal_form_is_its_own_normal_form(url):
    for check in (page, website):
        try:
            once = check(url)
        except BadAddress:
            continue
        assert check(once) == once
        assert once.isascii()


@given(st.text(max_size=30))
def test_any_host_is_refused_or_has_one_form(name):
    try:
        once = page(f"http://{name}/")
    except BadAddress:
        return
    assert page(once) == once


def test_origin_and_host_are_parts_of_the_normal_form():
    assert origin("HTTPS://Blog.Example:443/a?b#c") == "https://blog.example"
    assert origin("http://localhost:8000/a") == "http://localhost:8000"
    assert host("https://Köln.example:8443/") == "xn--kln-sna.example"
    for check in (origin, host):
        with pytest.raises(BadAddress):
            check("null")


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("example.org", "https://example.org/"),
        ("www.Example.org/~bob", "https://www.example.org/~bob"),
        ("example.org:8080/x", "https://example.org:8080/x"),
        ("http://example.org/#me", "http://example.org/#me"),
        ("https://social.example/@bob?utm_source=x", "https://social.example/@bob?utm_source=x"),
        ("localhost:5000", "https://localhost:5000/"),
        ("köln.example", "https://xn--kln-sna.example/"),
        (" https://example.org ", "https://example.org/"),
    ],
)
def test_a_web_site_may_be_typed_as_people_do(typed, normal):
    assert website(typed) == normal


@pytest.mark.parametrize(
    "typed",
    ["bob", "https://intranet/", "bob@example.org", "mailto:bob@example.org", "n/a", "a b.org",
     "http://example.org/" + "a" * 490, "https://example.org/" + "ü" * 100, "javascript:a.bc/x"],
)  # fmt: skip
def test_what_is_no_web_site_is_refused(typed):
    with pytest.raises(BadAddress):
        website(typed)


@pytest.mark.parametrize(
    ("typed", "kept", "key"),
    [
        ("Ann@Example.org", "Ann@Example.org", "ann@example.org"),
        ("  bob+list@example.org\n", "bob+list@example.org", "bob+list@example.org"),
        ("jürgen@köln.example", "jürgen@köln.example", "jürgen@xn--kln-sna.example"),
        ("ju\u0308rgen@example.org", "jürgen@example.org", "jürgen@example.org"),
        ("STRASSE@example.org", "STRASSE@example.org", "strasse@example.org"),
    ],
)
def test_an_email_address_is_kept_as_typed_and_found_by_its_key(typed, kept, key):
    assert email(typed) == kept
    assert email_key(typed) == key
    assert email_key(key) == key


@pytest.mark.parametrize(
    "typed",
    ["", "ann", "ann@", "@example.org", "ann@example", "ann@localhost", "ann@@example.org",
     "ann@example.org\nBcc: eve@example.org", "ann@exa mple.org", "Ann <ann@example.org>",
     '"ann eve"@example.org', "ann@[127.0.0.1]", "ann@example.org,eve@example.org",
     "ann\x00@example.org", "a" * 65 + "@example.org", "ann@" + "a." * 130 + "org",
     "ann..b@example.org"],
)  # fmt: skip
def test_what_is_no_email_address_is_refused_in_a_sentence(typed):
    for check in (email, email_key):
        with pytest.raises(BadAddress, match=r"such as name@example\.org"):
            check(typed)


def test_the_caches_are_bounded():
    assert addresses.page.cache_info().maxsize == 4096
    assert addresses.origin.cache_info().maxsize == 1024


def test_an_encoded_word_is_no_address() -> None:
    hidden = "=?us-ascii?q?bob=40victim.example=3E=2C_=3Cz?=@example.org"
    for read in (email, email_key, addresses.email_on_the_way):
        with pytest.raises(BadAddress):
            read(hidden)
