"""The database: tables, and plain functions that take a connection and do one thing.

The transaction belongs to the caller: `with engine.write() as tx: intake.take_in(tx, ...)`.
"""
