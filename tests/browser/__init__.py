"""What people see in a browser, against the real service."""
