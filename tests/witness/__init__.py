"""Log witnesses: ours, somebody else's, and what a vault does with them."""
