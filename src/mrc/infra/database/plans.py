"""Statements compiled once per dialect: SQL text, the order of arguments, the types' processors.

A statement is known by its identity, so it should be made once and take its values as
parameters. An insert or update without `.values()` takes the columns that the parameters name.
``column.in_(bindparam("names", expanding=True))`` works and is spelt out at every call.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase

from mrc.infra.database.engine import Parameters, Row

MAX_PLANS = 2048  # far more than the project's statements; a bound on statements built on the fly

Processor = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Argument:
    """One placeholder: the parameter's name, what stands there without it, how it is written."""

    name: str
    required: bool
    preset: object
    processor: Processor | None

    def value(self, parameters: Parameters) -> object:
        if self.name in parameters:
            value = parameters[self.name]
        elif self.required:
            raise ValueError(f"parameter {self.name} is missing")
        else:
            value = self.preset
        return value if self.processor is None else self.processor(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement ready for a dialect. `expanding` is set where an IN list has to be spelt."""

    sql: str
    arguments: tuple[Argument, ...]
    names: frozenset[str]
    columns: tuple[str, ...]
    processors: tuple[tuple[int, Processor], ...]
    expanding: SQLCompiler | None

    def bind(self, parameters: Parameters) -> tuple[str, list[object]]:
        """SQL text and arguments. A parameter that the statement does not have is refused."""
        if not parameters.keys() <= self.names:
            raise ValueError(f"unknown parameters: {sorted(parameters.keys() - self.names)}")
        if self.expanding is not None:
            return self._expand(self.expanding, parameters)
        return self.sql, [argument.value(parameters) for argument in self.arguments]

    def _expand(self, compiled: SQLCompiler, parameters: Parameters) -> tuple[str, list[object]]:
        """The state's processors are those of the spelt-out names alone; ours know the rest."""
        state = compiled.construct_expanded_state(dict(parameters))
        writers = {argument.name: argument.processor for argument in self.arguments}
        values: list[object] = []
        for name in state.positiontup or ():
            processor: Any = state.processors.get(name) or writers.get(name)
            value = state.parameters[name]
            values.append(value if processor is None else processor(value))
        return state.statement, values

    def row(self, values: Iterable[Any]) -> Row:
        if not self.processors:
            return dict(zip(self.columns, values, strict=True))
        cells = list(values)
        for position, processor in self.processors:
            cells[position] = processor(cells[position])
        return dict(zip(self.columns, cells, strict=True))


class Plans:
    """The plans of one dialect, the least recently used forgotten first."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: OrderedDict[tuple[Executable, frozenset[str] | None], Plan] = OrderedDict()

    def plan(self, statement: Executable, parameters: Parameters) -> Plan:
        keys = frozenset(parameters) if isinstance(statement, UpdateBase) else None
        plan = self._known.get((statement, keys))
        if plan is None:
            plan = self._known[statement, keys] = self._compile(statement, keys)
            if len(self._known) > MAX_PLANS:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end((statement, keys))
        return plan

    def _compile(self, statement: Any, keys: frozenset[str] | None) -> Plan:
        compiled: SQLCompiler = statement.compile(
            dialect=self._dialect, column_keys=sorted(keys) if keys else None
        )
        names = tuple(compiled.positiontup or ())
        columns = list(getattr(statement, "exported_columns", ()))
        processors = [self._reader(column.type) for column in columns]
        return Plan(
            sql=compiled.string,
            arguments=tuple(self._argument(compiled, name) for name in names),
            names=frozenset(names),
            columns=tuple(str(column.key) for column in columns),
            processors=tuple((i, p) for i, p in enumerate(processors) if p is not None),
            expanding=compiled if compiled.post_compile_params else None,
        )

    def _argument(self, compiled: SQLCompiler, name: str) -> Argument:
        bind = compiled.binds[name]
        writer = bind.type.dialect_impl(self._dialect).bind_processor(self._dialect)
        return Argument(name, bind.required, bind.effective_value, writer)

    def _reader(self, kind: Any) -> Processor | None:
        impl = kind.dialect_impl(self._dialect)
        reader: Processor | None = impl.result_processor(self._dialect, None)
        return reader
