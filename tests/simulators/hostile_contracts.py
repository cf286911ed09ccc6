"""Creation codes of contracts that take what they can get."""


def endless() -> bytes:
    """Loops for ever: JUMPDEST PUSH1 0 JUMP."""
    return _creation(bytes.fromhex("5b600056"))


def calls_precompile(number: int) -> bytes:
    """Calls the precompiled contract `number` with nothing, and stops."""
    zeros = "6000" * 5  # PUSH1 0: size and place of output and input, value
    return _creation(bytes.fromhex(f"{zeros}60{number:02x}5af15000"))


def talkative(size: int) -> bytes:
    """Logs `size` bytes at every call: PUSH3 size PUSH1 0 LOG0 STOP."""
    return _creation(bytes.fromhex(f"62{size:06x}6000a000"))


def long_code(size: int) -> bytes:
    """Makes a contract whose code is `size` zero bytes: PUSH2 size PUSH1 0 RETURN."""
    return bytes.fromhex(f"61{size:04x}6000f3")


def _creation(runtime: bytes) -> bytes:
    """Code that makes a contract of `runtime`, which has at most 32 bytes."""
    size = len(runtime)
    word = runtime.ljust(32, b"\x00")
    return b"\x7f" + word + bytes.fromhex(f"60005260{size:02x}6000f3")
