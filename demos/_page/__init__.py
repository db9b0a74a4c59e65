"""The parts of the study page."""
