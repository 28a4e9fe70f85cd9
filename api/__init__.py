"""The doors: HTTP, web pages, command line.

Parse, authorise, call the vault, render; nothing is decided here but who may pass (`access`).
Nobody imports `api`. May import everything.
Start at `app` (the service) or `cli` (the commands).
"""
