"""Who may open which route of the sample service. A route outside the table cannot be added."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Access(StrEnum):
    ANYONE = "anyone"
    BROWSER = "browser"
    """Only the browser that started this sign-in."""


PERMISSIONS: Mapping[str, Access] = MappingProxyType(
    {
        "assets": Access.ANYONE,
        "language": Access.ANYONE,
        "icon": Access.ANYONE,
        "home": Access.ANYONE,
        "start": Access.ANYONE,
        "sign_out": Access.ANYONE,
        "open": Access.ANYONE,
        "what": Access.ANYONE,
        "returned": Access.BROWSER,
        "choose": Access.BROWSER,
        "here": Access.BROWSER,
        "other": Access.BROWSER,
        "renew": Access.BROWSER,
        "wait": Access.BROWSER,
        "progress": Access.BROWSER,
        "stop": Access.BROWSER,
        "done": Access.BROWSER,
    }
)
