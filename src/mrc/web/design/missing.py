"""Finds the texts that templates and code use, and those a catalogue lacks.

`python -m mrc.web.design.missing common,holder mrc.web.wallet_app` lists them per language. Only
texts written as literals are found: that is why messages are never put together from pieces.
"""

import ast
import sys
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from jinja2.ext import extract_from_ast

from mrc.web.design.catalogues import Key, find_text
from mrc.web.design.languages import COMPLETE, Language
from mrc.web.design.pages import make_environment
from mrc.web.design.translator import Translator

_FUNCTIONS: Final = ("_", "ngettext", "pgettext")


def _key(function: str, arguments: tuple[str | None, ...] | str | None) -> Key | None:
    parts = arguments if isinstance(arguments, tuple) else (arguments,)
    if function == "pgettext" and len(parts) > 1 and parts[0] and parts[1]:
        return (parts[0], parts[1])
    return ("", parts[0]) if parts[0] else None


def _in_template(source: str) -> Iterable[Key]:
    environment = make_environment("mrc.web.design")
    for _line, function, arguments in extract_from_ast(environment.parse(source), _FUNCTIONS):
        if (key := _key(function, arguments)) is not None:
            yield key


def _in_code(source: str) -> Iterable[Key]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
        texts = tuple(
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
            for part in node.args
        )
        if name in _FUNCTIONS and texts and (key := _key(name, texts)) is not None:
            yield key


def _walk(folder: Traversable) -> Iterable[Key]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.name.endswith(".html"):
            yield from _in_template(entry.read_text(encoding="utf-8"))
        elif entry.name.endswith(".py"):
            yield from _in_code(entry.read_text(encoding="utf-8"))


def used_texts(package: str) -> frozenset[Key]:
    """Every (context, text) that a package's templates and code translate."""
    return frozenset(_walk(resources.files(package)))


def missing_texts(package: str, *, language: Language, domains: tuple[str, ...]) -> tuple[Key, ...]:
    """The texts of a package that the catalogues of a language lack, sorted."""
    translator = Translator(language, domains=domains)
    used = used_texts(package)
    return tuple(sorted(key for key in used if not translator.knows(key[1], key[0])))


def main(arguments: list[str]) -> int:
    """Print what is missing; the exit code is 1 if a language that must be complete lacks a text.

    Must be complete: one of the first four that has a catalogue for the last domain at all
    (officers' texts exist in Korean and English only).
    """
    domains, packages = tuple(arguments[0].split(",")), arguments[1:]
    lines = [
        f"{language.value}\t{package}\t{text}"
        for language in Language
        for package in packages
        for _context, text in missing_texts(package, language=language, domains=domains)
    ]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    complete = {
        language.value
        for language in COMPLETE
        if language is Language.EN or find_text(language, domains[-1]) is not None
    }
    return int(any(line.split("\t")[0] in complete for line in lines))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
