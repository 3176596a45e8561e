"""What a test needs and this machine lacks: the test is left out, but never in the full check."""

import os
from collections.abc import Mapping
from typing import NoReturn

import pytest


def leave_out(reason: str, *, environment: Mapping[str, str] = os.environ) -> NoReturn:
    """Skip the test; with CI=true it fails instead, so that no run is green without it."""
    if environment.get("CI") == "true":
        pytest.fail(f"{reason} (CI=true: nothing is skipped)", pytrace=False)
    pytest.skip(reason)
