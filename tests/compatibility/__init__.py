"""What of the two references the shim serves, item by item, and the tests that show it."""
