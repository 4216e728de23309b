"""The faults that a data set can have, by where they lie: in its table, its pictures, its answers."""
