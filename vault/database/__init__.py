"""The index: what is in the store, found quickly. Nothing here opens anything.

A lost database is rebuilt from the store.
Whoever writes to it can make the vault forget or refuse, which the custody log shows; whoever steals it reads counts,
sizes, hours, case numbers, names of partners, and scrypt verifiers of receipts.
Start at `schema`; `connection` opens it, `migrations` brings an older one up to date.
"""
