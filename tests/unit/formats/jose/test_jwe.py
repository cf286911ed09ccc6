"""JWE: forgeries first, then joserfc as the oracle and RFC 7518's own example."""

import json

import pytest
from joserfc import jwe as oracle
from joserfc.jwk import ECKey

from mrc.formats import base64url
from mrc.formats.jose import jwe
from mrc.formats.jose.jwk import decode_ec_jwk, encode_jwk
from mrc.formats.jose.reasons import Reason
from mrc.infra.keys.software import (
    OpensslCipher,
    SoftwareKeyAgreement,
    SoftwareKeyMaker,
    SystemEntropy,
)
from mrc.kernel.errors import Malformed, Rejected
from mrc.kernel.keys import Curve

CIPHER = OpensslCipher()
SENDER = jwe.Sender(key_maker=SoftwareKeyMaker(), entropy=SystemEntropy(), cipher=CIPHER)
AGREEMENT = SoftwareKeyAgreement.generate()
PLAINTEXT = b'{"vp_token":{}}' * 100


async def encrypt(
    plaintext: bytes = PLAINTEXT,
    encryption: jwe.Encryption = jwe.Encryption.A256GCM,
    compress: bool = False,
) -> str:
    return await jwe.encrypt(
        plaintext,
        recipient=AGREEMENT.public_key,
        kid="k1",
        encryption=encryption,
        sender=SENDER,
        compress=compress,
    )


async def change_header(text: str, **changes: object) -> str:
    first, _, rest = text.partition(".")
    header = json.loads(base64url.decode(first))
    header.update(changes)
    return f"{base64url.encode(json.dumps(header).encode())}.{rest}"


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "dir"},
        {"alg": "none"},
        {"alg": "ECDH-ES+A128KW"},
        {"alg": "RSA1_5"},
        {"enc": "A128CBC-HS256"},
        {"enc": "A192GCM"},
        {"enc": None},
        {"zip": "GZ"},
        {"zip": None},
        {"crit": ["exp"]},
    ],
    ids=str,
)
async def test_an_algorithm_that_is_not_ours_is_rejected(changes: dict[str, object]) -> None:
    with pytest.raises(Rejected):
        jwe.decode(await change_header(await encrypt(), **changes))


@pytest.mark.parametrize("encryption", jwe.Encryption)
async def test_a_changed_header_is_rejected(encryption: jwe.Encryption) -> None:
    text = await encrypt(encryption=encryption)
    for changes in ({"kid": "k2"}, {"apu": "AAAA"}, {"apv": "AAAA"}):
        with pytest.raises(Rejected) as caught:
            await jwe.decrypt(jwe.decode(await change_header(text, **changes)), AGREEMENT, CIPHER)
        assert caught.value.reason is Reason.NOT_DECRYPTABLE


@pytest.mark.parametrize("part", [2, 3, 4])
async def test_a_flipped_bit_is_rejected(part: int) -> None:
    parts = (await encrypt()).split(".")
    data = bytearray(base64url.decode(parts[part]))
    data[0] ^= 1
    parts[part] = base64url.encode(bytes(data))
    with pytest.raises(Rejected):
        await jwe.decrypt(jwe.decode(".".join(parts)), AGREEMENT, CIPHER)


async def test_another_recipient_cannot_read_it() -> None:
    decoded = jwe.decode(await encrypt())
    with pytest.raises(Rejected):
        await jwe.decrypt(decoded, SoftwareKeyAgreement.generate(), CIPHER)
    with pytest.raises(Rejected) as caught:
        await jwe.decrypt(decoded, SoftwareKeyAgreement.generate(Curve.P384), CIPHER)
    assert caught.value.reason is Reason.KEY_DOES_NOT_FIT


async def test_an_ephemeral_key_off_the_curve_is_malformed() -> None:
    epk = encode_jwk(AGREEMENT.public_key)
    for bad in ({**epk, "y": epk["x"]}, {**epk, "d": "AA"}, None, {}):
        with pytest.raises(Malformed):
            jwe.decode(await change_header(await encrypt(), epk=bad))


async def test_malformed_parts_are_malformed() -> None:
    parts = (await encrypt()).split(".")
    for index, part in ((1, "AAAA"), (2, "AAAA"), (4, "AAAA"), (3, "A"), (0, "e30")):
        changed = [*parts[:index], part, *parts[index + 1 :]]
        with pytest.raises((Malformed, Rejected)):
            jwe.decode(".".join(changed))
    for text in ("", "....", ".".join(parts[:4]), ".".join([*parts, ""])):
        with pytest.raises(Malformed):
            jwe.decode(text)


@pytest.mark.parametrize("name", ["apu", "apv"])
async def test_a_party_that_is_no_text_is_malformed(name: str) -> None:
    for bad in (5, None, True, ["AA"], {}):
        with pytest.raises(Malformed, match=f"{name} is not a text"):
            jwe.decode(await change_header(await encrypt(), **{name: bad}))


async def test_a_text_beyond_the_limit_is_not_even_split() -> None:
    parts = (await encrypt()).split(".")
    parts[3] = "A" * jwe.MAX_JWE_CHARS
    with pytest.raises(Malformed, match="longer than"):
        jwe.decode(".".join(parts))


async def test_a_compression_bomb_is_malformed() -> None:
    text = await encrypt(bytes(10_000_000), compress=True)
    assert len(text) < 20_000
    with pytest.raises(Malformed, match="more than"):
        await jwe.decrypt(jwe.decode(text), AGREEMENT, CIPHER, limit=1_000_000)


async def test_a_long_plaintext_is_bounded_too() -> None:
    with pytest.raises(Malformed):
        await jwe.decrypt(jwe.decode(await encrypt()), AGREEMENT, CIPHER, limit=10)


@pytest.mark.parametrize("encryption", jwe.Encryption)
@pytest.mark.parametrize("compress", [False, True])
async def test_what_is_encrypted_is_read_by_us_and_by_joserfc(
    encryption: jwe.Encryption, compress: bool
) -> None:
    key = ECKey.generate_key("P-256")
    text = await jwe.encrypt(
        PLAINTEXT,
        recipient=decode_ec_jwk(key.as_dict(private=False)),
        kid="k1",
        encryption=encryption,
        sender=SENDER,
        compress=compress,
        parties=jwe.Parties(apu=b"wallet", apv=b"nonce"),
    )
    algorithms = ["ECDH-ES", encryption.value, "DEF"]
    assert oracle.decrypt_compact(text, key, algorithms=algorithms).plaintext == PLAINTEXT
    ours = jwe.decode(await encrypt(encryption=encryption, compress=compress))
    assert ours.kid == "k1"
    assert await jwe.decrypt(ours, AGREEMENT, CIPHER) == PLAINTEXT


@pytest.mark.parametrize("encryption", jwe.Encryption)
@pytest.mark.parametrize("crv", [Curve.P256, Curve.P384])
async def test_joserfc_messages_are_read(encryption: jwe.Encryption, crv: Curve) -> None:
    agreement = SoftwareKeyAgreement.generate(crv)
    header = {"alg": "ECDH-ES", "enc": encryption.value, "zip": "DEF", "apv": "bm9uY2U"}
    key = ECKey.import_key({**encode_jwk(agreement.public_key)})
    text = oracle.encrypt_compact(header, PLAINTEXT, key, algorithms=list(header.values()))
    assert await jwe.decrypt(jwe.decode(text), agreement, CIPHER) == PLAINTEXT


def test_rfc_7518_appendix_c_key() -> None:
    secret = bytes(
        [158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156]
        + [251, 49, 110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196]
    )
    parties = jwe.Parties(apu=b"Alice", apv=b"Bob")
    key = jwe.concat_kdf(secret, "A128GCM", 16, parties)
    assert base64url.encode(key) == "VqqN6vgjbSBcIijNcacQGg"


async def test_content_stays_out_of_repr() -> None:
    assert "sealed" not in repr(jwe.decode(await encrypt()))
