"""The log that a torch training loop prints, read and written."""
