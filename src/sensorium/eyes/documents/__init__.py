"""Values in a document's text: totals, dates, numbers, what stands beside a label."""

from sensorium.eyes.documents.fields import Field, find_field

__all__ = ["Field", "find_field"]
