"""The modules of this folder and the small corpus trial; pytest does not put them on the path."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "sources" / "trial")]
