"""An instance that a browser on this machine can visit."""

from tests.web.conftest import home

__all__ = ["home"]
