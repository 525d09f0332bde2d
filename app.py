"""The application, for any WSGI server: ``app:app``."""

from moderation import create_app

app = create_app()
