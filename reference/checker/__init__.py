"""The checker: is this gradient right, and if not, what is wrong with it?"""
