from __future__ import annotations

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before the library is imported: nothing is looked for on the hub
