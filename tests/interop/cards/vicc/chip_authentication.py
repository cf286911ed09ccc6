"""Chip Authentication as passports do it (9303-11 6.2), for virtualsmartcard's identity card.

That card knows the identity card's form alone, after Terminal Authentication. The key agreement
and secure messaging are OpenPACE's here too; only the key derivation, which differs, is ours.
"""

import ctypes
import hashlib

import eac
from virtualsmartcard.cards.nPA import nPA_SE
from virtualsmartcard.SWutils import SW, SwError
from virtualsmartcard.TLVutils import unpack

_PROTOCOL = bytes.fromhex("04007F000702020302") + b"\x02"  # id-CA-ECDH-AES-CBC-CMAC-128
_POINTER = ctypes.c_void_p


class _KeyAgreement(ctypes.Structure):
    """OpenPACE's KA_CTX."""

    _fields_ = (
        *((name, _POINTER) for name in ("md", "md_engine", "cmac", "cipher", "engine", "iv")),
        ("mac_bytes", ctypes.c_int),
        ("encryption_bytes", ctypes.c_int),
        *((name, _POINTER) for name in ("generate", "compute", "key")),
        *((name, eac.Buffer) for name in ("secret", "encryption", "mac")),
    )


class _ChipAuthentication(ctypes.Structure):
    """OpenPACE's CA_CTX."""

    _fields_ = (
        ("version", ctypes.c_ubyte),
        *((name, ctypes.c_int) for name in ("protocol", "id", "flags")),
        ("agreement", ctypes.POINTER(_KeyAgreement)),
    )


class _Context(ctypes.Structure):
    """OpenPACE's EAC_CTX, up to what is needed."""

    _fields_ = (
        ("tr_version", ctypes.c_int),
        *((name, _POINTER) for name in ("bn", "md", "cipher", "pace", "paces", "ri", "ris", "ta")),
        ("chip", ctypes.POINTER(_ChipAuthentication)),
    )


class Environment(nPA_SE):
    """The card's security environment with one more protocol. `chip_key` is a private key, DER."""

    chip_key = b""
    _selected = False

    def _set_SE(self, p2, data):
        objects = {tag: value for tag, _, value in unpack(data)}
        self._selected = objects.get(0x80) == _PROTOCOL
        if not self._selected:
            return super()._set_SE(p2, data)
        if objects.get(0x84) != b"\x41" or self.eac_step < 4:
            raise SwError(SW["ERR_REFNOTUSABLE"])
        return SW["NORMAL"], b""

    def general_authenticate(self, p1, p2, data):
        if not self._selected:
            return super().general_authenticate(p1, p2, data)
        self._selected = False
        ((_, _, ((_, _, point),)),) = unpack(data)
        eac.CA_set_key(self.eac_ctx, self.chip_key)
        if eac.CA_STEP4_compute_shared_secret(self.eac_ctx, point) != 1:
            raise SwError(SW["ERR_NOINFO69"])
        agreement = ctypes.cast(self.eac_ctx, ctypes.POINTER(_Context)).contents.chip.contents
        keys = agreement.agreement.contents
        secret = eac.content(keys.secret)
        keys.encryption, keys.mac = (_derived(secret, counter) for counter in (1, 2))
        self.new_encryption_ctx = eac.EAC_ID_CA
        return SW["NORMAL"], b"\x7c\x00"


def _derived(secret, counter):
    digest = hashlib.sha1(secret + counter.to_bytes(4)).digest()
    return eac.create(digest[:16], 16)
