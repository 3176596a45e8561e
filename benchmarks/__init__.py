"""Measures this server beside yardsticks: `python -m benchmarks` (docs/performance.md)."""
