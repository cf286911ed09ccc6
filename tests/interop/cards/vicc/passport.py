"""virtualsmartcard's passport, with Basic Access Control, in the slot of vpcd.

passport.py FOLDER: the folder holds the files as `0101.bin` and so on, the first of them a passport's
zone of two lines, and perhaps `active.json` as card.py knows it. What the emulator has of its own is
BAC, its keys, ciphers and MACs.
"""

import sys
from pathlib import Path

import virtualsmartcard.CryptoUtils as crypto
from card import PORT, Prompt, add_application, give_signer, mend_for_python_3, pack
from virtualsmartcard.cards.ePass import PassportSAM, ePass_SE
from virtualsmartcard.SmartcardFilesystem import MF
from virtualsmartcard.utils import inttostring
from virtualsmartcard.VirtualSmartcard import Iso7816OS, VirtualICC

COUNTER_BYTES = 8
CRYPTOGRAM, STATUS, CHECKSUM = 0x87, 0x99, 0x8E


class Environment(ePass_SE):
    """Python 3's bytes, and two mendings: see docs/reference/interop.md."""

    def compute_cryptographic_checksum(self, p1: int, p2: int, data: bytes) -> bytes:
        """The counter goes in whole, not without its leading zeros."""
        self.ssc += 1
        whole = inttostring(self.ssc, COUNTER_BYTES) + data
        return crypto.crypto_checksum(self.cct.algorithm, self.cct.key, whole)

    def protect_response(self, sw: int, result: bytes) -> tuple[int, bytes]:
        """With the processing status, which 9303-11 9.8.4 demands, and nothing for no data."""
        objects = b""
        if result:
            sealed = b"\x01" + self.encipher(0x82, 0x80, result)
            objects = pack([(CRYPTOGRAM, len(sealed), sealed)])
        objects += pack([(STATUS, 2, inttostring(sw, 2))])
        padded = crypto.append_padding(self.cct.blocklength, objects)
        mac = self.compute_cryptographic_checksum(0x8E, 0x80, padded)
        return sw, objects + pack([(CHECKSUM, len(mac), mac)])


class Passport(VirtualICC):
    def __init__(self, folder: Path) -> None:
        """Without the generator of the original, which asks for its data on a terminal."""
        master_file = MF()
        add_application(master_file, folder)
        sam = PassportSAM(master_file)
        sam.default_se, sam.current_SE = Environment, Environment(master_file, sam)
        self.os = Iso7816OS(master_file, sam)
        give_signer(self.os, folder / "active.json")
        self.host, self.server_sock = "127.0.0.1", None
        self.sock = Prompt(self.connectToPort(self.host, PORT))


def exclusive_or(one: bytes, other: bytes, _: object) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def main() -> None:
    mend_for_python_3()
    crypto.operation_on_string = exclusive_or
    Passport(Path(sys.argv[1])).run()


if __name__ == "__main__":
    main()
