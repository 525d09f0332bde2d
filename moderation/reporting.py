"""A reader's complaint about what is published; enough of them put it back in the queue."""
