"""What a lawyer reads of a case: the chain of custody, from what a bundle holds."""
