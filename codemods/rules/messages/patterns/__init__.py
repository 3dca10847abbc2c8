"""`match` over messages."""
