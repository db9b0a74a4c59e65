"""The parts of the study page: equations and code as HTML, scripts, style and texts."""
