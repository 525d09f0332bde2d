"""Hold answers against the API's own description.

A validator of just the JSON Schema that the description uses; a keyword it does not know is an
error, so nothing in the description goes unchecked. Unlike a general validator it takes objects
as closed: a field that is not described is a difference.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from werkzeug.test import TestResponse

from moderation.web.openapi import DOCUMENT

TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
    "null": type(None),
}
_SAYS_NOTHING = {"description", "examples", "default", "required", "type"}


def followed(part: dict[str, Any]) -> dict[str, Any]:
    """The part itself, or the one its reference names."""
    found: Any = DOCUMENT
    if "$ref" not in part:
        return part
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def differences(value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Where `value` is not what the schema says."""
    schema = followed(schema)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield f"{at} is {value!r}, not {kinds}"
        return
    if value is None and kinds:
        return
    for keyword, wanted in schema.items():
        if keyword not in _SAYS_NOTHING:
            yield from KEYWORDS[keyword](value, wanted, schema, at)


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _any_of(value: Any, wanted: Any, _schema: Any, at: str) -> Iterator[str]:
    if not any(not list(differences(value, one, at)) for one in wanted):
        yield f"{at} fits none of {wanted}"


def _one_of(value: Any, wanted: Any, _schema: Any, at: str) -> Iterator[str]:
    fitting = [one for one in wanted if not list(differences(value, one, at))]
    if len(fitting) != 1:
        yield f"{at} fits {len(fitting)} of {wanted}"


def _fields(value: Any, wanted: Any, schema: Any, at: str) -> Iterator[str]:
    for name in schema["required"]:
        if name not in value:
            yield f"{at}.{name} is missing"
    for name, one in value.items():
        if name in wanted:
            yield from differences(one, wanted[name], f"{at}.{name}")
        else:
            yield f"{at}.{name} is not described"


def _names(value: Any, wanted: Any, _schema: Any, at: str) -> Iterator[str]:
    for name, one in value.items():
        yield from differences(one, wanted, f"{at}.{name}")


def _items(value: Any, wanted: Any, _schema: Any, at: str) -> Iterator[str]:
    for number, one in enumerate(value):
        yield from differences(one, wanted, f"{at}[{number}]")


def _check(holds: Any) -> Any:
    def checked(value: Any, wanted: Any, _schema: Any, at: str) -> Iterator[str]:
        if not holds(value, wanted):
            yield f"{at} is {value!r}, against {wanted!r}"

    return checked


def _has_format(value: str, wanted: str) -> bool:
    if wanted == "date-time":
        return datetime.fromisoformat(value).tzinfo is not None and value.endswith("Z")
    return {"uri": "://", "email": "@"}[wanted] in value


KEYWORDS: dict[str, Any] = {
    "anyOf": _any_of,
    "oneOf": _one_of,
    "properties": _fields,
    "additionalProperties": _names,
    "items": _items,
    "enum": _check(lambda value, wanted: value in wanted),
    "pattern": _check(lambda value, wanted: re.search(wanted, value)),
    "format": _check(_has_format),
    "minimum": _check(lambda value, wanted: value >= wanted),
    "maximum": _check(lambda value, wanted: value <= wanted),
    "minLength": _check(lambda value, wanted: len(value) >= wanted),
    "maxLength": _check(lambda value, wanted: len(value) <= wanted),
    "minItems": _check(lambda value, wanted: len(value) >= wanted),
    "maxItems": _check(lambda value, wanted: len(value) <= wanted),
}


def undescribed(answer: TestResponse, path: str, method: str) -> list[str]:
    """Where an answer to a call is not what the description says of that call."""
    call = DOCUMENT["paths"][path][method.lower()]
    status = str(answer.status_code)
    if status not in call["responses"]:
        return [f"{method} {path} answers {status}, which is not described"]
    described = followed(call["responses"][status])
    found = [name for name in described.get("headers", {}) if name not in answer.headers]
    missing = [f"the header {name} is missing" for name in found]
    return missing + list(_of_body(answer, described.get("content", {})))


def _of_body(answer: TestResponse, content: dict[str, Any]) -> Iterator[str]:
    if not content:
        if answer.data:
            yield "there is a body, and none is described"
    elif answer.mimetype not in content:
        yield f"the body is {answer.mimetype}, not {list(content)}"
    elif "json" in answer.mimetype:
        yield from differences(answer.get_json(force=True), content[answer.mimetype]["schema"])
