"""The corpus is shared by the test modules of this folder; pytest does not put it on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
