"""What `deploy/` holds is judged by the programs that it is for."""
