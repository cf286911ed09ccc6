"""OpenPACE for virtualsmartcard, which imports it by this name: its C library through ctypes.

Debian ships the library without its Python module. Only what a chip needs for PACE and secure
messaging is here; the protocol and its keys stay the library's.
"""

import ctypes
from ctypes.util import find_library

_LIBRARY = ctypes.CDLL(find_library("eac") or "libeac.so.3")

PACE_MRZ, PACE_CAN, PACE_PIN, PACE_PUK = 1, 2, 3, 4
EAC_ID_PACE, EAC_ID_CA, EAC_ID_TA, EAC_ID_EAC = 0, 1, 2, 3


class _Memory(ctypes.Structure):
    """OpenSSL's BUF_MEM."""

    _fields_ = (
        ("length", ctypes.c_size_t),
        ("data", ctypes.POINTER(ctypes.c_char)),
        ("max", ctypes.c_size_t),
        ("flags", ctypes.c_ulong),
    )


Buffer = ctypes.POINTER(_Memory)


def _function(name, result, *arguments):
    found = getattr(_LIBRARY, name)
    found.restype, found.argtypes = result, arguments
    return found


_context, _bytes, _size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
create = _function("BUF_MEM_create_init", Buffer, _bytes, _size)

EAC_init = _function("EAC_init", None)
EAC_CTX_new = _function("EAC_CTX_new", _context)
PACE_SEC_new = _function("PACE_SEC_new", ctypes.c_void_p, _bytes, _size, ctypes.c_int)
CA_disable_passive_authentication = _function("CA_disable_passive_authentication", None, _context)
EAC_CTX_set_encryption_ctx = _function(
    "EAC_CTX_set_encryption_ctx", ctypes.c_int, _context, ctypes.c_int
)
EAC_increment_ssc = _function("EAC_increment_ssc", ctypes.c_int, _context)
PACE_STEP3C_derive_keys = _function("PACE_STEP3C_derive_keys", ctypes.c_int, _context)


def content(buffer):
    return ctypes.string_at(buffer.contents.data, buffer.contents.length) if buffer else b""


def _made(name, *before):
    """A function of context and secrets that makes bytes."""
    function = _function(name, Buffer, _context, *before)
    return lambda *arguments: content(function(*arguments))


def _making(name):
    """A function of context and bytes that makes bytes."""
    function = _function(name, Buffer, _context, Buffer)
    return lambda context, data: content(function(context, create(data, len(data))))


def _judging(name):
    """A function of context and bytes that says how it went."""
    function = _function(name, ctypes.c_int, _context, Buffer)
    return lambda context, data: function(context, create(data, len(data)))


PACE_STEP1_enc_nonce = _made("PACE_STEP1_enc_nonce", ctypes.c_void_p)
PACE_STEP3A_generate_mapping_data = _made("PACE_STEP3A_generate_mapping_data")
PACE_STEP3A_map_generator = _judging("PACE_STEP3A_map_generator")
PACE_STEP3B_generate_ephemeral_key = _made("PACE_STEP3B_generate_ephemeral_key")
PACE_STEP3B_compute_shared_secret = _judging("PACE_STEP3B_compute_shared_secret")
PACE_STEP3D_compute_authentication_token = _making("PACE_STEP3D_compute_authentication_token")
PACE_STEP3D_verify_authentication_token = _judging("PACE_STEP3D_verify_authentication_token")
TA_STEP3_generate_ephemeral_key = _made("TA_STEP3_generate_ephemeral_key")
CA_STEP2_get_eph_pubkey = _made("CA_STEP2_get_eph_pubkey")
CA_STEP4_compute_shared_secret = _judging("CA_STEP4_compute_shared_secret")
EAC_encrypt = _making("EAC_encrypt")
EAC_decrypt = _making("EAC_decrypt")
EAC_authenticate = _making("EAC_authenticate")

_init_card_security = _function(
    "EAC_CTX_init_ef_cardsecurity", ctypes.c_int, _bytes, _size, _context
)


def EAC_CTX_init_ef_cardsecurity(data, context):
    return _init_card_security(data, len(data), context)


_set_key = _function("CA_set_key", ctypes.c_int, _context, _bytes, _size, _bytes, _size)


def CA_set_key(context, private):
    if _set_key(context, private, len(private), None, 0) != 1:
        raise ValueError("a private key expected")


def EAC_CTX_print_private(context, indent):
    return "keys are not logged"


def print_ossl_err():
    """The emulator logs the step that failed by itself."""
