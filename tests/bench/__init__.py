"""`make bench`: measurements, each as a ratio to a named baseline that is taken in the same run. Never a timed test."""
