"""What an author does to their own reply after leaving it: change it, withdraw it, erase it."""
