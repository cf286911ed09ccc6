"""virtualsmartcard's identity card, with an LDS1 application added, in the slot of vpcd.

card.py FOLDER: the folder holds the application's files as `0101.bin` and so on, and perhaps a key
for Chip Authentication, `chip.pk8`, and the command of a program that signs for Active
Authentication, `active.json`. EF.CardAccess and the CAN 222222 are the emulator's own;
`card.py write-card-access FILE` only writes the former.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from chip_authentication import Environment
from virtualsmartcard import CardGenerator, CryptoUtils, SEutils, TLVutils
from virtualsmartcard.SmartcardFilesystem import DF, TransparentStructureEF
from virtualsmartcard.SWutils import SW
from virtualsmartcard.utils import stringtoint
from virtualsmartcard.VirtualSmartcard import VirtualICC

LDS1 = bytes.fromhex("A0000002471001")
PORT = 35963
INTERNAL_AUTHENTICATE = 0x88


def mend_for_python_3() -> None:
    """virtualsmartcard 3.3 was written for Python 2: it mixes text and bytes.

    Objects are packed by joining bytes one by one, their values may be texts; one byte of bytes
    is a number; what a protected command held is joined to a text.
    """
    strip, command = CryptoUtils.strip_padding, SEutils.C_APDU
    SEutils.stringtoint = lambda value: value if isinstance(value, int) else stringtoint(value)
    CryptoUtils.strip_padding = lambda *arguments: strip(*arguments).decode("latin-1")

    def with_bytes(*arguments: object, data: str, **fields: object) -> object:
        return command(*arguments, data=data.encode("latin-1"), **fields)

    SEutils.C_APDU = with_bytes
    # only a text for display is kept there
    SEutils.ControlReferenceTemplate._ControlReferenceTemplate__replace_tag = _keep_nothing
    TLVutils.pack = CardGenerator.pack = pack


def _keep_nothing(template: object, tag: int, data: bytes) -> None:
    """In place of a method that joins bytes to a text."""


def pack(objects: list[tuple[Any, ...]], recalculate_length: bool = False) -> bytes:
    """Tag, length and value of each; the length that was given is not looked at."""
    return b"".join(_packed(tag, value) for tag, _, value, *_ in objects)


def _packed(tag: int, value: Any) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    content = content if isinstance(content, bytes) else pack(content)
    size = len(content)
    count = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 0x80 else bytes([0x80 | count]) + size.to_bytes(count)
    return tag.to_bytes((tag.bit_length() + 7) // 8) + length + content


def add_application(master_file: object, folder: Path) -> None:
    application = DF(parent=master_file, fid=0x0004, dfname=LDS1)
    for path in sorted(folder.glob("????.bin")):
        number = int(path.stem, 16)
        file = TransparentStructureEF(
            parent=application, fid=number, shortfid=number & 0x1F, data=path.read_bytes()
        )
        application.append(file)
    master_file.append(application)


class Prompt:
    """A socket that acknowledges at once: else each command waits 40 ms for Nagle's algorithm."""

    def __init__(self, inner: socket.socket) -> None:
        self.sendall, self.close, self._inner = inner.sendall, inner.close, inner

    def recv(self, size: int) -> bytes:
        received = self._inner.recv(size)
        self._inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return received


class Card(VirtualICC):
    def __init__(self, folder: Path) -> None:
        super().__init__(None, "nPA", "127.0.0.1", PORT, logginglevel="DEBUG")
        add_application(self.os.mf, folder)
        self._give_key(folder / "chip.pk8")
        give_signer(self.os, folder / "active.json")
        self.sock = Prompt(self.sock)

    def _give_key(self, path: Path) -> None:
        """Chip Authentication, where the folder has a key for it."""
        environment = self.os.SAM.current_SE
        if path.exists():
            environment.__class__ = Environment
            environment.chip_key = path.read_bytes()


def give_signer(system: object, path: Path) -> None:
    """INTERNAL AUTHENTICATE is answered by a program, where the folder names one."""
    if not path.exists():
        return
    program = subprocess.Popen(
        json.loads(path.read_text()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def sign(p1: int, p2: int, challenge: bytes | str) -> tuple[int, bytes]:
        data = challenge.encode("latin-1") if isinstance(challenge, str) else challenge
        print(data.hex(), file=program.stdin, flush=True)
        return SW["NORMAL"], bytes.fromhex(program.stdout.readline())

    system.ins2handler[INTERNAL_AUTHENTICATE] = sign


def write_card_access(path: Path) -> None:
    """What the emulator offers, for whoever signs it in DG14."""
    master_file, _ = CardGenerator.CardGenerator("nPA").getCard()
    path.write_bytes(master_file.select("fid", 0x011C).data)


def main() -> None:
    mend_for_python_3()
    if sys.argv[1] == "write-card-access":
        write_card_access(Path(sys.argv[2]))
    else:
        Card(Path(sys.argv[1])).run()


if __name__ == "__main__":
    main()
