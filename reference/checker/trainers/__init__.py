"""What a training did: the batches of each pass, and what is kept between its steps."""
