"""Files: read within bounds, written as a whole, logged line by line, so that no break leaves half of one."""

from sensorium.core.files.logs import LineLog, append_line
from sensorium.core.files.reading import (
    MAX_BYTES,
    check_link,
    check_regular,
    following_links,
    follows_links,
    open_file,
    read_file,
    read_text,
)
from sensorium.core.files.writing import (
    encode_text,
    replace_file,
    replace_folder,
    require_output,
    unwritable,
    write_errors,
)

__all__ = [
    "MAX_BYTES", "LineLog", "append_line", "check_link", "check_regular", "encode_text", "following_links",
    "follows_links", "open_file", "read_file", "read_text", "replace_file", "replace_folder", "require_output",
    "unwritable", "write_errors",
]  # fmt: skip
