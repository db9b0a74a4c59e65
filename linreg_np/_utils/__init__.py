"""Not to be read first: argument checks, immutable values, files, blocks of rows."""
