"""What is left of the old vendor: calls that stay, keys, words, comments."""
