"""The one exception for what the user can put right."""


class BridgeError(Exception):
    """Something that the user can put right: a wrong value, a missing file, a port in use.

    `message` says where and what, `next_step` what to do about it. The command line prints both on one
    line and ends with status 2; no traceback is shown. Neither may ever hold a key.
    """

    def __init__(self, message: str, next_step: str = "") -> None:
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message}; {self.next_step}" if self.next_step else self.message
