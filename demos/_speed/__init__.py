"""The measurements of the demo `speed`."""
