"""The device tier's tests pass on the CPython that a phone's browser runs (ARCHITECTURE 3a)."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mrc.web.phone_shell.app import STATIC
from mrc.web.phone_shell.bundle import make_bundle
from tests.e2e.conftest import Serve
from tests.e2e.conftest import chromium as chromium
from tests.e2e.conftest import serve as serve

ROOT = Path(__file__).parents[2]
ROOMS = ("formats", "protocols", "wallet", "ic_card", "kernel")
NEEDS_A_COMPILED_LIBRARY = re.compile(
    r"cryptography|joserfc|hypothesis|infra\.(?!keys\.software)|pytest_asyncio|subprocess"
    r"|multiprocessing|from mrc\.(web|wiring|issuer|verifier)"
)
HELPER = re.compile(r"^(?:from|import) (tests\.[\w.]+)", re.MULTILINE)
LEFT_OUT = {"__pycache__", "node_modules"}
LIBRARIES = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments")
PASSED_AT_LEAST = 900


def suitable() -> list[Path]:
    """Test files of the device tier that stand on the device tier alone."""
    found = [*(ROOT / "tests/conformance").glob("test_*.py")]
    for room in ROOMS:
        found += (ROOT / "tests/unit" / room).rglob("test_*.py")
    return sorted(path for path in found if not _needs_a_compiled_library(path, set()))


def _needs_a_compiled_library(path: Path, seen: set[Path]) -> bool:
    """By itself or through a helper that it imports."""
    if path in seen or not path.exists():
        return False
    seen.add(path)
    text = path.read_text()
    helpers = [ROOT / f"{name.replace('.', '/')}.py" for name in HELPER.findall(text)]
    return bool(NEEDS_A_COMPILED_LIBRARY.search(text)) or any(
        _needs_a_compiled_library(helper, seen) for helper in helpers
    )


def _archive_files() -> Iterator[tuple[str, Path]]:
    for path in (ROOT / "tests").rglob("*"):
        if path.is_file() and not LEFT_OUT & set(path.parts) and path.suffix != ".so":
            yield path.relative_to(ROOT).as_posix(), path
    packages = Path(pytest.__file__).parents[1]
    yield "py.py", packages / "py.py"
    for library in LIBRARIES:
        for path in (packages / library).rglob("*.py"):
            yield path.relative_to(packages).as_posix(), path


def make_archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in _archive_files():
            archive.write(path, name)
    return target.getvalue()


def pages() -> Starlette:
    ready = {"/bundle.zip": make_bundle(), "/tests.zip": make_archive(), "/favicon.ico": b""}
    ready["/"] = b"<title>tests</title>"

    async def answer(request: Request) -> Response:
        path = request.url.path
        body = ready.get(path)
        if body is None:
            body = (STATIC / path.removeprefix("/")).read_bytes()
        kinds = {".mjs": "text/javascript", ".wasm": "application/wasm", "": "text/html"}
        return Response(body, media_type=kinds.get(Path(path).suffix, "application/octet-stream"))

    return Starlette(routes=[Route("/{path:path}", answer)])


RUN = """async (files) => {
    const { loadPyodide } = await import('/vendor/pyodide/pyodide.mjs');
    const pyodide = await loadPyodide({ indexURL: '/vendor/pyodide/' });
    pyodide.FS.mkdirTree('/wallet');
    for (const name of ['/bundle.zip', '/tests.zip']) {
        const data = await (await fetch(name)).arrayBuffer();
        pyodide.unpackArchive(data, 'zip', { extractDir: '/wallet' });
    }
    pyodide.runPython("import sys, os; sys.path.insert(0, '/wallet'); os.chdir('/wallet')");
    const inside = pyodide.pyimport('tests.pyodide.inside');
    return inside.run(pyodide.toPy(files)).toJs();
}"""


@pytest.mark.timeout(600)
async def test_the_device_tiers_tests_pass_under_pyodide(chromium: Browser, serve: Serve) -> None:
    files = [path.relative_to(ROOT).as_posix() for path in suitable()]
    async with serve(pages()) as port:
        context = await chromium.new_context(ignore_https_errors=True)
        page = await context.new_page()
        page.set_default_timeout(600_000)
        await page.goto(f"https://phone.localhost:{port}/")
        passed, failed = await page.evaluate(RUN, files)
        await context.close()
    assert failed == []
    assert passed >= PASSED_AT_LEAST
