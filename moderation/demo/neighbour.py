"""A page of another origin that embeds the service, to see that it works across origins."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

HERE = Path(__file__).parent


class CannotServe(OSError):
    """The neighbour's port is taken; the message is a sentence for the owner."""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the terminal belongs to the service."""


def page(service: str, url: str) -> str:
    """The neighbour's page, with the service's origin and its own address filled in."""
    text = (HERE / "neighbour.html").read_text(encoding="utf-8")
    return text.replace("{service}", service).replace("{page}", url)


@contextmanager
def neighbour(port: int, service: str) -> Iterator[str]:
    """Serve the neighbour's page on a port of this machine while the block runs."""
    url = f"http://127.0.0.1:{port}/"

    @Request.application
    def answer(request: Request) -> Response:
        if request.path == "/neighbour.css":
            return Response((HERE / "neighbour.css").read_bytes(), mimetype="text/css")
        if request.path != "/":
            return Response("Nothing here.\n", 404)
        made = Response(page(service, url), mimetype="text/html")
        made.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src {service}; connect-src {service}; style-src 'self'"
        )
        return made

    try:
        server = make_server("127.0.0.1", port, answer, threaded=True, request_handler=_Quiet)
    except (OSError, SystemExit) as error:
        raise CannotServe(f"Port {port} is taken; choose another with PORT= or --port.") from error
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield url
    finally:
        server.shutdown()
