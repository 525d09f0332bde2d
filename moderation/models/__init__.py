"""What is stored: the vocabulary of the project."""

from .author import Author
from .comment import CHANGES, Comment, NotAllowed, Stale
from .decision import AddressView, Decision
from .document import Document
from .moderator import Bearer, Moderator, Role, Sees, SignIn, SignInFailure, Token, open_sites
from .once import Receipt, SpentChallenge
from .secret import Secret
from .site import Site, SiteSettings
from .status import Status
from .thread import Thread

__all__ = [
    "CHANGES",
    "AddressView",
    "Author",
    "Bearer",
    "Comment",
    "Decision",
    "Document",
    "Moderator",
    "NotAllowed",
    "Receipt",
    "Role",
    "Secret",
    "Sees",
    "SignIn",
    "SignInFailure",
    "Site",
    "SiteSettings",
    "SpentChallenge",
    "Stale",
    "Status",
    "Thread",
    "Token",
    "open_sites",
]
