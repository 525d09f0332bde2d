"""What is stored: the vocabulary of the project."""

from .author import Author
from .band import Band, Likeness
from .batch import WORKING, Batch, BatchItem, Outcome, Stage
from .change import Change, What
from .comment import CHANGES, MOST_RISK, Comment, NotAllowed, Stale
from .decision import Actor, AddressView, Decision
from .document import Document
from .factor import AuthenticatorApp, Passkey, RecoveryCode
from .invitation import Invitation
from .lease import Lease
from .listed import Listed, ListEntry, ListKind, Standing
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
from .note import Note
from .once import MailedLink, Receipt, SpentChallenge
from .preferences import KEYS, Masking, Preferences
from .report import Report
from .revision import Revision
from .saved_view import SavedView
from .secret import Secret
from .site import OtherWay, Site, SiteDefaults, SiteSettings
from .site_reason import SiteReason
from .status import Status
from .tally import CommentReason, DayTally, Tally
from .thread import Thread
from .together import Together

__all__ = [
    "CHANGES",
    "KEYS",
    "MOST_RISK",
    "WORKING",
    "Actor",
    "AddressView",
    "AuthenticatorApp",
    "Author",
    "Band",
    "Batch",
    "BatchItem",
    "Bearer",
    "Change",
    "Comment",
    "CommentReason",
    "DayTally",
    "Decision",
    "Document",
    "HalfSignIn",
    "Invitation",
    "Kind",
    "Lease",
    "Likeness",
    "ListEntry",
    "ListKind",
    "Listed",
    "MailedLink",
    "Masking",
    "Message",
    "Moderator",
    "NotAllowed",
    "Note",
    "Notices",
    "OtherWay",
    "Outcome",
    "Passkey",
    "Preferences",
    "Receipt",
    "RecoveryCode",
    "Report",
    "Revision",
    "Role",
    "SavedView",
    "Secret",
    "Sees",
    "SignIn",
    "SignInFailure",
    "Site",
    "SiteDefaults",
    "SiteReason",
    "SiteSettings",
    "SpentChallenge",
    "Stage",
    "Stale",
    "Standing",
    "State",
    "Status",
    "Subscription",
    "Tally",
    "Thread",
    "Together",
    "Token",
    "What",
    "open_sites",
]
