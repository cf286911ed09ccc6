"""`SymmetricCiphers` on OpenSSL: equal results to `ic_card.crypto.pure`, twenty times faster."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from mrc.ic_card.crypto.pure import PureCiphers


class OpensslCiphers(PureCiphers):
    """AES on OpenSSL; DES stays pure Python, because OpenSSL is about to lose it."""

    def encrypt_aes_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        context = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return context.update(data) + context.finalize()

    def decrypt_aes_cbc(self, key: bytes, iv: bytes, data: bytes) -> bytes:
        context = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        return context.update(data) + context.finalize()

    def aes_cmac(self, key: bytes, data: bytes) -> bytes:
        mac = CMAC(algorithms.AES(key))
        mac.update(data)
        return mac.finalize()
