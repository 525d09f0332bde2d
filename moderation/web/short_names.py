"""Shorter names for what a script declares, where it is served: nobody downloads them to read.

A name is replaced wherever it stands for a variable. Two names become the same short one only
where neither could be meant in the other's place: neither is used inside the block that holds all
uses of the other. What a name stands for is told by its neighbours: after a dot, or before a
colon in an object, it names a property and stays; alone in an object (`{ page }`) it is both, and
is spelt out (`{ page: a }`). A method must not be called as a variable is. The widget's browser
tests run on what is served, so a script that this reads wrongly is noticed.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain, pairwise, product
from string import ascii_letters
from typing import NamedTuple

_PATTERN = r"(?<=[(,=&|?])\s*/(?:\\.|\[[^\]]*\]|[^/\\\n*])+/\w*"
_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    rf'|(?P<text>"(?:\\.|[^"\\])*"|{_PATTERN})'
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<sign>\d[\w.]*|=>|\.\.\.|\?\.|.)",
    re.DOTALL,
)
#: Of a template, what stands between its ends and its `${…}`, with these.
_PIECE = re.compile(r"[`}](?:\\.|\$(?!\{)|[^`\\$])*(?:`|\$\{)", re.DOTALL)
#: A brace after one of these opens an object or a pattern; after anything else, a block.
_BEFORE_OBJECTS = frozenset(re.findall(r"\S+", "( , = : [ ? & | ... return throw const let"))
_RESERVED = frozenset(
    re.findall(
        r"\w+",
        "as async await break case catch class const continue default delete do else extends "
        "false finally for function if import in instanceof is let new null of return set "
        "static super switch this throw true try typeof undefined void while yield",
    )
)


class Token(NamedTuple):
    """A piece of the script: its kind, the bracket it stands in, and what a name stands for."""

    text: str
    kind: str
    inside: str
    use: str = ""


def shorten(script: str) -> str:
    """The script with the names that it declares made as short as they can be."""
    tokens = _with_uses(list(_read(script)))
    places: dict[str, list[int]] = defaultdict(list)
    for n, token in enumerate(tokens):
        if token.use:
            places[token.text].append(n)
    names = _Names(places, _blocks(tokens))
    for name in sorted(_declared(tokens), key=lambda name: (-len(places[name]), name)):
        spelt_out = sum(tokens[n].use == "both" for n in places[name])
        if len(places[name]) * (len(name) - 1) > 3 * spelt_out:
            names.shorten(name)
    return "".join(_renamed(token, names.short) for token in tokens)


def _renamed(token: Token, short: dict[str, str]) -> str:
    # One word for both kinds of declaration packs better, and they differ in nothing else.
    if token.kind == "name" and token.text == "const":
        return "let"
    if not token.use or token.text not in short:
        return token.text
    name = short[token.text]
    return name if token.use == "variable" else f"{token.text}:{name}"


class _Names:
    """Short names, given so that none is taken where another is meant."""

    def __init__(self, places: dict[str, list[int]], blocks: list[tuple[int, int]]) -> None:
        self.short: dict[str, str] = {}
        self._places = places
        self._scopes = {name: _around(at, blocks) for name, at in places.items()}
        self._called: dict[str, set[str]] = defaultdict(set)
        for name in places:
            self._called[name].add(name)

    def shorten(self, name: str) -> None:
        """Give this name the first short one that is free where it is used."""
        self._called[name].discard(name)
        letters = chain(ascii_letters, map("".join, product(ascii_letters, repeat=2)))
        free = (short for short in letters if self._is_free(short, name))
        self.short[name] = next(free)
        self._called[self.short[name]].add(name)

    def _is_free(self, short: str, name: str) -> bool:
        return short not in _RESERVED and not any(
            self._used_in(name, self._scopes[other]) or self._used_in(other, self._scopes[name])
            for other in self._called[short]
        )

    def _used_in(self, name: str, scope: tuple[int, int]) -> bool:
        return any(scope[0] <= n <= scope[1] for n in self._places[name])


def _around(at: list[int], blocks: list[tuple[int, int]]) -> tuple[int, int]:
    holding = [one for one in blocks if one[0] <= at[0] and at[-1] <= one[1]]
    return min(holding, key=lambda one: one[1] - one[0])


def _declared(tokens: list[Token]) -> set[str]:
    """Names after `const`, `let`, `function`, `class`, in parameters, and alone in objects."""
    code = [token for token in tokens if token.kind != "space"]
    found = {token.text for token in code if token.use == "both"}
    for one, following in pairwise(code):
        if following.use and one.text in {"const", "let", "function", "class"}:
            found.add(following.text)
        if one.use and following.text == "=>":
            found.add(one.text)
    for start, end in _parameters(code):
        found |= {token.text for token in code[start:end] if token.use}
    return found


def _parameters(code: list[Token]) -> Iterator[tuple[int, int]]:
    """Where parameters stand between parentheses, before a body or an arrow."""
    opened = []
    for n, token in enumerate(code):
        if token.kind == "sign" and token.text == "(":
            opened.append(n)
        elif token.kind == "sign" and token.text == ")":
            start = opened.pop()
            following = code[(n + 1) % len(code)].text
            if code[start - 2].text == "function" or following == "=>":
                yield start, n


def _blocks(tokens: list[Token]) -> list[tuple[int, int]]:
    """Where blocks begin, with their parameters if they have some, and end; the script is one."""
    found, opened, parentheses, begins = [(0, len(tokens))], [], [], {}
    code = [n for n, token in enumerate(tokens) if token.kind != "space"]
    for i, n in enumerate(code):
        text, kind, inside, _use = tokens[n]
        if kind != "sign":
            continue
        if text == "(":
            parentheses.append(n)
        elif text == ")":
            begins[n] = parentheses.pop()
        elif (text, inside) == ("{", "{"):
            after_arrow = tokens[code[i - 1]].text == "=>"
            opened.append(begins.get(code[i - 2 if after_arrow else i - 1], n))
        elif (text, inside) == ("}", "{"):
            found.append((opened.pop(), n))
    return found


def _read(script: str) -> Iterator[Token]:
    inside, before, at = ["{"], ";", 0
    while at < len(script):
        in_template = script[at] == "`" or (script[at] == "}" and inside[-1] == "${")
        found = (_PIECE if in_template else _TOKEN).match(script, at)
        if found is None:
            raise ValueError(f"This is not read as a script: {script[at : at + 40]!r}")
        at = found.end()
        token = Token(found[0], found.lastgroup or "text", inside[-1])
        if token.kind != "name":
            token = _nested(token, inside, before)
        yield token
        if token.kind != "space":
            before = token.text if token.kind != "text" else token.text[-1]


def _nested(token: Token, inside: list[str], before: str) -> Token:
    """The token with the bracket that it opens or closes; `inside` is kept up to date."""
    text, kind = token.text, token.kind
    if kind == "text" and text[0] == "}":
        inside.pop()
    if kind == "text" and text.endswith("${"):
        inside.append("${")
    if kind == "sign" and text in "([{":
        is_object = text == "{" and before in _BEFORE_OBJECTS
        inside.append("object" if is_object else text)
        return token._replace(inside=inside[-1])
    if kind == "sign" and text in ")]}":
        inside.pop()
    return token


def _with_uses(tokens: list[Token]) -> list[Token]:
    code = [n for n, token in enumerate(tokens) if token.kind != "space"]
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
