"""In which language somebody is answered."""

from flask import g, has_request_context, request

from moderation.languages import closest


def chosen() -> str:
    """The language of this request, as one of `languages.LANGUAGES`.

    What was asked for by `lang` comes first (the widget asks in the page's language), then what
    the signed-in moderator chose, what the browser's owner prefers, and the site's own.
    """
    if not has_request_context():
        return "en"
    try:
        asked = request.args.get("lang", "")
    except UnicodeDecodeError:
        # The answer is that the address cannot be read; it is given in some language too.
        asked = ""
    # A program's token names no language.
    mine = getattr(g.get("me"), "locale", "")
    preferred = [tag for tag, _quality in request.accept_languages]
    site = g.get("site")
    return closest([asked, mine, *preferred], otherwise=site.settings.language if site else "en")
