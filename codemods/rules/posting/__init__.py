"""Opening a session at Gladia: a POST comes before the connect, and the first message goes."""
