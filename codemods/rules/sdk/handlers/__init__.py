"""Event handlers of the SDKs' sessions."""
