"""The modules of PyTorch that tests of models have are used here too."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "models"))
