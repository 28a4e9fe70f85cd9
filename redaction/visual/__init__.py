"""What is visible: which parts of a picture to cover, and covering them so that nothing of them is left.

Pure: arrays in, arrays out. Another promise than blanking metadata: what comes out is a new file, not the old one.
Start at `covering`, then `tracking`.
"""
