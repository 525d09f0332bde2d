"""Shorter names for what a script declares, where it is served: nobody downloads them to read.

A name is replaced wherever it stands for a variable. Two names may become the same short one only
where neither could be meant in the other's place: when the functions that hold all their uses lie
apart, or the outer name is not used inside the inner function. What a name stands for is told by
its neighbours: after a dot, or before a colon in an object, it names a property and stays; alone
in an object (`{ page }`) it is both, and is spelt out (`{ page: a }`). Methods must not be called
as variables are. The widget's browser tests run on what is served.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, product
from string import ascii_letters
from typing import NamedTuple

_TEXT = (
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|(?<=[(,=&|?])\s*/(?:\\.|\[[^\]]*\]|[^/\\\n*])+/\w*"""
)
_TOKEN = re.compile(
    rf"(?P<text>{_TEXT})|(?P<space>\s+)|(?P<name>[A-Za-z_$][\w$]*)|\d[\w.]*|=>|\.\.\.|\?\.|.",
    re.DOTALL,
)
#: What stands between `${…}` in a template, with its ends.
_PIECE = re.compile(r"[`}](?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)", re.DOTALL)
#: A brace after one of these opens an object or a pattern; after anything else, a block.
_BEFORE_OBJECTS = frozenset(
    ("(", ",", "=", ":", "[", "?", "&", "|", "...", "return", "throw", "const", "let")
)
_RESERVED = frozenset(
    "as async await break case catch class const continue default delete do else extends false "
    "finally for function if import in instanceof is let new null of return set static super "
    "switch this throw true try typeof undefined void while yield".split()
)


class Token(NamedTuple):
    """A piece of the script, and the bracket it stands in; of a name, what it stands for."""

    text: str
    kind: str
    inside: str = ""
    use: str = ""


def shorten(script: str) -> str:
    """The script with the names that it declares made as short as they can be."""
    tokens = _with_uses(list(_read(script)))
    blocks = _blocks(tokens)
    places = defaultdict(list)
    for n, token in enumerate(tokens):
        if token.use:
            places[token.text].append(n)
    names = _Names(places, blocks)
    declared = _declared(tokens)
    for name in sorted(declared & set(places), key=lambda name: (-len(places[name]), name)):
        both = sum(tokens[n].use == "both" for n in places[name])
        if len(places[name]) * (len(name) - 1) > 3 * both:
            names.add(name)
    return "".join(_renamed(token, names.short) for token in tokens)


class _Names:
    """Short names, given so that none is taken where another is meant."""

    def __init__(self, places: dict[str, list[int]], blocks: list[tuple[int, int]]) -> None:
        self.short: dict[str, str] = {}
        self._places = places
        self._scopes = {name: _around(at, blocks) for name, at in places.items()}
        self._taken = defaultdict(list)
        for name in places:
            self._taken[name].append(name)

    def add(self, name: str) -> None:
        """Give this name the first short one that is free for it."""
        for short in chain(ascii_letters, map("".join, product(ascii_letters, repeat=2))):
            if short not in _RESERVED and not any(
                self._clash(name, other) for other in self._taken[short] if other != name
            ):
                self._taken[name].remove(name)
                self._taken[short].append(name)
                self.short[name] = short
                return

    def _clash(self, one: str, other: str) -> bool:
        return self._used_in(one, self._scopes[other]) or self._used_in(other, self._scopes[one])

    def _used_in(self, name: str, scope: tuple[int, int]) -> bool:
        return any(scope[0] <= n <= scope[1] for n in self._places[name])


def _around(at: list[int], blocks: list[tuple[int, int]]) -> tuple[int, int]:
    holding = [one for one in blocks if one[0] <= at[0] and at[-1] <= one[1]]
    return min(holding, key=lambda one: one[1] - one[0])


def _renamed(token: Token, short: dict[str, str]) -> str:
    if not token.use or token.text not in short:
        return token.text
    name = short[token.text]
    return name if token.use == "variable" else f"{token.text}:{name}"


def _declared(tokens: list[Token]) -> set[str]:
    """Names after `const`, `let`, `function`, `class`, in parameters, and alone in objects."""
    code = [token for token in tokens if token.kind != "space"]
    found = {token.text for token in code if token.use == "both"}
    for n, token in enumerate(code):
        if token.use and code[n - 1].text in {"const", "let", "function", "class"}:
            found.add(token.text)
        if token.use and code[(n + 1) % len(code)].text == "=>":
            found.add(token.text)
    for start, end in _parameters(code):
        found |= {token.text for token in code[start:end] if token.use}
    return found - _RESERVED


def _parameters(code: list[Token]) -> Iterator[tuple[int, int]]:
    """Where parameters stand between parentheses, before a body or an arrow."""
    opened = []
    for n, token in enumerate(code):
        if token.text == "(":
            opened.append(n)
        elif token.text == ")":
            start = opened.pop()
            if "function" == code[start - 2].text or code[(n + 1) % len(code)].text == "=>":
                yield start, n


def _blocks(tokens: list[Token]) -> list[tuple[int, int]]:
    """Where blocks begin, at the parameters of those that have some, and end. The script is one."""
    found, opened, parentheses, begins = [(0, len(tokens))], [], [], {}
    before = last = -1
    for n, token in enumerate(tokens):
        if token.kind == "space":
            continue
        if token.text == "(":
            parentheses.append(n)
        elif token.text == ")":
            begins[n] = parentheses.pop()
        elif token.text == "{" and token.inside == "{":
            at = before if tokens[last].text == "=>" else last
            opened.append(begins.get(at, n))
        elif token.text == "}" and token.inside == "{":
            found.append((opened.pop(), n))
        before, last = last, n
    return found


def _read(script: str) -> Iterator[Token]:
    inside, before, at = ["{"], ";", 0
    while at < len(script):
        piece = None
        if script[at] == "`" or (script[at] == "}" and inside[-1] == "template"):
            piece = _PIECE.match(script, at)
        found = piece or _TOKEN.match(script, at)
        assert found
        text, at = found[0], found.end()
        kind = found.lastgroup or ("text" if piece else "sign")
        if piece and text[0] == "}":
            inside.pop()
        if kind == "sign" and text in ")]}":
            closing = inside.pop()
        if piece and text[-1] == "{":
            inside.append("template")
        if kind == "sign" and text in "([{":
            inside.append("object" if text == "{" and before in _BEFORE_OBJECTS else text)
        if text.startswith(("//", "/*")):
            kind = "space"
        yield Token(text, kind, closing if kind == "sign" and text in ")]}" else inside[-1])
        if kind != "space":
            before = text[-1] if piece else text


def _with_uses(tokens: list[Token]) -> list[Token]:
    code = [n for n, one in enumerate(tokens) if one.kind != "space"]
    told = list(tokens)
    for i, n in enumerate(code):
        token = tokens[n]
        if token.kind == "name" and token.text not in _RESERVED:
            before, after = tokens[code[i - 1]].text, tokens[code[(i + 1) % len(code)]].text
            told[n] = token._replace(use=_use(token.inside, before, after))
    return told


def _use(inside: str, before: str, after: str) -> str:
    if before in {".", "?."}:
        return ""
    if inside != "object" or before not in {"{", ","}:
        return "variable"
    if after == ":":
        return ""
    return "both" if after in {",", "}", "="} else "variable"
