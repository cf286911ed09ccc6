"""Without any accelerator installed, the same modules give the same results."""

import importlib.util
import sys
from types import ModuleType

import pytest

from mrc.formats import base64url, deflate, json_text

VALUE = {"이름": ["홍길동", 1, True, None, {"a": "b" * 500}]}


def without(monkeypatch: pytest.MonkeyPatch, module: ModuleType, *blocked: str) -> ModuleType:
    """A second copy of `module`, made while the blocked packages cannot be imported."""
    for name in blocked:
        monkeypatch.setitem(sys.modules, name, None)
    assert module.__file__ is not None
    spec = importlib.util.spec_from_file_location("plain", module.__file__)
    assert spec is not None
    assert spec.loader is not None
    plain = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plain)
    return plain


def test_base64url_without_pybase64(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = without(monkeypatch, base64url, "pybase64")
    for size in range(100):
        data = bytes(range(size))
        assert plain.encode(data) == base64url.encode(data)
        assert plain.decode(plain.encode(data)) == data


def test_json_without_orjson(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = without(monkeypatch, json_text, "orjson")
    assert plain.encode(VALUE) == json_text.encode(VALUE)
    assert plain.decode(plain.encode(VALUE)) == VALUE


def test_deflate_without_zlib_ng(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = without(monkeypatch, deflate, "zlib_ng")
    text = b"abc" * 10_000
    for one, other in ((plain, deflate), (deflate, plain)):
        blocks = [one.deflate_block(text[at : at + 7000], level=6) for at in range(0, 30_000, 7000)]
        for stream in (one.join_blocks(blocks, text), one.deflate(text, level=9, wbits=15)):
            assert other.inflate(stream, limit=30_000, wbits=deflate.ZLIB_FORMAT) == text
