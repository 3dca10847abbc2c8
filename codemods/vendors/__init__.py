"""The vendors: how the things of each are recognised in a program, and how they are written."""
