"""A log witness (c2sp.org/tlog-witness): remembers how far it saw each log, and cosigns only what follows from that."""
