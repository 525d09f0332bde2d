"""sanitizer-fuzz: whatever is typed, both walls agree, and nothing foreign comes through.

The oracle is a reader of HTML that shares nothing with either wall. The control is the same
Markdown with HTML let in and no wall behind it: there, the oracle must see the attacks.
"""

import os
import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from moderation.text.markup import REL, clean, render
from moderation.text.plain import tidy

SIZE = float(os.environ.get("MODERATION_PROOF_SIZE", "1"))
EXAMPLES = int(10_000 * SIZE)
FOREIGN_EXAMPLES = int(2_000 * SIZE)
BATCH = 10  # sources in one example: Hypothesis takes longer to think of one than we to read it

TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"}
SAFE_HREF = re.compile(
    r"(?:https?://[^@\s\\/?#]+(?:[/?#][^\s\\]*)?|mailto:[^@\s?]+@[^@\s?]+)", re.IGNORECASE
)

MARKDOWN = [
    "*", "**", "_", "~~", "`", "``", "\n```\n", "\n", "\n\n", "  \n", "\\", "\n> ", "\n- ",
    "\n1. ", "\n# ",
    "\n---\n", "    ", "\t", "[", "]", "(", ")", "](", "[a](", "![a](", "<", ">", "&", '"', "'",
    "!", "|",
    "[a](https://b.example)", "[a]: https://b.example\n", '[a](https://b.example "c")',
    "https://b.example",
    "https://b.example/?a=1&b=2", "<https://b.example>", "<ann@b.example>",
    "mailto:ann@b.example", "a b",
    "www.b.example", "&nbsp;", "&quot;", "&#39;", "&amp;lt;", "&lt;b&gt;", "&copy", "&#x202e;",
    "&#0;",
    "&#xfffe;", "&ampx;", "&notit;", "\u00a0", "\u0338", "\u200d", "\u202e", "\ufeff", "é",
    "שלום", "👩‍👧", "\r\n",
    "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\ufffd", "\ufdd0", "\U000e0041",
    "\U0010ffff",
]  # fmt: skip
ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<svg><style>",
    "<math><mtext><table><mglyph><style>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href=javascript:alert(1)>", "<a href='java&#10;script:alert(1)'>",
    "<a href=javascript:123 id=x>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<style>*{}</style>",
    "<form action=//eve.example>",
    "<p onclick=alert(1)>", "<p style=position:fixed>", "<template>", "<textarea>", "<title>",
    "<xmp>",
    "<plaintext>", "<table><tr><td>", "<select><option>", "<button>", "<object data=x>",
    "<base href=//eve>",
    "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<?php", "</p>", "</a>", "</blockquote>",
    "</div></div>",
    "</style>", "</script>", "<a b='", "<a href=\"https://b.example\" target=_blank>", "<b>",
    "<em>", "<li>",
    "<ol start=-1>", "<pre>\n", "<br/>", "<x-y>", "<A HREF=VBSCRIPT:x>", "[x](javascript:alert(1))",
    "[x](javascript:123)", "[x](javascript&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](https://a@eve.example)", '[x](https://b.example"onclick="alert(1))',
    "![x](x\" onerror=\"alert(1))",
    "<javascript:alert(1)>", "```\" onclick=alert(1)\n",
    "[x](<https://b.example> \"\" onclick=alert(1)\")",
]  # fmt: skip

LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
PIECES = st.one_of(st.sampled_from(MARKDOWN), st.sampled_from(ATTACKS), LETTERS)
SOURCES = st.lists(PIECES, max_size=14).map("".join)
BATCHES = st.lists(SOURCES, min_size=BATCH, max_size=BATCH)

count = {
    "database": None,
    "deadline": None,
    "derandomize": SIZE == 1,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


class Oracle(HTMLParser):
    """Notes every tag, attribute and address that a comment must not have."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.foreign = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.foreign.append(tag)
        for name, value in attrs:
            harmless = {
                ("a", "href"): lambda value: SAFE_HREF.fullmatch(value or ""),
                ("a", "rel"): lambda value: value == REL,
                ("ol", "start"): lambda value: (value or "").isdecimal(),
            }.get((tag, name))
            if not harmless or not harmless(value):
                self.foreign.append(f"{tag} {name}={value}")

    def handle_comment(self, data):
        self.foreign.append(f"comment {data}")

    def handle_decl(self, decl):
        self.foreign.append(f"declaration {decl}")

    unknown_decl = handle_pi = handle_decl


def foreign(html):
    oracle = Oracle()
    oracle.feed(html)
    oracle.close()
    return oracle.foreign


def raw(source):
    """The control: HTML let in, any link taken, no wall."""
    markdown = MarkdownIt("js-default", {"html": True})
    markdown.validateLink = lambda url: True
    return markdown.render(tidy(source))


@pytest.mark.proof
@settings(max_examples=EXAMPLES // BATCH, **count)
@given(BATCHES)
def test_the_walls_agree_on_whatever_is_typed(sources):
    for source in sources:
        rendered = render(source)
        assert rendered.agreed, source
        assert foreign(rendered.html) == [], source
        again = clean(rendered.html)
        assert again == rendered, source
        assert not set(rendered.html) & set("\x00\x1b\x7f\u202e\u2066\ufeff\ufffe")


@pytest.mark.proof
@settings(max_examples=FOREIGN_EXAMPLES // BATCH, **count)
@given(BATCHES)
def test_html_of_others_comes_through_clean_or_not_at_all(sources):
    for source in sources:
        rendered = clean(raw(source))
        assert foreign(rendered.html) == [], source
        if rendered.agreed:
            assert clean(rendered.html) == rendered, source


@pytest.mark.proof
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_gets_through_by_itself(attack):
    assert foreign(render(attack).html) == []
    assert foreign(clean(attack).html) == []
    assert render(attack).agreed


@pytest.mark.proof
def test_the_control_without_walls_shows_the_attacks():
    seen = [attack for attack in ATTACKS if foreign(raw(attack))]
    assert len(seen) > len(ATTACKS) / 2


@pytest.mark.proof
def test_the_control_without_walls_shows_the_attacks_in_mixtures():
    shown = {True: 0, False: 0}

    @settings(max_examples=100, **count)
    @given(SOURCES)
    def look(source):
        shown[bool(foreign(raw(source)))] += 1

    look()
    assert shown[True] >= 0.2 * sum(shown.values())
