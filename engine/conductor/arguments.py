"""What a task is called with: results of its parents, put together as JSON text that nobody looks into.

What a parent returned travels on as it came, tagged objects of kombu's (dates, UUIDs, decimals) included. A
parent that has no result gives null: only a task whose rules let it run all the same meets one.
"""

from collections.abc import Iterable

from ..dag import Inputs, leaves
from ..options import Unsendable
from ..run import Run
from .known import Known, Signature

REFUSED = (
    "It needs what {task} ({id}) returned, and that came as something other than JSON. "
    'Set task_serializer = "json" in the Celery app of that task.'
)


class Arguments:
    """What the nodes of one run are called with; each value is put together once."""

    def __init__(self, run: Run, known: Known) -> None:
        self.run = run
        self.known = known
        self.signatures: dict[int, Signature] = {}
        self._results: dict[int, str] = {}

    def prepare(self, indexes: Iterable[int]) -> None:
        """Have ready what these nodes are, and what their parents returned."""
        wanted = set(indexes)
        needed = set[int]()
        while wanted:
            self.signatures |= self.known.signatures_of(self.run, wanted)
            parents = {
                self.run.index[parent]
                for index in wanted
                if index in self.signatures
                for parent in leaves(self.signatures[index].inputs)
            }
            joins = {index for index in parents if self.run.nodes[index].task is None}
            needed |= parents - joins
            wanted = joins - self.signatures.keys()
        self._results |= self.known.results_of(
            self.run, [index for index in needed if self.run.nodes[index].state == "SUCCESS"]
        )

    def of(self, index: int) -> str:
        """Return the list of positional arguments of a node.

        Raises
        ------
        Unsendable
            One of them is known to nobody.
        """
        signature = self.signatures[index]
        if signature.inputs is None:
            return signature.args
        own = signature.args[1:-1]
        first = self._value(signature.inputs)
        return f"[{first},{own}]" if own else f"[{first}]"

    def parent(self, index: int) -> str | None:
        """Return the first task that gives a node something; None where none does."""
        while (signature := self.signatures.get(index)) is not None:
            first = next(leaves(signature.inputs), None)
            if first is None:
                return None
            index = self.run.index[first]
            if self.run.nodes[index].task is not None:
                return self.run.nodes[index].attempt_id or first
        return None

    def _value(self, inputs: Inputs) -> str:
        if inputs is None:
            return "null"
        if isinstance(inputs, str):
            return self._returned(self.run.index[inputs])
        return f"[{','.join([self._value(each) for each in inputs])}]"

    def _returned(self, index: int) -> str:
        if (known := self._results.get(index)) is not None:
            return known
        node = self.run.nodes[index]
        if node.task is None:
            try:
                value = self._value(self.signatures[index].inputs or [])
            except RecursionError:
                raise Unsendable("What it needs are lists in lists, far too deep.") from None
        elif node.state == "SUCCESS":
            raise Unsendable(REFUSED.format(task=node.task, id=node.id))
        else:
            value = "null"
        self._results[index] = value
        return value
