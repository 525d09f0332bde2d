"""Schemas of what readers get and send: threads, counts, sums, replies."""

from moderation.models import OtherWay
from moderation.reporting import Grounds
from moderation.text.addresses import LONGEST_EMAIL, LONGEST_PAGE, LONGEST_WEBSITE
from moderation.web.bounds import LONGEST_REPORT
from moderation.web.forms import LONGEST_BODY, LONGEST_NAME, SUM, WAYS

from .parts import Part, fields, moment, number, or_null, schema, several, text, word, yes_or_no

_PAGE = "The full address of the page, in normal form: without fragment and tracking parameters."

AUTHOR = fields(
    "Who wrote it, as readers see them. There are no accounts.",
    name=text("The name they gave; empty where the comment was deleted."),
    website=text("Their web site, or empty."),
    avatar=text(
        "Six hexadecimal digits from which their picture is drawn. They are made with a secret "
        "key of the site, so nobody can work out an address from them.",
        pattern="^[0-9a-f]{6}$",
    ),
    moderator=yes_or_no("Whether it was written by a moderator of the site, as such."),
)

COMMENT = fields(
    "A comment as readers see it.",
    id=text("What names it. Do not read anything else out of it."),
    parent=or_null(text("The id of the comment it answers, or null at the beginning of a talk.")),
    author=schema("Author"),
    html=text(
        "The text as safe HTML: paragraphs, lists, quotes, code, emphasis and links, without "
        "any attribute but those of links. Empty where the comment was deleted."
    ),
    created_at=moment("When it was written."),
    edited_at=or_null(moment("When it was last changed, or null.")),
    deleted=yes_or_no(
        "Whether it was deleted. It is then only a place, kept because replies hang from it."
    ),
)

PAGE_OF_A_THREAD = fields(
    "One page of a thread. Each comment stands before its replies.",
    optional=("lang", "dir", "texts"),
    thread=fields(
        "The thread itself.",
        page=text(_PAGE, format="uri"),
        title=text("The page's title, as the first reply brought it; empty before."),
        open=yes_or_no("Whether replies are taken."),
        count=number("How many comments readers see, on all pages of the thread.", minimum=0),
    ),
    comments=several("The comments, as they are to be shown.", schema("Comment")),
    next=or_null(text("Pass it as `after` for the next page; null on the last one.")),
    lang=text("The language of `texts`; left out for English.", examples=["de"]),
    dir=word("The direction in which that language is written.", ("ltr", "rtl")),
    texts={
        "type": "object",
        "description": "The widget's texts in that language, by the English ones. One with a "
        "number has a form for each plural category (`one`, `few`, `other`).",
        "additionalProperties": {"type": ["string", "object"]},
    },
)

COUNTS = fields(
    "How many comments readers see under each page.",
    counts={
        "type": "object",
        "description": "By the addresses exactly as they were asked for.",
        "additionalProperties": {"type": "integer", "minimum": 0},
    },
)

CHALLENGE = fields(
    "A sum to solve. It is good for one reply on one page, for an hour, in whichever way that is "
    "sent.",
    optional=("work",),
    challenge=text("Send it back with the answer."),
    question=text(
        "The sum in figures, with one step more while far more replies come than usual.",
        examples=["13 + 19 =", "47 + 19 \N{MINUS SIGN} 8 ="],
    ),
    label=text("The same in words, for screen readers.", examples=["What is 13 plus 19?"]),
    expires_at=moment("Until when it can be answered."),
    mail=yes_or_no("Whether the service sends mail, so that `notify` can be asked for."),
    other_way=word(
        "What may be sent in its place, as the site's owner chose: nothing but the wish that a "
        "moderator reads the reply first, or some work of the browser.",
        OtherWay,
    ),
    work=schema("Work"),
)

WORK = fields(
    "Work for a browser (ALTCHA's protocol, version 1): to find the number from 0 to `maxNumber` "
    "for which the SHA-256 of `salt` and that number, written behind it, is `challenge`.",
    algorithm=word("How the digest is made.", ["SHA-256"]),
    challenge=text("The digest to find, in hexadecimal.", pattern="^[0-9a-f]{64}$"),
    salt=text("What the number is written behind."),
    signature=text("Send it back as it is.", pattern="^[0-9a-f]{64}$"),
    maxNumber=number("The largest number that it can be.", minimum=1),
    maxnumber=number("The same, as some of ALTCHA's clients spell it.", minimum=1),
)

REPLY = fields(
    "A reply to a page, or to a comment on it. Fields that are not listed are ignored.",
    optional=("title", "parent", "website", "answer", "notify", "way", "work"),
    page=text(
        "The full address of the page. Addresses that mean the same page are taken as one.",
        format="uri",
        maxLength=LONGEST_PAGE,
    ),
    title=or_null(text("The page's title, for the moderators. What is too long is cut.")),
    parent=or_null(text("The id of the comment it answers; null, empty or left out if none.")),
    name=text("The author's name: something visible.", minLength=1, maxLength=LONGEST_NAME),
    email=text(
        "The author's email address. It is stored encrypted and never shown.",
        format="email",
        maxLength=LONGEST_EMAIL,
    ),
    website=or_null(text("The author's web site, or empty.", maxLength=LONGEST_WEBSITE)),
    body=text("The text, in a small part of Markdown.", minLength=1, maxLength=LONGEST_BODY),
    challenge=text("The `challenge` of a sum that was asked for this page."),
    answer=text(
        "Its answer, in figures or words; left out in another way.",
        examples=["32", "٣٢", "thirty-two"],
    ),
    notify=yes_or_no("Whether its author wants mail about answers, once they have confirmed that."),
    way=word(
        "How it is sent: with the `sum` answered, or in the `other_way` that came with the sum. "
        "For `moderator` it always waits, and one network may send ten an hour.",
        WAYS,
        default=SUM,
    ),
    work=text(
        "For the way `work`: base64 of the JSON object of `algorithm`, `challenge`, `number`, "
        "`salt` and `signature`."
    ),
)

LEFT = fields(
    "A reply that was taken.",
    id=text("What names it."),
    status=word("Published at once, or waiting for a moderator.", ("approved", "pending")),
    status_url=text(
        "The private address where its author can see what became of it.", format="uri"
    ),
    comment=schema("Comment"),
)

DRAFT = fields(
    "A text to look at before it is sent.",
    body=text("The text, in a small part of Markdown.", maxLength=LONGEST_BODY),
)

PREVIEW = fields("A text as readers would see it.", html=text("Safe HTML."))

COMPLAINT = fields(
    "What a reader finds wrong with a comment.",
    optional=("note",),
    reason=word("What is wrong.", Grounds),
    note=or_null(text("What moderators should know besides.", maxLength=LONGEST_REPORT)),
)

RECEIVED = fields(
    "A report that was taken. It is answered alike whether or not its network had reported the "
    "comment before.",
    status=word("Always the same.", ("received",)),
)

SCHEMAS: dict[str, Part] = {
    "Thread": PAGE_OF_A_THREAD,
    "Comment": COMMENT,
    "Author": AUTHOR,
    "Counts": COUNTS,
    "Challenge": CHALLENGE,
    "Work": WORK,
    "Reply": REPLY,
    "Left": LEFT,
    "Draft": DRAFT,
    "Preview": PREVIEW,
    "Complaint": COMPLAINT,
    "Received": RECEIVED,
}
