"""One file for each promise of the threat model: its docstring is the promise, its tests hold it."""
