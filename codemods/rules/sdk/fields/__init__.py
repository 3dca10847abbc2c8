"""What the SDKs hand to handlers: attributes, types, units."""
