"""Measurements on real servers. Run with `python -m benchmarks` or `make bench`; docs/speed.md keeps the results."""
