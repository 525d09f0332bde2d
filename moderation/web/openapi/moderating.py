"""Schemas of what moderators get and send: the queue and decisions."""

from moderation.models import MOST_RISK, Status
from moderation.policy import Effect
from moderation.queueing import COUNTED_TO
from moderation.reporting import MOST_TOLD, Grounds
from moderation.web.bounds import LONGEST_NOTE, LONGEST_REASON, MOST_DECISIONS

from .parts import Part, fields, moment, number, or_null, schema, several, text, word, yes_or_no

_VERSION = "Rises with every decision on the comment."
#: Numbers that are not counted to their end (see `queueing.company`).
_COUNTED = {"minimum": 0, "maximum": COUNTED_TO}
_UP_TO = f"{COUNTED_TO} stands for so many or more."
_PAST = ("id", "masked", "first_seen", "approved", "rejected", "spam", "pending")

STATUS = word("What was decided about a comment so far.", Status)

REASON = fields(
    "One thing that speaks against publishing at once, found by a rule of the policy.",
    code=text("The rule.", examples=["links"]),
    effect=word("Whether it only adds to the score, or also keeps the comment waiting.", Effect),
    score=number("Its share of the score."),
    detail=text("What the rule found: a word, a number. May be empty."),
    sentence=text("The reason in plain words."),
)

LINK = fields(
    "A link in a comment.",
    href=text("Where it leads."),
    host=text("The host it leads to, the part that tells most."),
)

PARENT = fields(
    "The comment that is answered.",
    name=text("Its author's name."),
    excerpt=text("The beginning of its text, without markup."),
    status=schema("Status"),
)

KNOWN_AUTHOR = fields(
    "Who wrote it, and what was decided about their comments on this site. Of an author whose "
    "address is not known (any more), only name and web site are told.",
    optional=_PAST,
    name=text("The name they gave."),
    website=text("Their web site, or empty."),
    id=text("What names them on this site: pass it as `author` for all of their comments."),
    masked=text("Their email address, all but unreadable.", examples=["b•••@example.org"]),
    first_seen=moment("When they first wrote on this site."),
    approved=number(f"How many of their comments are approved; {_UP_TO}", **_COUNTED),
    rejected=number(f"How many are rejected; {_UP_TO}", **_COUNTED),
    spam=number(f"How many are spam; {_UP_TO}", **_COUNTED),
    pending=number(f"How many wait; {_UP_TO}", **_COUNTED),
)

REPORT = fields(
    "A reader's complaint. Nothing is known of who they are.",
    reason=word("What they find wrong.", Grounds),
    sentence=text("The same in plain words."),
    note=text("What they added, or empty."),
    at=moment("When it came."),
)

QUEUED = fields(
    "A comment as moderators see it, with all that a decision needs.",
    id=text("What names it."),
    version=number(f"{_VERSION} Send it with yours.", minimum=1),
    status=schema("Status"),
    site=text("The key of its site."),
    page=text("The address of the page it was left under.", format="uri"),
    title=text("The title of that page, or empty."),
    parent=or_null(schema("Parent")),
    name=text("The author's name."),
    website=text("The author's web site, or empty."),
    author=schema("KnownAuthor"),
    body=text("The text as it was typed. Never put it into a page as HTML."),
    html=text("The text as safe HTML, as readers would see it."),
    score=number("How much speaks against it.", minimum=0, maximum=100),
    reasons=several("Why it waits, or what else the policy noticed.", schema("Reason")),
    links=several("The links in it.", schema("Link")),
    twins=number(f"How many other comments on the site have the same text; {_UP_TO}", **_COUNTED),
    reported=number("How many readers ever reported it, one for each network.", minimum=0),
    reports=several("The latest reports, the newest first.", schema("Report"), maxItems=MOST_TOLD),
    created_at=moment("When it was written."),
    edited_at=or_null(moment("When it was last changed, or null.")),
    priority=schema("Priority"),
)

PRIORITY = fields(
    "How urgent it is: risk times hours.",
    sum=number("What the queue by priority is sorted by, the highest first."),
    risk=number(
        "One, one more for every ten of the score, and one for every reader who reported it.",
        minimum=1,
        maximum=MOST_RISK,
    ),
    hours=number("Hours begun since it was written. All pages of one reading count to one moment."),
)

QUEUE = fields(
    "A page of the queue. It may hold fewer than `limit`, or nothing, and still have a `next`: "
    "words are searched for a bounded part of the queue at a time.",
    comments=several("The comments.", schema("QueuedComment")),
    next=or_null(text("Pass it as `after` for the next page; null on the last one.")),
    count=number(
        "How many comments fit the filter, on all pages; or at least so many, where "
        "`count_is_exact` is false.",
        minimum=0,
    ),
    count_is_exact=yes_or_no("Whether there are just `count`, and not more."),
)

DECISION = fields(
    "A decision on the version of a comment that you saw.",
    optional=("reason", "note"),
    comment=text("The id of the comment."),
    status=schema("Status"),
    version=number("The version you saw. If it has passed, the decision is refused."),
    reason=or_null(
        text(
            "Why, as a code or in a few words. The author of a rejected reply may read it.",
            maxLength=LONGEST_REASON,
        )
    ),
    note=or_null(text("A note that only moderators read.", maxLength=LONGEST_NOTE)),
)

DECISIONS = fields(
    "Decisions, each answered for itself.",
    decisions=several("The decisions.", schema("Decision"), minItems=1, maxItems=MOST_DECISIONS),
)

DONE = fields(
    "A decision that was made.",
    comment=text("The id of the comment."),
    status=schema("Status"),
    version=number(_VERSION, minimum=1),
)

REFUSED = fields(
    "A decision that was not made. Nothing was changed.",
    comment=text("The id as it was sent."),
    error=word(
        "`stale`: somebody else decided meanwhile; look again. `unchanged`: it has this status "
        "already. `unknown`: there is no such comment on your sites.",
        ("stale", "unchanged", "unknown"),
    ),
    current=or_null(
        fields(
            "How the comment stands now; null where it is unknown.",
            status=schema("Status"),
            version=number(_VERSION, minimum=1),
        )
    ),
)

RESULTS = fields(
    "What became of each decision, in the order they were sent.",
    results=several("The results.", {"oneOf": [schema("Done"), schema("Refused")]}),
)

SCHEMAS: dict[str, Part] = {
    "Status": STATUS,
    "Queue": QUEUE,
    "QueuedComment": QUEUED,
    "Priority": PRIORITY,
    "KnownAuthor": KNOWN_AUTHOR,
    "Parent": PARENT,
    "Reason": REASON,
    "Report": REPORT,
    "Link": LINK,
    "Decisions": DECISIONS,
    "Decision": DECISION,
    "Results": RESULTS,
    "Done": DONE,
    "Refused": REFUSED,
}
