"""What moderators carry in their pockets: an app that makes codes, a key that signs."""

import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import cbor2
import pyotp
from characters import ANN, PASSWORD, SignedIn, World
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import update
from webauthn.helpers import bytes_to_base64url as text
from werkzeug.test import TestResponse

from moderation.models import AuthenticatorApp

FACTORS = "/queue/account/factors"
#: What the test client calls the service.
NAME, ORIGIN = "localhost", "http://localhost"
_PRESENT_AND_VERIFIED, _WITH_A_KEY = 0b101, 0b1000000


@dataclass
class Authenticator:
    """A key that signs, as WebAuthn says; every detail of it can be made to lie."""

    credential: bytes = field(default_factory=lambda: os.urandom(16))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    count: int = 0

    def made(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to being asked for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        length = len(self.credential).to_bytes(2, "big")
        facts = self._facts(_WITH_A_KEY, lies) + bytes(16) + length + self.credential + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": facts})
        said = self._said("webauthn.create", options, lies)
        return self._answer(clientDataJSON=said, attestationObject=attestation)

    def signed(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to being asked to sign."""
        self.count += 1
        said, facts = self._said("webauthn.get", options, lies), self._facts(0, lies)
        signature = self.key.sign(facts + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=said, authenticatorData=facts, signature=signature)

    def _facts(self, more: int, lies: dict[str, Any]) -> bytes:
        party = hashlib.sha256(lies.get("name", NAME).encode()).digest()
        count = lies.get("count", self.count).to_bytes(4, "big")
        return party + bytes([_PRESENT_AND_VERIFIED | more]) + count

    def _said(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": ORIGIN, **lies}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> str:
        answer = {"id": text(self.credential), "rawId": text(self.credential), "type": "public-key"}
        return json.dumps(answer | {"response": {name: text(v) for name, v in response.items()}})


def set_up_app(browser: SignedIn) -> tuple[pyotp.TOTP, list[str]]:
    """Turn an app on: what makes its codes, and the recovery codes that were shown."""
    assert browser.post(f"{FACTORS}/app").status_code == 303
    found = re.search(r'<code dir="ltr">([A-Z2-7 ]+)<', browser.get(f"{FACTORS}/app").text)
    assert found
    app = pyotp.TOTP(found[1].replace(" ", ""))
    answer = browser.post(f"{FACTORS}/app/confirm", code=code_of(app))
    assert answer.status_code in {200, 303}, answer.text
    return app, shown_codes(answer)


def shown_codes(answer: TestResponse) -> list[str]:
    """The recovery codes on a page."""
    return re.findall(r'<code dir="ltr">([\d ]+)<', answer.text)


def make_passkey(browser: SignedIn, name: str = "my phone") -> tuple[Authenticator, TestResponse]:
    """Make a passkey: the key, and what the service answered."""
    key = Authenticator()
    options = asked_to_make(browser, name)
    return key, browser.post(f"{FACTORS}/passkeys", name=name, answer=key.made(options))


def asked_to_make(browser: SignedIn, name: str = "my phone") -> dict[str, Any]:
    answer = browser.post(f"{FACTORS}/passkeys/challenge", name=name)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def asked_to_sign(browser: SignedIn) -> dict[str, Any]:
    answer = browser.post("/login/second/challenge")
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def code_of(app: pyotp.TOTP, steps: int = 0) -> str:
    """The code of so many half minutes later."""
    return app.generate_otp(app.timecode(datetime.now(UTC)) + steps)


def forget_the_last_code(world: World) -> None:
    """As if half an hour had gone: codes may be used that were."""
    with world.database.writing() as rows:
        rows.execute(update(AuthenticatorApp).values(last_step=0))
        rows.commit()


def half_signed_in(world: World, who: str = ANN) -> SignedIn:
    """A browser in which the password was right, and the second factor is asked for."""
    browser = SignedIn(world.client())
    answer = browser.post("/login", email=who, password=PASSWORD)
    assert answer.location == "/login/second", answer.text
    return browser
