"""The parts of the demo `speed`: what is timed, the code it is compared with, and the timing."""
