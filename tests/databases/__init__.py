"""What holds on SQLite and on PostgreSQL alike: transactions, locks, takeover."""
