from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # before the library is imported: nothing is looked for on the hub
sys.path.insert(0, str(Path(__file__).parents[1] / "backends"))  # the tiny checkpoints
