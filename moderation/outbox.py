"""Sending what is owed, again and again until it went or is given up."""
