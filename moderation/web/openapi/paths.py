"""Every call, by path: what it is for, what it takes, how it may be answered."""

from moderation.models import Status
from moderation.publishing import Sort
from moderation.review import PAGE_SIZE, Order
from moderation.web.bounds import LONGEST_KEY, LONGEST_SEARCH, MOST_COMMENTS, MOST_PAGES

from . import operating
from .parts import Part, answer, body, call, number, query, schema, several, word

READERS, MODERATORS = "Readers", "Moderators"
_TOKEN: list[Part] = [{"token": []}]
_NOBODY: list[Part] = []

SITE: Part = {
    "name": "site",
    "in": "path",
    "required": True,
    "description": "The key of the site.",
    "schema": {"type": "string", "examples": ["blog"]},
}
COMMENT: Part = {
    "name": "comment",
    "in": "path",
    "required": True,
    "description": "The id of the comment.",
    "schema": {"type": "string"},
}
PAGE = query(
    "page",
    "The full address of the page. Addresses that mean the same page find the same thread.",
    {"type": "string", "format": "uri", "examples": ["https://blog.example/post-1"]},
    required=True,
)
LANG = query(
    "lang",
    "The language of the sentences in the answer, as a tag (RFC 5646). Without it, and where it "
    "is none of ours, the language is that of `Accept-Language`, else the site's.",
    {"type": "string", "examples": ["de"]},
)
AFTER = query("after", "The `next` of the page before; empty for the first.", {"type": "string"})

THREAD = call(
    "getThread",
    tag=READERS,
    summary="Read a thread",
    means="The comments that readers see under a page, up to 100 at a time. A page that nobody "
    "wrote on yet is an empty, open thread. Send the `ETag` back in `If-None-Match` to learn "
    "whether anything changed; the answer is compressed as `Accept-Encoding` allows. "
    "Pages of every origin may read it.",
    parameters=[
        PAGE,
        AFTER,
        query(
            "sort",
            "Which talks stand first. Replies always stand below what they answer.",
            word("Order.", Sort, default="oldest"),
        ),
        query(
            "lang",
            "A language as a tag (RFC 5646), for the texts that the widget draws around the "
            "comments. They come with the first page; in English, they are in the widget.",
            {"type": "string", "examples": ["de"]},
        ),
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "The `ETag` of what you have.",
            "schema": {"type": "string"},
        },
    ],
    answers={
        "200": answer("One page of the thread.", schema("Thread"), "ETag"),
        "304": answer("What you have is current.", None, "ETag"),
    },
    refused=(400, 404, 503),
    security=_NOBODY,
)

COUNTS = call(
    "getCounts",
    tag=READERS,
    summary="Count comments",
    means="How many comments readers see under each page, for lists of articles. Pages of every "
    "origin may read it, and caches keep it for half a minute.",
    parameters=[
        query(
            "page",
            f"The full address of a page; up to {MOST_PAGES} of them, each as its own `page=`.",
            several("Addresses.", {"type": "string", "format": "uri"}, maxItems=MOST_PAGES),
            style="form",
            explode=True,
        )
    ],
    answers={"200": answer("The counts.", schema("Counts"))},
    refused=(400, 404, 503),
    security=_NOBODY,
)

CHALLENGE = call(
    "getChallenge",
    tag=READERS,
    summary="Ask for a sum",
    means="A small sum that a person solves before a reply is taken. It is never cached.",
    parameters=[PAGE, LANG],
    answers={"200": answer("A fresh sum.", schema("Challenge"))},
    refused=(400, 403, 404, 429, 503),
    security=_NOBODY,
)

LEAVE = call(
    "leaveReply",
    tag=READERS,
    summary="Leave a reply",
    means="Ask for a sum first, then send the reply with its answer, or in the other way that came "
    "with the sum. A wrong answer uses the sum up; a slip in another field does not. From a "
    "browser, only pages of the site's own origins may post.",
    parameters=[
        LANG,
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Any text of your own for this one reply. Sent again within two days "
            "with the same reply, it gets the first answer again, and nothing is left twice.",
            "schema": {"type": "string", "maxLength": LONGEST_KEY},
        },
    ],
    requestBody=body("The reply.", schema("Reply")),
    answers={
        "201": answer("It is published.", schema("Left")),
        "202": answer("It waits for a moderator.", schema("Left")),
    },
    refused=(400, 403, 404, 409, 413, 415, 422, 429, 503),
    security=_NOBODY,
)

PREVIEW = call(
    "previewReply",
    tag=READERS,
    summary="Preview a text",
    means="What a comment will look like. Nothing is stored.",
    parameters=[LANG],
    requestBody=body("The text.", schema("Draft")),
    answers={"200": answer("The text as safe HTML.", schema("Preview"))},
    refused=(400, 403, 404, 413, 415, 422, 429, 503),
    security=_NOBODY,
)

REPORT = call(
    "reportComment",
    tag=READERS,
    summary="Report a comment",
    means="A reader's complaint about a published comment. One report counts for each network and "
    "comment; enough of them put the comment back in the queue. From a browser, only pages of "
    "the site's own origins may post.",
    requestBody=body("The complaint.", schema("Complaint")),
    answers={"202": answer("It is with the moderators.", schema("Received"))},
    refused=(400, 403, 404, 413, 415, 422, 429, 503),
    security=_NOBODY,
)

QUEUE = call(
    "getQueue",
    tag=MODERATORS,
    summary="Read the queue",
    means="The comments of one status on the sites you moderate, the oldest or the most urgent "
    "first, with all that a decision needs.",
    parameters=[
        query("site", "Only of the site with this key.", {"type": "string"}),
        query("status", "Only of this status.", word("Status.", Status, default="pending")),
        query("reason", "Only those with a reason of this code.", {"type": "string"}),
        query(
            "q",
            "Only those with all of these words in text, name or page. The first "
            f"{LONGEST_SEARCH} characters count.",
            {"type": "string"},
        ),
        query("page", "Only those of the page with this address.", {"type": "string"}),
        query("author", "Only those of the author with this id.", {"type": "string"}),
        query(
            "language",
            "Only those whose author read the form in this language.",
            {"type": "string", "examples": ["de"]},
        ),
        query("links", "Whether only those with links.", {"type": "boolean", "default": False}),
        query(
            "reported",
            "Whether only those that a reader ever reported.",
            {"type": "boolean", "default": False},
        ),
        query("order", "In which order.", word("Order.", Order, default="oldest")),
        AFTER,
        query(
            "limit",
            "How many at most.",
            number("Comments.", minimum=1, maximum=MOST_COMMENTS, default=PAGE_SIZE),
        ),
    ],
    answers={"200": answer("A page of the queue.", schema("Queue"))},
    refused=(400, 401, 404, 503),
    security=_TOKEN,
)

DECIDE = call(
    "makeDecisions",
    tag=MODERATORS,
    summary="Decide",
    means="Change the status of comments. Each decision names the version it was made on: one "
    "made on a version that has passed is refused, never written over somebody else's. To take "
    "a decision back, make one more.",
    requestBody=body("The decisions.", schema("Decisions")),
    answers={"200": answer("What became of each.", schema("Results"))},
    refused=(400, 401, 413, 415, 422, 503),
    security=_TOKEN,
)

PATHS: dict[str, Part] = {
    "/api/v1/sites/{site}/thread": {"parameters": [SITE], "get": THREAD},
    "/api/v1/sites/{site}/counts": {"parameters": [SITE], "get": COUNTS},
    "/api/v1/sites/{site}/challenge": {"parameters": [SITE], "get": CHALLENGE},
    "/api/v1/sites/{site}/comments": {"parameters": [SITE], "post": LEAVE},
    "/api/v1/sites/{site}/comments/{comment}/reports": {
        "parameters": [SITE, COMMENT],
        "post": REPORT,
    },
    "/api/v1/sites/{site}/preview": {"parameters": [SITE], "post": PREVIEW},
    "/api/v1/queue": {"get": QUEUE},
    "/api/v1/decisions": {"post": DECIDE},
    **operating.PATHS,
}
