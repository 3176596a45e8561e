"""On what it was measured: the machine, the hour, and what runs on it."""

import os
import platform
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.plan import Workshop
from benchmarks.yardsticks import measure_flushes, measure_rsa


def describe_machine(workshop: Workshop) -> str:
    """Return one paragraph; takes two seconds for the two speeds that tell most of a machine."""
    rsa = measure_rsa()
    command = "python -m benchmarks" + (" --quick" if workshop.plan.is_quick else "")
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} by `{command}`: {os.cpu_count()} cores"
        f" ({_processor()}), {_memory_gigabytes():.0f} GB, {platform.system()}"
        f" {platform.release().partition('-')[0]}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {_openssl()}; RSA-2048 {rsa.signs:,.0f} signs and"
        f" {rsa.verifies:,.0f} verifies each CPU-s; the disk flushes"
        f" {measure_flushes(workshop.folder):,.0f} times a second. Load: {workshop.generator.name}."
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _openssl() -> str:
    ran = subprocess.run(["openssl", "version"], capture_output=True, check=True, text=True)
    return " ".join(ran.stdout.split()[:2])
