"""The loops: fetch, work, post, clock. They never call each other; they read and write rows.

Each has one step() that tests call once; runner.py repeats it.
"""
