"""Markdown from readers, made into HTML that is safe inside somebody else's page.

Two walls stand one behind the other: bleach, and nh3, which shares no line of code with it.
What the second ships must be the tree that the first let through; where they read the same
bytes differently, somebody is being clever, and the comment is shown as typed and held.

What Markdown may do here is CommonMark's safe part, with struck-out text and with a line
break wherever the writer made one. Images, tables, raw HTML and reference definitions are
off, and a heading becomes a bold paragraph: a reader must not be able to change the outline
of the page that the comments stand on.
"""

import html
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bleach
import nh3
from bleach.html5lib_shim import Filter
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, paragraph
from markdown_it.rules_inline import StateInline

from moderation.text import addresses
from moderation.text import plain as plain_text

MARKUP_VERSION = 2
"""Raised by whoever changes what `render` gives, so that stored HTML can be made anew."""

LONGEST_SOURCE = 10_000
"""Characters. The time that rendering takes is promised up to here."""
LARGEST_HTML = 128 * 1024
"""Bytes in UTF-8."""
REL = "nofollow ugc noopener noreferrer"

_MOST_PIECES = 2_000  # tags and entities: bleach takes 12 µs for each; honest ones have 1,500
# Lines are read again for every quote around them, brackets for every bracket before them; to
# find where an address ends takes a tenth of a millisecond.
_MOST_SIGNS = {"\n": 800, "[": 800, "://": 400}
_DEEPEST = 64  # browsers flatten what lies deeper than 512, so it would not be one tree
_MOST_NESTING = 20  # of blocks, in markdown-it's own count: a list is two

_TAGS = frozenset(
    {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "s", "strong", "ul"}
)
_VOID = frozenset({"br", "hr"})
_SCHEMES = frozenset({"http", "https", "mailto"})

# A full match of our own, because bleach sees no scheme in "javascript:123". ASCII alone,
# no user part, no backslash, nothing that a browser drops while it reads.
_HOST = r"[a-z0-9_](?:[a-z0-9._-]{0,252})"
_HREF = re.compile(
    rf"https?://{_HOST}(?::[0-9]{{1,5}})?(?:[/?#][!#-;=?-\[\]_a-z{{|}}~^]*)?"
    rf"|mailto:[a-z0-9._+=~-]{{1,64}}@[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{1,8}}",
    re.IGNORECASE | re.ASCII,
)
_SCHEME_BEFORE = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE | re.ASCII)
_PIECE = re.compile(r'<(/?)([a-z]{1,10})((?: [a-z]{1,5}="[^"<>]*")*)>|[^<>]+')
_ATTRIBUTE = re.compile(r'([a-z]{1,5})="([^"]*)"')
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_BREAKS_A_LINE = frozenset({"p", "li", "pre", "blockquote", "br", "hr"})

# What bleach would give back byte for byte, in half a millisecond: paragraphs of letters, breaks
# and emphasis around letters; no attribute, no entity, nothing that another reader may see
# otherwise. Possessive, so that nothing is read twice.
_LETTER = r"[ !#-%'-;=?-~\xa1-\xac\xae-\u02ff\u2010-\u2027]"
_PARAGRAPH = rf"<p>(?:{_LETTER}|<br>\n|<em>{_LETTER}++</em>|<strong>{_LETTER}++</strong>)++</p>"
_NOTHING_TO_CLEAN = re.compile(rf"{_PARAGRAPH}(?:\n{_PARAGRAPH})*+")

_Tree = list[tuple[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """Safe HTML. Unless `agreed`, it is the source as typed, and the comment is to be held."""

    html: str
    agreed: bool
    links: tuple[str, ...]


def render(source: str) -> Rendered:
    """Return the HTML of a comment written in Markdown.

    Longer than LONGEST_SOURCE, larger than LARGEST_HTML or made of tags alone: it is given as
    typed, to be held. Raises plain.Unreadable for text that cannot be stored.
    """
    source = plain_text.tidy(source)
    if len(source) > LONGEST_SOURCE or any(source.count(a) > n for a, n in _MOST_SIGNS.items()):
        return _as_typed(source)
    # Entities write the very characters that tidy() has just taken out.
    made = plain_text.tidy(_markdown.render(source), compose=False)
    return _through_both_walls(made) or _as_typed(source)


def clean(foreign: str) -> Rendered:
    """Return HTML that somebody else wrote (an import) as `render` would have made it.

    Where the walls disagree about it, it is given as source text, to be held.
    """
    foreign = plain_text.tidy(foreign, compose=False)
    return _through_both_walls(foreign) or _as_typed(foreign)


def plain(safe: str) -> str:
    """Return the text of HTML that `render` made, one line for each block: for the policy."""
    parts: list[str] = []
    for piece in _PIECE.finditer(safe):
        if piece[2] in _BREAKS_A_LINE:
            parts.append("\n")
        elif not piece[2]:
            parts.append(html.unescape(piece[0]))
    lines = (line.strip() for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def link_share(safe: str) -> float:
    """Return which share of the letters that HTML of `render` shows are those of its links."""
    shown, linked, within = 0, 0, False
    for piece in _PIECE.finditer(safe):
        if piece[2] == "a":
            within = not piece[1]
        elif not piece[2]:
            length = len("".join(html.unescape(piece[0]).split()))
            shown, linked = shown + length, linked + (length if within else 0)
    return linked / shown if shown else 0.0


def excerpt(safe: str, length: int = 140) -> str:
    """Return the text of safe HTML in one line of at most `length` characters, whole words."""
    if len(text := " ".join(plain(safe).split())) <= length:
        return text
    cut = text.rfind(" ", 0, length)
    # A very long word, or a script that writes no blanks, is cut where there is room.
    kept = text[:cut] if cut > length // 2 else text[: length - 1]
    return kept.rstrip(" ,;:.-–—(\u200c\u200d") + "…"


def without_links(safe: str) -> str:
    """Return HTML that `render` made with its links as text, each with the host it leads to.

    For mail: there a reader does not see where a link leads, and ours are trusted.
    """
    parts: list[str] = []
    hrefs: list[str] = []
    for piece in _PIECE.finditer(safe):
        if piece[2] != "a":
            parts.append(piece[0])
        elif not piece[1]:
            hrefs.append(html.unescape(dict(_ATTRIBUTE.findall(piece[3])).get("href", "")))
        elif hrefs:
            parts.append(_where(hrefs.pop(), parts))
    return "".join(parts)


def _where(href: str, before: list[str]) -> str:
    """What stands behind a link's text, unless that text is the address itself."""
    said = html.unescape("".join(before[-1:]))
    if said == href:
        return ""
    place = href[7:] if href[:7].lower() == "mailto:" else addresses.host(href)
    return html.escape(f" [{place}]", quote=False)


def is_link(href: str) -> bool:
    """Tell whether a link may lead to `href`: http, https or mailto, and nothing unusual."""
    if len(href) > addresses.LONGEST_PAGE or not _HREF.fullmatch(href):
        return False
    try:
        return href[:7].lower() == "mailto:" or addresses.host(href) != ""
    except addresses.BadAddress:
        return False


def _as_typed(source: str) -> Rendered:
    paragraphs = _PARAGRAPHS.split(html.escape(source, quote=False))
    made = "\n".join(f"<p>{lines}</p>" for lines in paragraphs).replace("\n", "<br>\n")
    return Rendered(made.replace("</p><br>", "</p>"), agreed=False, links=())


def _through_both_walls(made: str) -> Rendered | None:
    if made.count("<") + made.count("&") > _MOST_PIECES or len(made) > LARGEST_HTML:
        return None
    first = _first_wall.clean(made).strip(" \t\n")
    second = _second_wall.clean(first).strip(" \t\n")
    tree = _tree(second)
    if tree is None or tree != _tree(first) or len(second.encode()) > LARGEST_HTML:
        return None
    links = tuple(values["href"] for _, values in tree if "href" in values)
    return Rendered(plain_text.tidy(second, compose=False), agreed=True, links=links)


def _tree(safe: str) -> _Tree | None:
    """Read what a wall wrote: its tags and text in order, or None if it is not a proper tree.

    Strict where a browser forgives: both walls write plain, closed, lower-case tags, so
    anything else means that one of them let something through.
    """
    tree: _Tree = []
    still_open: list[str] = []
    end = 0
    for piece in _PIECE.finditer(safe):
        if piece.start() != end or len(still_open) > _DEEPEST:
            return None
        end = piece.end()
        closing, tag, attributes = piece.groups()
        if tag is None:
            tree.append((html.unescape(piece[0]), {}))
            continue
        if tag not in _TAGS or (closing and (not still_open or still_open.pop() != tag)):
            return None
        if not closing and tag not in _VOID:
            still_open.append(tag)
        values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        tree.append((f"<{closing}{tag}>", values))
    return tree if end == len(safe) and not still_open else None


def _allowed(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("a", "href"):
        return is_link(value)
    return (tag, name) == ("ol", "start") and re.fullmatch("[0-9]{1,9}", value) is not None


class _Links(Filter):  # type: ignore[misc]  # bleach has no types
    """Give every link our rel, and leave out those that lead nowhere."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        leads = False
        for token in super().__iter__():
            if token.get("name") == "a":
                if token["type"] == "StartTag":
                    leads = (None, "href") in token["data"]
                    token["data"][None, "rel"] = REL
                if not leads:
                    continue
            yield token


class _FirstWall(threading.local):
    """bleach: one cleaner for each thread, since its parser keeps state between calls."""

    def __init__(self) -> None:
        self.cleaner = bleach.Cleaner(
            tags=_TAGS,
            # bleach hands over the value as it was written, entities and all.
            attributes=lambda tag, name, value: _allowed(tag, name, html.unescape(value)),
            protocols=_SCHEMES,
            strip=True,
            strip_comments=True,
            filters=[_Links],
        )

    def clean(self, made: str) -> str:
        """What is safe of this HTML. Where there is nothing to clean, bleach is not asked."""
        if _NOTHING_TO_CLEAN.fullmatch(made):
            return made
        return str(self.cleaner.clean(made))


_first_wall = _FirstWall()
_second_wall = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={"a": {"href"}, "ol": {"start"}},
    attribute_filter=lambda tag, name, value: (
        value if name == "rel" or _allowed(tag, name, value) else None
    ),
    link_rel=REL,
    url_schemes=set(_SCHEMES),
)


class _Html(RendererHTML):
    """Markdown's HTML without what the walls would take away again."""

    def heading_open(self, *_: object) -> str:
        return "<p><strong>"

    def heading_close(self, *_: object) -> str:
        return "</strong></p>\n"


class _Markdown(MarkdownIt):
    """markdown-it with our idea of a link."""

    def validateLink(self, url: str) -> bool:  # noqa: N802  # markdown-it's name
        return is_link(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802  # markdown-it's name
        # Readers see what was typed: decoding "%E2%80%AE" or punycode would dress it up.
        return link


_urls = LinkifyIt(
    {"ftp:": None, "//": None, "mailto:": None},
    {"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False},
)


def _bare_link(state: StateInline, silent: bool) -> bool:
    """Make a link of an http or https URL that stands in the text.

    In place of markdown-it's own rule, which reads all of the line again at every "://": this
    one looks back six characters and ahead as far as a link may go.
    """
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME_BEFORE.search(state.pending[-6:])
    if not scheme:
        return False
    start = state.pos - len(scheme[1])
    found = _urls.match_at_start(state.src[start : start + addresses.LONGEST_PAGE + 1])
    if not found:
        return False
    typed = found.url.rstrip("*.,:;!?")  # the end of a sentence, or of emphasis
    href = state.md.normalizeLink(typed)
    if not silent and is_link(href):
        state.pending = state.pending[: -len(scheme[1])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = typed
        state.push("link_close", "a", -1)
    elif not silent:  # all of it is text, and nobody looks for another link inside
        state.pending += typed[len(scheme[1]) :]
    state.pos = start + len(typed)
    return True


def _deep_text(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Where quotes and lists are too deep, go on with paragraphs: markdown-it drops the rest."""
    return state.level >= _MOST_NESTING - 2 and paragraph(state, start, end, silent)


def _make_markdown() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": _MOST_NESTING}
    markdown = _Markdown("js-default", options, renderer_cls=_Html)
    # Tables and references make much of little: 10 KB of references became 6 MB. A line of
    # dashes under a sentence is a line, not a heading, to people who don't know Markdown.
    markdown.disable(
        ["table", "reference", "html_block", "lheading", "html_inline", "image", "linkify"]
    )
    markdown.inline.ruler.before("linkify", "bare_link", _bare_link)
    markdown.block.ruler.before("table", "deep_text", _deep_text)
    return markdown


_markdown = _make_markdown()
