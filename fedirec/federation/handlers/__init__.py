"""One file per activity type: what it does here. No network, no other handler."""
