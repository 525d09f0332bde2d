"""Passkeys in a real Chromium, whose virtual authenticator signs; and the pages around them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hands import Browse
from playwright.sync_api import BrowserContext, Page, expect
from served import free_port, running
from test_accessibility import looked_at_in_every_mode

from moderation import accounts, config, migrations
from moderation.database import Database
from moderation.models import Role
from moderation.privacy import Keyring

pytestmark = pytest.mark.browser

EMAIL, PASSWORD = "olga@example.org", "correct horse battery"


@pytest.fixture(scope="module")
def own_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service called by a name, since browsers make no passkeys for a number; and its owner."""
    folder: Path = tmp_path_factory.mktemp("named")
    settings = config.load({"MODERATION_INSTANCE_PATH": str(folder)})
    database = Database(settings.database_url)
    migrations.upgrade(database.engine)
    keyring = Keyring(settings.secret_keys)
    with database.writing() as rows:
        accounts.add_moderator(
            rows, keyring, EMAIL, "Olga", Role.OWNER, [], PASSWORD, datetime.now(UTC)
        )
        rows.commit()
    database.dispose()
    port = free_port()
    url = f"http://localhost:{port}"
    serve = ["serve", "--port", str(port), "--workers", "1"]
    with running(serve, f"http://127.0.0.1:{port}", folder, MODERATION_PUBLIC_URL=url):
        yield url


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login?next=/queue/account/factors")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def with_an_authenticator(context: BrowserContext) -> Page:
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})
    return page


def test_a_passkey_is_made_and_signs_in_and_without_javascript_a_code_does(
    browse: Browse, own_service: str
) -> None:
    page = with_an_authenticator(browse())
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    sign_in(page, own_service)
    assert looked_at_in_every_mode(page) == []

    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_label("Name of the passkey")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Name of the passkey").fill("my phone")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("my phone", exact=True)).to_be_visible()
    assert looked_at_in_every_mode(page) == []
    # The same key again: the authenticator has it on its list, and the page says so.
    page.get_by_label("Name of the passkey").fill("my phone again")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("No passkey was made.")

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, own_service)
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step")
    assert looked_at_in_every_mode(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/queue/account/factors")
    expect(page.get_by_text("last used just now")).to_be_visible()
    # The one request that is refused on purpose: for a passkey without a name.
    assert [one for one in complaints if "409" not in one and "422" not in one] == []

    plain = browse(java_script_enabled=False).new_page()
    sign_in(plain, own_service)
    expect(plain.get_by_text("Without, a code will do.")).to_be_visible()
    expect(plain.get_by_role("button", name="Use a passkey")).to_be_hidden()
    plain.get_by_label("Code").fill("0000 0000 0000 0000")
    plain.get_by_role("button", name="Use the code").click()
    expect(plain.get_by_role("alert")).to_be_visible()
    plain.get_by_label("Code").fill(codes[0])
    plain.get_by_role("button", name="Use the code").click()
    expect(plain.get_by_role("status")).to_contain_text("9 recovery codes are left.")
    plain.get_by_role("button", name="Set up an app").click()
    expect(plain.get_by_role("img", name="The secret as a QR code.")).to_be_visible()
    assert re.fullmatch(r"([A-Z2-7]{4} ?){8}", plain.locator(".scan__secret").inner_text())
