"""Scripts and style sheets made small where they are served: nobody downloads them to read."""

try:
    import minify
except ImportError:  # There are no wheels for macOS: whoever develops there is served the sources.
    minify = None


def script(source: str) -> str:
    """The script with short names and without comments.

    What it declares gets other names only inside a scope of its own, such as a block.
    """
    return _small("application/javascript", source)


def styles(source: str) -> str:
    """The style sheet without blanks and comments."""
    return _small("text/css", source)


def _small(kind: str, source: str) -> str:
    return str(minify.string(kind, source)) if minify else source
