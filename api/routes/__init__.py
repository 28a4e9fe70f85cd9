"""One module per person at the door: source, partner, custodian, auditor, anyone.

Routes read a request, call the vault and render the answer. `access` says who may use which.
"""
