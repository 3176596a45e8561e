"""Every error fedirec raises, as one tree. No HTTP numbers here: `web/middleware.py` has those.

FedirecError
├── InvalidInputError            what was given cannot be right; `field` names the part
│   └── MalformedActivityError   a document is not ActivityStreams as we read it
├── UnauthenticatedError         a signature or token is missing, wrong, stale, or not for this
├── ForbiddenError               known who it is, and they may not
│   └── BlockedError             by a block of this instance or member
├── NotFoundError                not here, or not for these eyes; the two look alike
│   └── GoneError                was here, and was deleted for good
├── ConflictError                contradicts what is stored
│   └── LeaseLostError           another worker holds what this one was working on
├── UnsupportedActionError       well formed, but nothing that is done here
├── TooLargeError                over a size limit
├── UnsupportedMediaTypeError    a body in a form we do not read
├── TooManyRequestsError         over a rate limit; `retry_after` says when to come back
├── RemoteError                  a peer did not do what was asked
│   ├── RemoteUnavailableError   passing trouble; `retry_after` if the peer named one
│   └── RemoteRefusedError       a lasting answer; `status` is the HTTP status, if any
├── StorageUnavailableError      the database is busy or away; passing trouble, try again
│   ├── StorageFullError         no space is left, or less than is kept free for what must go on
│   └── OvertakenError           another transaction went first, and this one is undone
└── ConfigurationError           settings, database or keys do not fit together

Messages say what was expected and what was found, with ids, for the operator. What a peer or a
visitor is told is a separate, bland text. Expected outcomes are values, not errors.
"""

from datetime import timedelta


class FedirecError(Exception):
    """The root: everything that fedirec raises on purpose."""


class InvalidInputError(FedirecError):
    """What was given cannot be right."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class MalformedActivityError(InvalidInputError):
    """A document is not ActivityStreams as we read it."""


class UnauthenticatedError(FedirecError):
    """A signature or token is missing, wrong, stale or for another request."""


class ForbiddenError(FedirecError):
    """It is known who asks, and they may not."""


class BlockedError(ForbiddenError):
    """A block of this instance or of a member stands."""


class NotFoundError(FedirecError):
    """Not here, or not for these eyes."""


class GoneError(NotFoundError):
    """Was here, and was deleted for good."""


class ConflictError(FedirecError):
    """Contradicts what is stored."""


class LeaseLostError(ConflictError):
    """Another worker holds what this one was working on."""


class UnsupportedActionError(FedirecError):
    """Well formed, but nothing that is done here."""


class TooLargeError(FedirecError):
    """Over a size limit."""


class UnsupportedMediaTypeError(FedirecError):
    """A body in a form we do not read."""


class TooManyRequestsError(FedirecError):
    """Over a rate limit."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteError(FedirecError):
    """A peer did not do what was asked."""


class RemoteUnavailableError(RemoteError):
    """Passing trouble: no answer, or one that asks to come back."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteRefusedError(RemoteError):
    """A lasting answer that is not the one wanted."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class StorageUnavailableError(FedirecError):
    """The database is busy or away; what was tried did not happen and may be tried again."""


class StorageFullError(StorageUnavailableError):
    """No space is left for anything new; what was tried did not happen."""


class OvertakenError(StorageUnavailableError):
    """Two transactions waited for each other; what was tried did not happen, and may at once."""


class ConfigurationError(FedirecError):
    """Settings, database or keys do not fit together."""
