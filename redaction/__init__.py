"""Where location and identity hide in media, and how to blank them.

Input is hostile: every length is checked against `limits`, every read goes through `reader`.
Pure: a reader in, a plan of byte ranges or a stream of bytes out; no files, network, clock or log.
Imports nothing of ours.
Start at `planner`; to add a format, add one file in `containers/` and one line in `containers/formats.py`.
"""
