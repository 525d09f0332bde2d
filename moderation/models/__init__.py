"""What is stored: the vocabulary of the project."""

from .author import Author
from .comment import CHANGES, Comment, NotAllowed, Stale
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
from .note import Note
from .once import Receipt, SpentChallenge
from .preferences import KEYS, Masking, Preferences
from .report import Report
from .revision import Revision
from .secret import Secret
from .site import OtherWay, Site, SiteSettings
from .status import Status
from .thread import Thread

__all__ = [
    "CHANGES",
    "KEYS",
    "Actor",
    "AddressView",
    "Author",
    "Bearer",
    "Comment",
    "Decision",
    "Document",
    "Kind",
    "Masking",
    "Message",
    "Moderator",
    "NotAllowed",
    "Note",
    "Notices",
    "OtherWay",
    "Preferences",
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
    "Thread",
    "Token",
    "open_sites",
]
