"""Where evidence rests. The running vault can seal but never open.

Use cases (intake, release, enrolment, …) above resting places (store, database) above formats (age).
Only `opening` and `age.identities` handle private keys, and nothing that serves may import them.
May import `redaction` and `evidence`.
Start at `intake`.
"""
