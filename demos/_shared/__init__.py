"""What several demos use: pictures, the table of sections, summaries, CSV files and output."""
