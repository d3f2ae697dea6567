"""The pure core: bytes, rows and times come in as values, decisions go out as values.

Nothing in here reads a clock, a file, a socket or a database, or imports a module of mailbot outside core;
tests/test_architecture.py enforces it.
"""
