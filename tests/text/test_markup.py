"""What readers may write, what becomes of it, and what happens when the walls disagree."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import markup
from moderation.text.markup import LARGEST_HTML, LONGEST_SOURCE, REL, clean, excerpt, plain, render
from moderation.text.plain import Unreadable


def link(href, text=None):
    return f'<a href="{href}" rel="{REL}">{text or href}</a>'


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("Hello.", "<p>Hello.</p>"),
        ("One\ntwo\n\nthree", "<p>One<br>\ntwo</p>\n<p>three</p>"),
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <s>c</s> <code>d</code></p>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("7. a\n8. b", '<ol start="7">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("```py\nif a < b:\n```", "<pre><code>if a &lt; b:\n</code></pre>"),
        ("# Big *news*", "<p><strong>Big <em>news</em></strong></p>"),
        ("Thanks\n---\nAnn", "<p>Thanks</p>\n<hr>\n<p>Ann</p>"),
        ("a | b\n--|--\n1 | 2", "<p>a | b<br>\n--|--<br>\n1 | 2</p>"),
        ('1 < 2 & "so" &amp; <b>on</b>', '<p>1 &lt; 2 &amp; "so" &amp; &lt;b&gt;on&lt;/b&gt;</p>'),
        ("a&nbsp;b\u00a0c &copy;", "<p>a&nbsp;b&nbsp;c ©</p>"),
        ("![x](https://eve.example/x.png)", None),
        ("[a]\n\n[a]: https://example.org", None),
    ],
)
def test_markdown_becomes_plain_safe_html(source, made):
    rendered = render(source)
    assert rendered.agreed
    assert "<img" not in rendered.html
    if made:
        assert rendered.html == made


@pytest.mark.parametrize(
    ("source", "href", "text"),
    [
        ("https://example.org/a?b=1&c=2", "https://example.org/a?b=1&amp;c=2", None),
        ("HTTP://example.org", "HTTP://example.org", None),
        ("[here](https://example.org)", "https://example.org", "here"),
        ('[here](https://example.org "a title")', "https://example.org", "here"),
        ("<https://example.org/ü>", "https://example.org/%C3%BC", "https://example.org/ü"),
        ("https://xn--80ak6aa92e.com", "https://xn--80ak6aa92e.com", None),
        ("[mail](mailto:ann@example.org)", "mailto:ann@example.org", "mail"),
        ("<ann@example.org>", "mailto:ann@example.org", "ann@example.org"),
        ("https://example.org/a_(b)", "https://example.org/a_(b)", None),
        ("http://localhost:8000/x", "http://localhost:8000/x", None),
    ],
)
def test_links_are_made_and_nobody_vouches_for_them(source, href, text):
    rendered = render(source)
    shown = text or href
    assert rendered.html == f"<p>{link(href, shown)}</p>"
    assert rendered.links == (href.replace("&amp;", "&"),)
    assert rendered.agreed


def test_a_sentence_keeps_its_punctuation_and_emphasis_around_a_link():
    assert (
        render("(See https://example.org/a.)").html
        == f"<p>(See {link('https://example.org/a')}.)</p>"
    )
    assert render("*https://example.org*").html == f"<p><em>{link('https://example.org')}</em></p>"


@pytest.mark.parametrize(
    "source",
    [
        "ann@example.org", "mailto:ann@example.org", "www.example.org", "example.org",
        "//eve.example/x", "ftp://eve.example/x", "https://ann:secret@eve.example/",
        "https://blog.example@eve.example/", "xhttps://example.org",
        "[x](javascript:alert(1))", "[x](javascript:123)", "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))", "[x](javascript&colon;alert(1))", "<javascript:alert(1)>",
        "[x](data:text/html,x)", "[x](data:1)", "[x](vbscript:x)", "[x](file:///etc/passwd)",
        "[x](/local)", "[x](#id)", "[x](?a)", "[x]()", "[x](//eve.example)",
        "[x](https:eve.example)",
        "[x](https://)", "[x](https:///eve.example)",
        "[x](mailto:ann@example.org?subject=x)", "[x](mailto:ann@localhost)", "[x](mailto:)",
        "[x](mailto:a@example.org,b@example.org)", "[x](https://a@b/)",
        "https://example.org/" + "a" * 2_000,
    ],
)  # fmt: skip
def test_what_is_no_honest_link_stays_text(source):
    rendered = render(source)
    assert "<a" not in rendered.html
    assert rendered.links == ()
    assert rendered.agreed


@pytest.mark.parametrize("source", ["\x00", "a\ud800"])
def test_text_that_cannot_be_stored_is_refused(source):
    with pytest.raises(Unreadable):
        render(source)


def test_entities_cannot_bring_back_what_tidy_took_out():
    html = render("a&#x202e;b&#x2066;c&#xfeff;d " + "&#x335;" * 40).html
    assert not set(html) & set("\u202e\u2066\ufeff")
    assert html.count("\u0335") <= 8


def test_a_mark_after_a_tag_does_not_swallow_its_end():
    assert render("*a*\u0338").html == "<p><em>a</em>\u0338</p>"


def test_nothing_is_lost_in_the_deepest_quote():
    for deep in (">" * 40 + " the end", "- " * 40 + "the end", "> - " * 30 + "the end"):
        rendered = render(deep)
        assert rendered.agreed
        assert "the end" in rendered.html


@pytest.mark.parametrize(
    "source",
    [
        "a" * (LONGEST_SOURCE + 1),
        "a\n" * 900,
        "*a*b" * 2_000,
        "<" * 5_000,
        "*" * 200 + "a" + "*" * 200,
        ("https://a.b/" + "\U0001f600" * 160 + " ") * 57,
    ],
    ids=["long", "lines", "tags", "entities", "deep", "large"],
)
def test_more_than_is_promised_is_shown_as_typed_and_held(source):
    rendered = render(source)
    assert not rendered.agreed
    assert rendered.links == ()
    assert "<em>" not in rendered.html
    assert len(rendered.html.encode()) < LARGEST_HTML


class Eve:
    """A wall that lets through whatever its owner wants."""

    def __init__(self, let_through):
        self.let_through = let_through
        self.cleaner = self

    def clean(self, made):
        return self.let_through


@pytest.mark.parametrize("wall", ["_first_wall", "_second_wall"])
@pytest.mark.parametrize(
    "let_through",
    [
        "<p>Hello.</p><script>alert(1)</script>",
        '<p onclick="alert(1)">Hello.</p>',
        '<p><a href="javascript:123">Hello.</a></p>',
        "<p>Hello.</p><p>",
        "<p>Hello.<b></p></b>",
        "<p>Hello.<",
        "</p>Hello.<p>",
    ],
)
def test_where_the_walls_disagree_the_comment_is_shown_as_typed_and_held(
    monkeypatch, wall, let_through
):
    monkeypatch.setattr(markup, wall, Eve(let_through))
    rendered = render("*Hello.* <b>\n\nBob & Ann\nCo")
    assert rendered.html == "<p>*Hello.* &lt;b&gt;</p>\n<p>Bob &amp; Ann<br>\nCo</p>"
    assert not rendered.agreed


def test_a_second_wall_that_changes_only_the_text_is_noticed(monkeypatch):
    monkeypatch.setattr(markup, "_second_wall", Eve("<p><em>Hullo.</em></p>"))
    assert not render("*Hello.*").agreed


def test_either_wall_alone_stops_an_attack():
    attack = '<p onclick="x">a<script>x</script><a href="javascript:123">b</a><img src=x></p>'
    alone = {
        "first": markup._first_wall.cleaner.clean(attack),
        "second": markup._second_wall.clean(attack),
    }
    for made in alone.values():
        assert not any(bad in made for bad in ("onclick", "<script", "javascript", "<img"))


LETTERS = "aZ09 .,;:!?#$%'()*+-/=@[\\]^_`{|}~é“”…ßŁ¡¿×"
PIECES = ["<br>\n", *(f"<{tag}>{LETTERS}</{tag}>" for tag in ("em", "strong")), *LETTERS, LETTERS]


@given(st.lists(st.lists(st.sampled_from(PIECES), min_size=1).map("".join), min_size=1))
def test_where_bleach_is_not_asked_it_would_change_nothing(paragraphs):
    made = "\n".join(f"<p>{lines}</p>" for lines in paragraphs)
    assert markup._NOTHING_TO_CLEAN.fullmatch(made)
    assert markup._first_wall.cleaner.clean(made) == made


def test_bleach_would_leave_every_letter_that_it_is_not_asked_about():
    letters = [chr(code) for code in range(0x110000)]
    known = "".join(one for one in letters if markup._NOTHING_TO_CLEAN.fullmatch(f"<p>{one}</p>"))
    assert not set(known) & set('<>&"\0\r\xa0\xad\u200b\u202e\ufeff\ud800')
    for made in (f"<p>{known}</p>", f"<p><em>{known}</em><strong>{known}</strong></p>"):
        assert markup._first_wall.cleaner.clean(made) == made


@pytest.mark.parametrize(
    "made",
    [
        "",
        "a",
        "<p></p>",
        "<p>a",
        "<p>a</p></p>",
        "<p>a</p>\n",
        "<p>a<p>b</p></p>",
        "<p><em>a</p></em>",
        "<p><em><em>a</em></em></p>",
        "<p>a<br/>b</p>",
        "<p>a&amp;b</p>",
        "<p x>a</p>",
        "<P>a</P>",
        "<p>a<script></p>",
        "<p>a<!--b--></p>",
    ],
)
def test_bleach_is_asked_about_everything_else(made):
    assert not markup._NOTHING_TO_CLEAN.fullmatch(made)


def test_html_of_others_is_cleaned_as_ours():
    rendered = clean('<div class=x><p>Hi <a href="https://a.example" target=_blank>a</a></div>')
    assert rendered.html == f"<p>Hi {link('https://a.example', 'a')}</p>"
    assert rendered.agreed


def test_entities_in_html_of_others_hide_nothing():
    assert clean("<p>a&#x202e;b&#xfeff;c</p>").html == "<p>abc</p>"


def test_html_of_others_that_is_too_clever_is_held():
    rendered = clean("<p>" * 5_000)
    assert not rendered.agreed
    assert rendered.html.startswith("<p>&lt;p&gt;")


def test_every_thread_has_its_own_first_wall():
    cleaners = []
    workers = [
        threading.Thread(target=lambda: cleaners.append(markup._first_wall.cleaner))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
        worker.join()
    assert len({id(one) for one in (*cleaners, markup._first_wall.cleaner)}) == 4


def test_plain_text_has_a_line_for_each_block():
    html = render("# A *b*\n\n> c & d\n\n- e\n- f <g>\n\nh\ni").html
    assert plain(html) == "A b\nc & d\ne\nf <g>\nh\ni"


@pytest.mark.parametrize(
    ("source", "length", "short"),
    [
        ("Short *and* sweet", 140, "Short and sweet"),
        ("one two three four", 14, "one two three…"),
        ("one two, three four", 10, "one two…"),
        ("a" * 30, 10, "a" * 9 + "…"),
        ("語" * 30, 10, "語" * 9 + "…"),
        ("a b\n\nc", 140, "a b c"),
    ],
)
def test_an_excerpt_ends_at_a_word(source, length, short):
    assert excerpt(render(source).html, length) == short
    assert len(short) <= length
