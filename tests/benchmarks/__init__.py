"""The benchmark: this service beside a bare function, a Flask route and Isso, in one run."""
