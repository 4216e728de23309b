"""Scaffold: a small runnable project from a few answers, for `sensorium new`.

Example:
    >>> answers = Answers("Label reader", takes=("picture",), gives="fields", fields=("expiry date",))
    >>> sorted(name for name in project_files(answers) if name.startswith("label_reader/"))[:3]
    ['label_reader/__init__.py', 'label_reader/__main__.py', 'label_reader/app.py']
"""

from sensorium.scaffold.answers import GIVES, TAKES, Answers
from sensorium.scaffold.engines import Engines, engines
from sensorium.scaffold.names import Names, names
from sensorium.scaffold.project import project_files
from sensorium.scaffold.write import write_project

__all__ = ["GIVES", "TAKES", "Answers", "Engines", "Names", "engines", "names", "project_files", "write_project"]
