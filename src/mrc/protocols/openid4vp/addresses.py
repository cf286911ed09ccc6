"""The web addresses that stand in requests: absolute, secure, and without a fragment.

OpenID4VP 1.0, 8.2 and 14.6 demand TLS. One departure, for tests and practice on one machine:
plain HTTP is accepted where the host is this machine itself (W3C Secure Contexts, 3.1).
"""

from urllib.parse import urlsplit

from mrc.kernel.errors import Malformed

MAX_ADDRESS = 2048
"""Characters; longer ones break the programs on the way."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def check_address(text: str, what: str) -> str:
    """`text`, where it is an absolute secure web address. Raises `Malformed` naming `what`."""
    host = _host(text, what)
    scheme = text.partition(":")[0]
    loopback = host in _LOOPBACK or host.endswith(".localhost")
    if scheme != "https" and not (scheme == "http" and loopback):
        raise Malformed(what, "expected an https address")
    return text


def host_of(text: str) -> str:
    """The host name of a checked address, in lower case."""
    return _host(text, "address")


def _host(text: str, what: str) -> str:
    if len(text) > MAX_ADDRESS or not text.isascii() or not text.isprintable() or " " in text:
        raise Malformed(what, "not a web address")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise Malformed(what, "not a web address") from error
    if not host or parts.username is not None or parts.fragment:
        raise Malformed(what, "expected a host, no user name and no fragment")
    return host
