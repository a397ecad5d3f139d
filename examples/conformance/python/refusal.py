"""A refusal: the answer of an operation that does not accept its input."""

from typing import Any


class Refusal(Exception):
    """Raised where an operation answers with an error token."""

    def __init__(self, error: str, code: int | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.code = code

    def to_json(self) -> dict[str, Any]:
        """The answer, with a result code where the operation gives one."""
        if self.code is None:
            return {"error": self.error}
        return {"error": self.error, "code": print_code(self.code)}


def parse_code(text: str) -> int:
    """Read a result code, 0x and eight hexadecimal digits."""
    return int(text, 16)


def print_code(code: int) -> str:
    """Write a result code, 0x and eight upper-case digits."""
    return f"0x{code:08X}"


def is_failure(code: int) -> bool:
    """Whether a result code is a failure (1.3 item 9)."""
    return code >= 0x80000000


def signed(code: int) -> str:
    """A result code as a signed decimal (1.3 item 9)."""
    return str(code if code < 2**31 else code - 2**32)
