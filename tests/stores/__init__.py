"""One contract suite, held against every store; see `vault.store.protocol`."""
