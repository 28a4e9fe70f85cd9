"""What holds for every test: no deadlines for hypothesis on shared machines, and the same examples in each CI run."""

import os

from hypothesis import settings

settings.register_profile("amparo", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("amparo")
