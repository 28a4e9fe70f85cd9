"""Where things lie: the repository, and the reference material beside it."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SHARED: Final = ROOT.parent / "shared"
VECTORS: Final = SHARED / "vectors"
CORPUS: Final = SHARED / "corpus"
