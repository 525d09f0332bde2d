"""What is stored: the vocabulary of the project."""

from .attack import Attack
from .author import Author
from .band import Band, InCommon
from .batch import WORKING, Batch, BatchItem, Outcome, Stage
from .change import Change, What
from .comment import CHANGES, MOST_RISK, Comment, NotAllowed, Stale, example, said_of
from .decision import Actor, AddressView, Decision
from .document import Document
from .factor import AuthenticatorApp, Passkey, RecoveryCode
from .invitation import Invitation
from .lease import Lease
from .lesson import Learned, Lesson
from .linked import LinkedDomain
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
from .outside import OutsideCheck, OutsideList, OutsideListed, OutsideService
from .preferences import KEYS, Masking, Preferences
from .report import Report
from .revision import Revision
from .saved_view import SavedView
from .secret import Secret
from .site import OtherWay, Site, SiteDefaults, SiteSettings, laid_over
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
    "Attack",
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
    "InCommon",
    "Invitation",
    "Kind",
    "Learned",
    "Lease",
    "Lesson",
    "LinkedDomain",
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
    "OutsideCheck",
    "OutsideList",
    "OutsideListed",
    "OutsideService",
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
    "example",
    "laid_over",
    "open_sites",
    "said_of",
]
