"""What is sealed opens for its own row alone; digests, avatars, ids and tokens tell nothing."""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation import privacy
from moderation.privacy import Keyring, Unopenable

SECRET = "correct horse battery staple"
KEY = bytes(range(32))
BOB = "bob@example.org"
ROW = "author:k3:email"
# Sealed by the first release with the nonce 00 01 … 0b: what is stored must stay readable.
FIRST = bytes.fromhex(
    "01432b3629000102030405060708090a0b69e35578830669a676a0733dc004dfe6"
    "434c016edb388151307c5284fd60094f23e1f8eae76a6bc5f21dd8a9bba02109"
)

any_text = st.text(st.characters(codec=None))
seeds = st.integers(0, 0xFFFFFF).map("{:06x}".format)


@pytest.fixture(scope="module")
def keyring() -> Keyring:
    return Keyring([SECRET])


def opens(keyring: Keyring, sealed: bytes, row: str = ROW) -> bool:
    try:
        keyring.open(sealed, row)
    except Unopenable:
        return False
    return True


class TestSealing:
    @given(any_text.filter(bool), any_text, any_text)
    @example("\ud800", "\udfff", "\ud83d\ude00")
    def test_what_is_sealed_opens_again(self, secret: str, plaintext: str, row: str) -> None:
        keyring = Keyring([secret])
        assert keyring.open(keyring.seal(plaintext, row), row) == plaintext

    @pytest.mark.parametrize("end", ["", "\0", "\0\0\0", "\x80", "\x80\0", "x" * 31, "x" * 32])
    def test_no_ending_is_taken_for_padding(self, keyring: Keyring, end: str) -> None:
        for start in ("", "b", "é" * 16):
            assert keyring.open(keyring.seal(start + end, ROW), ROW) == start + end

    def test_what_the_first_release_sealed_still_opens(self, keyring: Keyring) -> None:
        assert keyring.open(FIRST, ROW) == BOB
        assert keyring.is_current(FIRST)

    def test_it_is_laid_out_as_documented(
        self, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(privacy.randomness, "token_bytes", lambda size: bytes(range(size)))
        assert keyring.seal(BOB, ROW) == FIRST

    @given(st.text(max_size=200))
    def test_the_length_shows_in_steps_of_thirty_two_bytes_only(self, plaintext: str) -> None:
        sealed = Keyring([SECRET]).seal(plaintext, ROW)
        steps = len(plaintext.encode()) // 32 + 1
        assert len(sealed) == 1 + 4 + 12 + 32 * steps + 16

    def test_the_same_address_is_never_sealed_alike(self, keyring: Keyring) -> None:
        assert len({keyring.seal(BOB, ROW)[17:] for _ in range(500)}) == 500

    @given(any_text, any_text)
    def test_it_opens_for_its_own_row_alone(self, row: str, other: str) -> None:
        keyring = Keyring([SECRET])
        assert opens(keyring, keyring.seal(BOB, row), other) is (row == other)

    def test_no_bit_of_it_can_be_flipped(self, keyring: Keyring) -> None:
        for sealed in (FIRST, keyring.seal("b" * 100, ROW)):
            for bit in range(8 * len(sealed)):
                bent = bytearray(sealed)
                bent[bit // 8] ^= 1 << bit % 8
                assert not opens(keyring, bytes(bent))

    def test_nothing_can_be_cut_off_or_added(self, keyring: Keyring) -> None:
        assert not any(opens(keyring, FIRST[:size]) for size in range(len(FIRST)))
        assert not any(opens(keyring, FIRST + bytes(size)) for size in range(1, 65))

    @given(st.binary(max_size=200) | st.binary(max_size=200).map(FIRST[:5].__add__))
    def test_no_bytes_at_all_are_taken_for_a_sealed_value(self, sealed: bytes) -> None:
        assert not opens(Keyring([SECRET]), sealed)

    def test_what_cannot_be_opened_is_never_quoted(self, keyring: Keyring) -> None:
        for sealed, row in ((FIRST, "author:k4:email"), (b"", ROW), (b"\1eve!" + FIRST[5:], ROW)):
            with pytest.raises(Unopenable) as refusal:
                keyring.open(sealed, row)
            assert re.fullmatch(r"[A-Z][a-z ,]+\.", str(refusal.value))
            assert refusal.value.__cause__ is None


class TestRotation:
    def test_an_old_secret_opens_and_the_first_one_seals(self, keyring: Keyring) -> None:
        rotated = Keyring(["a new secret", SECRET])
        old, new = keyring.seal(BOB, ROW), rotated.seal(BOB, ROW)
        assert rotated.open(old, ROW) == rotated.open(new, ROW) == BOB
        assert not rotated.is_current(old)
        assert rotated.is_current(new)
        assert not opens(keyring, new)
        assert not opens(Keyring(["a new secret"]), old)

    def test_rubbish_is_not_current(self, keyring: Keyring) -> None:
        for sealed in (b"", FIRST[:4], b"\2" + FIRST[1:], FIRST[:4] + b"\0" + FIRST[5:]):
            assert not keyring.is_current(sealed)

    def test_a_key_labelled_as_another_does_not_open(self, keyring: Keyring) -> None:
        both = Keyring([SECRET, "Eve's"])
        relabelled = FIRST[:1] + Keyring(["Eve's"]).seal("", ROW)[1:5] + FIRST[5:]
        assert opens(both, FIRST)
        assert not opens(both, relabelled)

    @pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""], SECRET, ""])
    def test_a_keyring_of_nothing_is_refused(self, secrets: list[str]) -> None:
        with pytest.raises(ValueError, match="needs a list of secrets, none of them empty"):
            Keyring(secrets)

    def test_a_keyring_shows_no_secret(self, keyring: Keyring) -> None:
        assert SECRET not in repr(keyring) + str(keyring)


class TestDerivedKeys:
    def test_a_key_is_hkdf_of_the_current_secret(self, keyring: Keyring) -> None:
        # RFC 5869 with no salt and one block of output, by hand.
        extracted = hmac.digest(bytes(32), SECRET.encode(), "sha256")
        info = b"moderation 1 purpose queue sessions"
        assert keyring.derive("queue sessions") == hmac.digest(extracted, info + b"\1", "sha256")

    def test_each_purpose_has_its_own_key_and_rotation_changes_it(self, keyring: Keyring) -> None:
        purposes = ("", "captcha", "captcha ", "sessions", "seal", "key id", "purpose seal")
        keys = {ring.derive(p) for ring in (keyring, Keyring(["new", SECRET])) for p in purposes}
        assert len(keys) == 2 * len(purposes)
        assert {len(key) for key in keys} == {32}
        assert keyring.derive("captcha") == Keyring([SECRET, "old"]).derive("captcha")

    def test_a_new_key_is_thirty_two_fresh_bytes(self) -> None:
        keys = {privacy.new_key() for _ in range(100)}
        assert len(keys) == 100
        assert {len(key) for key in keys} == {32}


class TestDigests:
    def test_it_stays_what_it_was(self) -> None:
        assert privacy.digest(KEY, "email", BOB) == "89ffa86273ce1e1b550db5fe722bbf61"
        assert privacy.avatar_seed(KEY, "bob") == "5f09d9"

    @given(any_text, any_text, any_text)
    def test_purpose_and_value_cannot_be_shifted(self, start: str, middle: str, end: str) -> None:
        one = privacy.digest(KEY, start + middle, end)
        other = privacy.digest(KEY, start, middle + end)
        assert (one == other) is (middle == "")
        assert re.fullmatch("[0-9a-f]{32}", one)

    def test_it_cannot_be_made_without_the_key(self) -> None:
        usual = ("md5", "sha1", "sha256", "sha512")
        known = [hashlib.new(name, BOB.encode()).hexdigest() for name in usual]
        assert privacy.digest(KEY, "email", BOB)[:8] not in " ".join(known)
        assert privacy.digest(KEY, "email", BOB) != privacy.digest(bytes(32), "email", BOB)


class TestAvatars:
    def test_a_seed_is_six_hex_digits_of_its_own(self) -> None:
        found = {privacy.avatar_seed(KEY, f"author {n}") for n in range(1000)}
        assert all(re.fullmatch("[0-9a-f]{6}", seed) for seed in found)
        assert len(found) > 990

    @given(seeds)
    def test_the_pattern_mirrors_itself(self, seed: str) -> None:
        cells = privacy.avatar_cells(seed)
        assert set(cells) == {(4 - column, row) for column, row in cells}
        assert list(cells) == sorted(cells, key=lambda cell: (cell[1], cell[0]))
        assert len(set(cells)) == len(cells)

    @given(seeds)
    def test_every_bit_sets_its_cell(self, seed: str) -> None:
        bits, cells = int(seed, 16), privacy.avatar_cells(seed)
        for row in range(5):
            for column in range(3):
                assert ((column, row) in cells) is bool(bits & 2 ** (row * 3 + column))

    @given(seeds)
    def test_the_path_draws_the_cells_and_nothing_else(self, seed: str) -> None:
        path = privacy.avatar_path(seed)
        assert re.fullmatch("[Mhvz0-9 -]*", path)
        squares = re.findall(r"M(\d) (\d)h1v1h-1z", path)
        assert [(int(c), int(r)) for c, r in squares] == list(privacy.avatar_cells(seed))
        assert len(path) == 12 * len(squares)

    def test_examples_for_whoever_draws_it_elsewhere(self) -> None:
        assert privacy.avatar_path("000000") == ""
        assert len(privacy.avatar_cells("ffffff")) == 25
        assert privacy.avatar_path("00000a") == ("M1 0h1v1h-1zM3 0h1v1h-1zM0 1h1v1h-1zM4 1h1v1h-1z")
        hues = {"000000": 0, "007fff": 0, "008000": 0, "010000": 1, "b1a5e5": 249, "ffffff": 359}
        assert {seed: privacy.avatar_hue(seed) for seed in hues} == hues


NETWORKS = {
    "192.0.2.77": "192.0.2.0/24",
    "255.255.255.255": "255.255.255.0/24",
    "::ffff:192.0.2.77": "192.0.2.0/24",
    "::FFFF:c000:024d%eth0": "192.0.2.0/24",
    "2002:c000:24d:1::1": "192.0.2.0/24",
    "64:ff9b::192.0.2.77": "192.0.2.0/24",
    "64:ff9b:0:0:0:1:c000:24d": "64:ff9b::/48",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "fe80::1%eth0": "fe80::/48",
    "::1": "::/48",
}
RUBBISH = [
    *("", " ", "bob", "192.0.2", "192.0.2.256", "192.0.2.77/24", " 192.0.2.77", "192.0.2.077"),
    *("1::2::3", "::1%", "192.0.2.77%eth0", "[::1]", "192.0.2.77:80", "\ud800", "１.2.3.4"),
]


class TestNetworks:
    @pytest.mark.parametrize(("address", "network"), NETWORKS.items())
    def test_an_address_lies_in_its_network(self, address: str, network: str) -> None:
        assert privacy.network(address) == network

    @given(st.ip_addresses())
    def test_every_address_has_one(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        network = ipaddress.ip_network(privacy.network(str(address)))
        assert network.prefixlen == {4: 24, 6: 48}[network.version]
        assert address in network or address.version > network.version

    @pytest.mark.parametrize("form", ["::ffff:{}", "64:ff9b::{}"])
    @given(address=st.ip_addresses(v=4))
    def test_a_wrapped_address_is_the_address(
        self, form: str, address: ipaddress.IPv4Address
    ) -> None:
        assert privacy.network(form.format(address)) == privacy.network(str(address))

    @pytest.mark.parametrize("address", RUBBISH)
    def test_rubbish_is_refused_and_not_quoted(self, address: str) -> None:
        with pytest.raises(ValueError, match=r"^This is not a network address\.$") as refusal:
            privacy.network(address)
        assert refusal.value.__suppress_context__


class TestMasking:
    @pytest.mark.parametrize(
        ("email", "shown"),
        [
            ("bob@example.org", "b•••@example.org"),
            ("bo@example.org", "b•••@example.org"),
            ("b@example.org", "•••@example.org"),
            ("@example.org", "•••@example.org"),
            ("roberta.long.name@mail.example.org", "r•••@mail.example.org"),
            ('"bob@home"@example.org', '"•••@example.org'),
            ("émile@exämple.org", "é•••@exämple.org"),
            ("no address", "•••"),
            ("", "•••"),
        ],
    )
    def test_an_address_shows_its_first_character_and_domain(self, email: str, shown: str) -> None:
        assert privacy.masked(email) == shown


class TestIdsAndTokens:
    @pytest.mark.parametrize(
        ("new", "form"),
        [
            (privacy.new_id, "[a-hjkmnp-tv-z][0-9a-hjkmnp-tv-z]{19}"),
            (privacy.new_token, "[0-9a-hjkmnp-tv-z]{40}"),
        ],
    )
    def test_they_are_fresh_and_easy_to_read(self, new: Callable[[], str], form: str) -> None:
        made = [new() for _ in range(5000)]
        assert len(set(made)) == 5000
        assert all(re.fullmatch(form, text) for text in made)

    def test_every_place_takes_every_character(self) -> None:
        ids, tokens = ([new() for _ in range(3000)] for new in (privacy.new_id, privacy.new_token))
        assert [len(set(place)) for place in zip(*ids, strict=True)] == [22] + [32] * 19
        assert [len(set(place)) for place in zip(*tokens, strict=True)] == [32] * 40
        assert len(privacy._ALPHABET) == 32  # a character twice would be drawn twice as often

    def test_a_token_is_kept_as_its_sha256(self) -> None:
        assert privacy.token_digest("abc") == hashlib.sha256(b"abc").hexdigest()

    @given(any_text, any_text)
    def test_any_text_has_a_digest_of_its_own(self, one: str, other: str) -> None:
        assert (privacy.token_digest(one) == privacy.token_digest(other)) is (one == other)
