"""What is stored: the vocabulary of the project."""

from .author import Author
from .change import Change, What
from .comment import CHANGES, Comment, NotAllowed, Stale
from .decision import Actor, AddressView, Decision
from .document import Document
from .invitation import Invitation
from .listed import Listed, ListEntry, ListKind, Standing
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
from .site import OtherWay, Site, SiteDefaults, SiteSettings
from .site_reason import SiteReason
from .status import Status
from .thread import Thread

__all__ = [
    "CHANGES",
    "Actor",
    "AddressView",
    "Author",
    "Bearer",
    "Change",
    "Comment",
    "Decision",
    "Document",
    "Invitation",
    "Kind",
    "ListEntry",
    "ListKind",
    "Listed",
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
    "SiteDefaults",
    "SiteReason",
    "SiteSettings",
    "SpentChallenge",
    "Stale",
    "Standing",
    "State",
    "Status",
    "Subscription",
    "Thread",
    "Token",
    "What",
    "open_sites",
]
