"""What is stored: the vocabulary of the project."""

from .author import Author
from .comment import CHANGES, MOST_RISK, Comment, NotAllowed, Stale
from .decision import Actor, AddressView, Decision
from .document import Document
from .message import Kind, Message, State, Subscription
from .moderator import (
    Bearer,
    Moderator,
    Notices,
    Role,
    Sees,
    SignIn,
    SignInFailure,
    Token,
    open_sites,
)
from .once import Receipt, SpentChallenge
from .report import Report
from .revision import Revision
from .secret import Secret
from .site import OtherWay, Site, SiteSettings
from .status import Status
from .tally import CommentReason, DayTally, Tally
from .thread import Thread

__all__ = [
    "CHANGES",
    "MOST_RISK",
    "Actor",
    "AddressView",
    "Author",
    "Bearer",
    "Comment",
    "CommentReason",
    "DayTally",
    "Decision",
    "Document",
    "Kind",
    "Message",
    "Moderator",
    "NotAllowed",
    "Notices",
    "OtherWay",
    "Receipt",
    "Report",
    "Revision",
    "Role",
    "Secret",
    "Sees",
    "SignIn",
    "SignInFailure",
    "Site",
    "SiteSettings",
    "SpentChallenge",
    "Stale",
    "State",
    "Status",
    "Subscription",
    "Tally",
    "Thread",
    "Token",
    "open_sites",
]
