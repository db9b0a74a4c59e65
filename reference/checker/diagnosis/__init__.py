"""From wrong answers to the name of the mistake that explains all of them."""
