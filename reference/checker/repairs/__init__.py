"""The smallest change of a wrong function that makes it right."""
