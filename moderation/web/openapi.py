"""The description of the API (OpenAPI 3.1)."""

from typing import Any

DOCUMENT: dict[str, Any] = {"openapi": "3.1.0"}
