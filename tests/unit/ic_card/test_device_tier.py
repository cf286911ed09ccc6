"""The phone's part of the IC card needs no compiled package."""

import subprocess
import sys

_PROGRAM = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"cryptography", "smartcard", "pydantic", "sqlalchemy", "Crypto"}:
            raise ImportError(name)

sys.meta_path.insert(0, Refuse())
import importlib, pkgutil
import mrc.ic_card
names = [m.name for m in pkgutil.walk_packages(mrc.ic_card.__path__, "mrc.ic_card.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_every_module_imports_without_any_compiled_cryptography():
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40
