"""Which statements of a lesson an exercise needs: its answers are then judged without running the rest."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sensorium.lessons.notebook import Cell


def loaded(node: ast.AST) -> set[str]:
    """Return the names of the module that code uses; parameters and other names of its functions aren't."""
    return _global_names(symtable.symtable(ast.unparse(node), "cell", "exec"))


def _global_names(table: symtable.SymbolTable) -> set[str]:
    is_module = table.get_type() == "module"
    names = {each.get_name() for each in table.get_symbols() if is_module or each.is_global()}
    return names.union(*map(_global_names, table.get_children()))


def bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a module sets, changes in place, or imports."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    for each in ast.walk(node):
        if isinstance(each, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in each.names}
        elif isinstance(each, ast.Attribute | ast.Subscript) and isinstance(each.ctx, ast.Store | ast.Del):
            names |= loaded(each.value)
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        names |= loaded(node.value.func.value)  # rows.append(…)
    return names


def unpacks(node: ast.stmt) -> bool:
    """Whether a statement unpacks sample files, which later ones read."""
    return any(isinstance(each, ast.Attribute) and each.attr == "extractall" for each in ast.walk(node))


def needed_cells(cells: Sequence[Cell], wanted: Iterable[str]) -> list[Cell]:
    """Return cells with only those statements that the names in `wanted` depend on."""
    names = {*wanted}
    kept: list[Cell] = []
    for cell in reversed(cells):
        if not cell.is_code or cell.exercise:
            continue
        statements = []
        for node in reversed(ast.parse(cell.source).body):
            if unpacks(node) or bound(node) & names:
                names |= loaded(node)
                statements.append(ast.unparse(node))
        if statements:
            kept.append(replace(cell, source="\n".join(reversed(statements))))
    return kept[::-1]
