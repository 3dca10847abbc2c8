"""Messages that leave for readers who are not in the program: given to them in the form that they know."""
