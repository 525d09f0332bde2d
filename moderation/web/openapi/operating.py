"""The calls of whoever runs the service, and of programs that learn how to use it."""

from .parts import Part, answer, call, text

OPERATORS = "Operators"


def _told(name: str, summary: str, means: str, media: str, **more: Part) -> Part:
    body = {"type": "object"} if media == "application/json" else text("Text.")
    answers = {"200": answer(means, body, media=media), **more}
    return call(name, tag=OPERATORS, summary=summary, means=means, answers=answers, security=[])


DESCRIPTION = _told(
    "getDescription",
    "This description for programs",
    "What you are reading, as OpenAPI 3.1.",
    "application/json",
)
DOCS = _told(
    "getDocs", "This description for people", "What you are reading, as a page.", "text/html"
)
ALIVE = _told(
    "getHealth", "Does the process live?", "It does, whatever its database does.", "text/plain"
)
READY = _told(
    "getReadiness",
    "Can it serve?",
    "The database can be reached and is migrated, and its secrets can be opened.",
    "text/plain",
    **{"503": answer("One sentence says what is missing.", text("Text."), media="text/plain")},
)
METRICS = _told(
    "getMetrics",
    "Figures",
    "Stored comments by status, as Prometheus reads them. Nothing in it could name anybody.",
    "text/plain",
    **{"503": answer("The database cannot be reached.", text("A page."), media="text/html")},
)

PATHS: dict[str, Part] = {
    "/api/v1/openapi.json": {"get": DESCRIPTION},
    "/api/docs": {"get": DOCS},
    "/healthz": {"get": ALIVE},
    "/readyz": {"get": READY},
    "/metrics": {"get": METRICS},
}
