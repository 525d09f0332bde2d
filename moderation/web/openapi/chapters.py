"""The description arranged for a page: chapters of calls, then the shapes they send and give."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from .parts import Part


class Kind(NamedTuple):
    """What a value is, in words around the name of a shape, which may be empty."""

    before: str
    shape: str = ""
    after: str = ""


class Row(NamedTuple):
    """A parameter, a header or a field."""

    name: str
    kind: Kind
    required: bool
    means: Markup


class Answer(NamedTuple):
    """One way in which a call may be answered."""

    status: str
    means: Markup
    kind: Kind | None
    headers: list[str]


class Call(NamedTuple):
    """One call, whole."""

    name: str
    method: str
    path: str
    summary: str
    means: Markup
    needs_token: bool
    takes: list[Row]
    sends: Kind | None
    answers: list[Answer]


class Shape(NamedTuple):
    """An object that calls send or give; `words` are all there is where it is one of a few."""

    name: str
    means: Markup
    rows: list[Row]
    words: list[str]


class Chapter(NamedTuple):
    """The calls of one kind of person."""

    name: str
    means: Markup
    calls: list[Call]


class Description(NamedTuple):
    """All that the page shows."""

    title: str
    paragraphs: list[Markup]
    chapters: list[Chapter]
    shapes: list[Shape]


def chapters(document: Part) -> Description:
    """Arrange an OpenAPI document, made of the parts of this package, for people."""
    info, components = document["info"], document["components"]
    return Description(
        info["title"],
        [_told(part) for part in info["description"].strip().split("\n\n")],
        [
            Chapter(tag["name"], _told(tag["description"]), list(_calls(document, tag["name"])))
            for tag in document["tags"]
        ],
        [_shape(document, name, part) for name, part in components["schemas"].items()],
    )


def _calls(document: Part, tag: str) -> Iterator[Call]:
    for path, item in document["paths"].items():
        for method, call in item.items():
            if method != "parameters" and tag in call["tags"]:
                yield _call(document, method, path, item.get("parameters", []), call)


def _call(document: Part, method: str, path: str, shared: list[Part], call: Part) -> Call:
    takes = [_taken(one) for one in [*shared, *call.get("parameters", [])]]
    sends = call.get("requestBody")
    return Call(
        call["operationId"],
        method.upper(),
        path,
        call["summary"],
        _told(call["description"]),
        bool(call["security"]),
        takes,
        _content(sends),
        [_answer(document, status, one) for status, one in call["responses"].items()],
    )


def _taken(parameter: Part) -> Row:
    means = _told(parameter["description"])
    name = parameter["name"]
    return Row(name, _kind(parameter["schema"]), parameter.get("required", False), means)


def _answer(document: Part, status: str, one: Part) -> Answer:
    found = _followed(document, one)
    return Answer(status, _told(found["description"]), _content(found), [*found.get("headers", [])])


def _followed(document: Part, part: Part) -> Part:
    found: Any = document
    if "$ref" not in part:
        return part
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    followed: Part = found
    return followed


def _content(holder: Part | None) -> Kind | None:
    for media, content in (holder or {}).get("content", {}).items():
        kind = _kind(content["schema"])
        return kind if kind.shape else Kind(media)
    return None


def _shape(document: Part, name: str, part: Part) -> Shape:
    rows = list(_rows(document, part))
    return Shape(name, _told(part["description"]), rows, part.get("enum", []))


def _rows(document: Part, part: Part, within: str = "") -> Iterator[Row]:
    for name, field in part.get("properties", {}).items():
        # What is only a reference means what it refers to.
        means = _followed(document, field.get("anyOf", [field])[0])["description"]
        yield Row(within + name, _kind(field), name in part["required"], _told(means))
        yield from _rows(document, field, f"{within}{name}.")


def _kind(part: Part) -> Kind:
    """What a value is: "text, up to 100 characters", "list of Comment", "Status or null"."""
    if "$ref" in part:
        return Kind("", part["$ref"].rpartition("/")[2])
    if "anyOf" in part:
        return _kind(part["anyOf"][0])._replace(after=" or null")
    if "oneOf" in part:
        return Kind(" or ".join(_kind(one).shape for one in part["oneOf"]))
    kinds = [part["type"]] if isinstance(part["type"], str) else part["type"]
    words = _TYPES[kinds[0]] + _bounds(part) + (" or null" if "null" in kinds else "")
    if kinds[0] != "array":
        return Kind(words)
    inner = _kind(part["items"])
    return inner._replace(before=f"list of {inner.before}")


_TYPES = {
    "string": "text",
    "integer": "number",
    "boolean": "true or false",
    "object": "object",
    "array": "list",
}


def _bounds(part: Part) -> str:
    if "enum" in part:
        return ": " + ", ".join(part["enum"])
    if "maxLength" in part:
        return f", up to {part['maxLength']:,} characters"
    if "minimum" in part and "maximum" in part:
        return f" from {part['minimum']} to {part['maximum']}"
    return ", a moment" if part.get("format") == "date-time" else ""


def _told(means: str) -> Markup:
    """The text with what stands between backticks as code."""
    pieces = enumerate(means.split("`"))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(one) if odd % 2 else escape(one) for odd, one in pieces)
