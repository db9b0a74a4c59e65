"""The smallest example as Python code, and the derivation of its numbers."""
