"""The code under test, in a process of its own."""
