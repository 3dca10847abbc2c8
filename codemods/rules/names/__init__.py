"""What things are called here and in other files: names, imports, code that moves."""
