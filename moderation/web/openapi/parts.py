"""The small parts that the description is put together from (OpenAPI 3.1.0, JSON Schema 2020-12).

Each `means` is a sentence for a person who has never seen the service.
"""

from collections.abc import Iterable
from typing import Any

Part = dict[str, Any]


def text(means: str, **more: Any) -> Part:
    """A string."""
    return {"type": "string", "description": means, **more}


def number(means: str, **more: Any) -> Part:
    """A whole number."""
    return {"type": "integer", "description": means, **more}


def yes_or_no(means: str) -> Part:
    """A boolean."""
    return {"type": "boolean", "description": means}


def word(means: str, words: Iterable[str], **more: Any) -> Part:
    """One of a few words."""
    return {"type": "string", "enum": [str(one) for one in words], "description": means, **more}


def moment(means: str) -> Part:
    """A moment in UTC, to the second (RFC 3339)."""
    return text(means, format="date-time", examples=["2026-03-01T12:00:00Z"])


def several(means: str, one: Part, **more: Any) -> Part:
    """A list."""
    return {"type": "array", "description": means, "items": one, **more}


def fields(means: str, optional: Iterable[str] = (), **named: Part) -> Part:
    """An object with these fields; all but the `optional` ones are always there."""
    required = [name for name in named if name not in set(optional)]
    return {"type": "object", "description": means, "properties": named, "required": required}


def or_null(part: Part) -> Part:
    """What may also be null."""
    if "$ref" in part:
        return {"anyOf": [part, {"type": "null"}]}
    return {**part, "type": [part["type"], "null"]}


def ref(kind: str, name: str) -> Part:
    """What is described once, among the components of this kind."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema(name: str) -> Part:
    """A schema that is described once."""
    return ref("schemas", name)


def query(name: str, means: str, of: Part, **more: Any) -> Part:
    """A parameter in the query."""
    return {"name": name, "in": "query", "description": means, "schema": of, **more}


def answer(means: str, of: Part | None, *headers: str, media: str = "application/json") -> Part:
    """An answer: what it means, what its body is, and the components that are its headers."""
    found: Part = {"description": means}
    if headers:
        found["headers"] = {name: ref("headers", name) for name in headers}
    if of is not None:
        found["content"] = {media: {"schema": of}}
    return found


def body(means: str, of: Part) -> Part:
    """The JSON that a call sends."""
    content = {"application/json": {"schema": of}}
    return {"description": means, "required": True, "content": content}


def call(
    name: str,
    *,
    tag: str,
    summary: str,
    means: str,
    answers: Part,
    refused: Iterable[int] = (),
    **more: Any,
) -> Part:
    """One call: its own answers, and the statuses by which it may be refused."""
    responses = answers | {str(status): ref("responses", str(status)) for status in refused}
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        "description": means,
        "responses": dict(sorted(responses.items())),
        **more,
    }
