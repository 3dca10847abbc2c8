"""Programs that use the vendors' SDKs."""
