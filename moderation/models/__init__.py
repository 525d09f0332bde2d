"""What is stored: the vocabulary of the project."""

from .author import Author
from .comment import CHANGES, Comment, NotAllowed, Stale
from .decision import Actor, AddressView, Decision
from .document import Document
from .factor import AuthenticatorApp, Passkey, RecoveryCode
from .message import Kind, Message, State, Subscription
from .moderator import (
    Bearer,
    HalfSignIn,
    Moderator,
    Notices,
    Role,
    Sees,
    SignIn,
    SignInFailure,
    Token,
    open_sites,
)
from .once import MailedLink, Receipt, SpentChallenge
from .report import Report
from .revision import Revision
from .secret import Secret
from .site import OtherWay, Site, SiteSettings
from .status import Status
from .thread import Thread

__all__ = [
    "CHANGES",
    "Actor",
    "AddressView",
    "AuthenticatorApp",
    "Author",
    "Bearer",
    "Comment",
    "Decision",
    "Document",
    "HalfSignIn",
    "Kind",
    "MailedLink",
    "Message",
    "Moderator",
    "NotAllowed",
    "Notices",
    "OtherWay",
    "Passkey",
    "Receipt",
    "RecoveryCode",
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
