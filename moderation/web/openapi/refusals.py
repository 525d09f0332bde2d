"""How a call is refused: one schema, one described answer for each status."""

from .parts import Part, answer, fields, number, schema, several, text

MEDIA = "application/problem+json"

PROBLEM = fields(
    "What went wrong, in plain words (RFC 9457).",
    optional=("errors", "challenge"),
    type=text("Always `about:blank`: the status says which kind of problem it is."),
    title=text("The kind of problem."),
    status=number("The HTTP status.", minimum=400, maximum=599),
    detail=text("One sentence for a person."),
    errors={
        "type": "object",
        "description": "Sentences by the field they belong to.",
        "additionalProperties": several("Sentences.", {"type": "string"}, minItems=1),
    },
    challenge=schema("Challenge"),
)

_MEANS = {
    400: "The request cannot be read: a parameter, a header or the JSON itself is malformed.",
    401: "No token was sent, or not a valid one.",
    403: "The request comes from a page of an origin that is not the site's.",
    404: "There is no such site (or none that is yours to see).",
    409: "The same reply is there already, or the thread is closed. A new sum may come along.",
    413: "The body is larger than 256 KiB.",
    415: "The body is not `application/json`.",
    422: "A field is wrong; `errors` says which, and why. Where the sum can no longer be "
    "answered, a new one comes along.",
    429: "Too many requests from one network. Wait for the seconds in `Retry-After`.",
    503: "The service cannot reach or change its database at the moment. Try again soon.",
}
_HEADERS = {401: ["WWW-Authenticate"], 429: ["Retry-After"]}

ANSWERS: dict[str, Part] = {
    str(status): answer(means, schema("Problem"), *_HEADERS.get(status, []), media=MEDIA)
    for status, means in _MEANS.items()
}

HEADERS: dict[str, Part] = {
    "ETag": {
        "description": "Names these bytes. Each compressed form has its own (RFC 9110, 8.8.3).",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "How many seconds to wait.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "What is asked for: `Bearer`.",
        "schema": {"type": "string"},
    },
}
