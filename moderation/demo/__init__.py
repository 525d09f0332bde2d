"""The demonstration: an article, a neighbour on another origin, and a queue worth looking at."""
