"""What breaks, broken on purpose: the service killed at every step, disks, stores, databases and clocks that fail."""
