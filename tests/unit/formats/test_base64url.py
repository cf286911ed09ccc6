"""Base64url: one text for one value, with and without the accelerator."""

import base64
import binascii

import pytest

from mrc.formats import base64url
from mrc.kernel.errors import Malformed


@pytest.fixture(params=["installed", "standard library"])
def _implementation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "standard library":
        monkeypatch.setattr(base64url, "_decode", base64url._stdlib_decode)
        monkeypatch.setattr(base64url, "encode", base64url._stdlib_encode)


@pytest.mark.usefixtures("_implementation")
class TestBothImplementations:
    @pytest.mark.parametrize("size", range(70))
    def test_round_trip_gives_unpadded_url_alphabet(self, size: int) -> None:
        data = bytes((7 * i * i + 251) % 256 for i in range(size))
        text = base64url.encode(data)
        assert text == base64.urlsafe_b64encode(data).rstrip(b"=").decode()
        assert base64url.decode(text) == data

    @pytest.mark.parametrize(
        "text",
        [
            "A",
            "AA==",
            "AAA=",
            "AB",
            "AAB",
            "+A",
            "AA/A",
            "AA A",
            "AAAA\n",
            "é",
            "=",
            "AAAA=AAA",
            "\0AAA",
        ],
    )
    def test_anything_but_the_canonical_spelling_is_malformed(self, text: str) -> None:
        with pytest.raises(Malformed):
            base64url.decode(text)

    def test_every_single_foreign_byte_is_refused(self) -> None:
        alphabet = set(base64url.encode(bytes(range(256)) * 3)) | set("AQgwEIMUYcgkos048-_")
        allowed = set(binascii.b2a_base64(b"", newline=False).decode()) | alphabet
        for code in range(128):
            if chr(code) not in allowed and not chr(code).isalnum():
                with pytest.raises(Malformed):
                    base64url.decode(f"AA{chr(code)}A")
