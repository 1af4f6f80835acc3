"""What the API answers, as models: for its description alone (see ``openapi``)."""

from typing import Any

from pydantic import BaseModel, Field


class Fault(BaseModel):
    """What went wrong."""

    code: str = Field(description="For programs; it does not change.")
    message: str = Field(description="For people.")


class Error(BaseModel):
    """The shape of every error."""

    error: Fault


class Parent(BaseModel):
    """A node of another run."""

    run: str
    node: str


class Mark(BaseModel):
    """Who did something, and when."""

    at: float
    by: str | None


class RunSummary(BaseModel):
    """A run, summed up."""

    id: str
    name: str
    kind: str = Field(description="conducted, native or inferred")
    state: str
    nodes: int = Field(description="How many, joins not counted.")
    counts: dict[str, int] = Field(description="How many nodes are in each state.")
    created: float
    started: float | None
    finished: float | None
    seq: int = Field(description="Grows with each change.")
    structure: int = Field(description="Grows when nodes or edges are added.")
    single: bool = Field(description="Whether it is one task that nobody announced.")
    root: str | None = Field(description="The id of its root task.")
    parent: Parent | None = Field(description="The task of another run that started it.")
    by: str | None = Field(description="Who had it conducted.")
    options: dict[str, Any] = Field(description="How it is conducted: rules, window, rates, locks, priority.")
    paused: Mark | None
    cancelled: Mark | None
    waits: dict[str, Any] = Field(
        description="What holds tasks of it that could be sent: window, rates, locks, queues."
    )
    made_from: str | None = Field(description="The run that it resubmits.")
    lineage: str | None = Field(description="The first run of its line of resubmissions.")
    left: int = Field(description="How many tasks the plan that it was made by left out.")
    resolved_by: str | None = Field(description="The run that mended it.")


class ListedRun(RunSummary):
    """A run, and how a list leads to it."""

    error: str | None = Field(description="How an error of it begins, if it failed.")
    attempt: int = Field(description="1, or more where it was made from a run that is an attempt itself.")
    later: str | None = Field(description="The last run that was made from it.")


class BoardCounts(BaseModel):
    """How many runs stand in each column of the board."""

    running: int
    failed: int = Field(description="Failed or revoked, not resolved, and without another attempt.")
    resolved: int = Field(description="Failed or revoked, and made good by a later run.")
    succeeded: int


class CommonError(BaseModel):
    """An error that runs have."""

    error: str = Field(description="Its heading: what to send as `error`.")
    runs: int = Field(description="How many have it.")
    example: str = Field(description="As it was raised once.")


class Errors(BaseModel):
    """Errors of runs, the most frequent first."""

    errors: list[CommonError]
    more: int = Field(description="How many headings are not listed.")


class Runs(BaseModel):
    """A page of runs, newest first."""

    runs: list[ListedRun]
    next: str | None = Field(description="What to send as `before` for the next page; null on the last.")
    singles: int = Field(description="How many runs of one task meet the rest of the filter.")
    singles_capped: bool = Field(description="Whether there are more, which were not counted.")


class Action(Mark):
    """Something that somebody did to a run."""

    what: str = Field(description="pause, resume, cancel, revoke, again, resubmit, amend, ...")
    detail: dict[str, Any]
    why: str | None = Field(description="As they said.")


class Actions(BaseModel):
    """What was done to a run, in that order; the last thousand."""

    actions: list[Action]


class Done(Action):
    """Something that somebody did, wherever."""

    number: int = Field(description="Grows with each.")
    run: str | None = Field(description="To which run; null where it was done to many at once.")


class Trail(BaseModel):
    """What people did, the last of it first."""

    actions: list[Done]
    next: str | None = Field(description="What to send as `after` for the next page; null on the last.")


class Made(BaseModel):
    """A run in a line of runs that were made from one another."""

    id: str
    name: str
    state: str
    made_from: str | None = Field(description="The run that it resubmits.")
    created: float
    finished: float | None
    by: str | None
    size: int = Field(description="How many tasks it has.")
    counts: dict[str, int] = Field(description="How many of them are in each state.")
    left: int = Field(description="How many tasks the plan that it was made by left out.")
    resolved_by: str | None = Field(description="The run that mended it.")
    why: str | None = Field(description="What it was made for, as somebody said.")


class Lineage(BaseModel):
    """Runs that were made from one another, the oldest first; the last thousand."""

    runs: list[Made]


class Names(BaseModel):
    """Names to choose from."""

    tasks: list[str]
    workers: list[str]


class NodeRow(BaseModel):
    """A node, summed up."""

    index: int
    id: str
    task: str | None
    state: str | None
    reason: str | None = Field(description="Why it ended so: error, timeout, lost, expired, revoked, ...")
    sent: float | None
    received: float | None
    started: float | None
    finished: float | None
    runtime: float | None
    worker: str | None
    queue: str | None
    retries: int
    repeated: int | None = Field(description="How often its id was seen to run beyond the first time.")
    conducted: bool = Field(description="Whether the conductor sends it.")
    attempt: int = Field(description="How often the conductor sent it before.")
    due: float | None = Field(description="When it is sent again.")
    mark: str | None = Field(description="reused, kept or forced: it is SUCCESS without having run.")
    held: bool = Field(description="Whether it is not sent until somebody releases it.")


class Nodes(BaseModel):
    """A page of nodes."""

    nodes: list[NodeRow]
    next: int | None = Field(description="What to send as `after` for the next page; null on the last.")


class Found(BaseModel):
    """The tasks of a run that have some text."""

    total: int = Field(description="How many.")
    hits: dict[str, list[list[int]]] = Field(
        description="Where it was found (id, name, argument, exception, worker, queue, reason, state): "
        "the first index and the length of each run of indices."
    )
    quotes: list[list[Any]] = Field(
        description="Of the first hundred: the index, and the text before it, it, and the text behind it."
    )
    cut: str | None = Field(description="hits or time: why not all of the run was searched; null if it was.")
    searched: int = Field(description="The last index that was looked at.")


class Line(BaseModel):
    """A line of code in a traceback."""

    file: str
    function: str
    line: int


class Shared(BaseModel):
    """What failures have more often than successes of the same tasks."""

    what: str = Field(description="worker, queue or argument")
    name: str = Field(description="Of the argument, or its position.")
    value: Any
    failed: int = Field(description="How many of `of_failed` failures have it.")
    of_failed: int
    succeeded: int = Field(description="How many of `of_succeeded` successes have it.")
    of_succeeded: int
    lift: float = Field(description="How many times more often tasks with it failed than tasks at large.")
    chance: float = Field(description="How probable that is by chance (Fisher's exact test).")


class Example(BaseModel):
    """One of several nodes."""

    index: int
    id: str


class Cluster(BaseModel):
    """Failures that are the same error."""

    key: str = Field(description="Tells it from the others of the run.")
    type: str = Field(description="The name of the exception, or the reason where there was none.")
    frame: Line | None = Field(description="Where it was raised: the innermost line of the user's code.")
    message: str = Field(description="The most frequent one, with # for numbers and ids.")
    messages: int = Field(description="How many there are.")
    tasks: list[str]
    count: int
    members: list[list[int]] = Field(description="The first index and the length of each run of indices.")
    first: float | None
    last: float | None
    example: Example
    shared: list[Shared]


class Failures(BaseModel):
    """What failed in a run."""

    failed: int
    looked_at: int = Field(description="How many of these are in the clusters.")
    succeeded: int = Field(description="How many tasks of the same names succeeded.")
    compared: int = Field(description="With how many of these they were compared.")
    distinct: int = Field(description="How many errors they are.")
    clusters: list[Cluster] = Field(description="The largest first; fifty at most.")
    shared: list[Shared] = Field(description="What all failures share.")


class Neighbour(BaseModel):
    """A node that another one waits for, or that waits for it."""

    index: int
    id: str
    task: str | None
    state: str | None


class Size(BaseModel):
    """How large a value is."""

    size: int
    cut: bool


class NodeDetail(NodeRow):
    """Everything about a node."""

    run: str
    args: Any
    kwargs: Any
    options: Any
    immutable: bool
    inputs: Any = Field(description="Whose results its arguments begin with: null, an id, or lists of them.")
    result: Any = Field(description='{"json": value}, {"repr": text} or null.')
    result_size: int | None
    exception: Any
    traceback: Any
    note: str | None = Field(description="What there is to say of it, such as why it will never run.")
    lost_at: float | None
    source: Parent | None = Field(
        description="Of a run that resubmits another: where it ran, or what it was in the run before."
    )
    rules: dict[str, Any] | None = Field(description="run_when, retry, timeout, on_lost, lock.")
    values: dict[str, Size] = Field(description="The size of each value, and whether it is cut.")
    attempts: list[dict[str, Any]] = Field(description="The conductor's have the id of what was sent.")
    history: list[list[Any]] = Field(description="Pairs of state and time.")
    waits: list[dict[str, Any]] = Field(
        description="Why it is not running, each with its kind: "
        "parents, held, paused, window, rate, lock, retry, eta, queue."
    )
    parents: list[Neighbour]
    parents_total: int
    children: list[Neighbour]
    children_total: int


class Value(BaseModel):
    """A value of a node."""

    value: Any
    size: int = Field(description="Its length in characters.")
    cut: bool = Field(description="Whether it is not whole; then it is the beginning of its text.")


class GraphNode(BaseModel):
    """A node of a graph: a signature, or a join where results meet."""

    index: int
    id: str
    task: str | None
    kind: str = Field(description="task or join")
    args: Any
    kwargs: Any
    immutable: bool
    options: Any
    inputs: Any


class Layout(BaseModel):
    """Where to draw a graph, in px."""

    width: float
    height: float
    nodes: dict[str, list[float]] = Field(
        description="The centre of each node, by its index; in a folded graph of each card, by place."
    )
    blocks: list[list[float]] = Field(
        description="Left, top, width and height of each block: many alike nodes in rows."
    )
    edges: list[list[Any]] = Field(description="Parent, child, kind and path of each edge.")
    down: bool = Field(False, description="Whether it goes from top to bottom.")


class Card(BaseModel):
    """Nodes that are drawn as one."""

    id: str
    label: str
    task: str | None = Field(description="Null where it has several, or joins alone.")
    members: list[list[int]] = Field(description="The first index and the length of each run of indices.")
    count: int
    can_open: bool = Field(description="Whether `open` shows what is in it.")
    kind: str = Field(description="task, join or many")


class Frame(BaseModel):
    """Cards that show several copies at once."""

    how: str = Field(description="parallel: side by side; series: one after another")
    times: int
    cards: list[int]


class Folding(BaseModel):
    """A graph of many nodes as few cards."""

    method: str
    cards: list[Card]
    edges: list[list[Any]] = Field(description="Parent, child (places of cards), kind, and how many edges.")
    frames: list[Frame]
    opened: list[str] = Field(description="The cards that were asked for and are open.")
    apart: dict[str, int] = Field(description="How many nodes are told from their like, by what.")
    shown: list[int] = Field(description="The nodes that were asked to be cards of their own.")


class Graph(BaseModel):
    """A run's graph, and where to draw it."""

    run: RunSummary
    nodes: list[GraphNode] | None = Field(
        description="Null where there are more than 500 tasks and `nodes` was not asked for; see `columns`."
    )
    edges: list[list[Any]] | None = Field(
        description="Parent, child (indices) and kind; null where the nodes are."
    )
    folding: Folding | None = Field(description="Where there are more than 500 tasks.")
    layout: Layout | None
    layout_error: Fault | None


class Column(BaseModel):
    """A value of each node; or each value once and, for each node, its place among them."""

    values: list[Any]
    codes: list[int] | None = Field(None, description="Where few values are had by many.")


class Columns(BaseModel):
    """What is known of all nodes of a run, joins too; the task of a join is null."""

    seq: int = Field(description="What to ask `since` the next time.")
    index: list[int] | None = Field(
        description="The index of each node; null where all are there: 0, 1, 2, ..."
    )
    of: dict[str, Column]


class Edges(BaseModel):
    """The edges of a run: the first leads from the first parent to the first child, and so on."""

    structure: int = Field(description="Of the run, when it had these.")
    parent: list[int]
    child: list[int]
    kind: Column


class Estimate(BaseModel):
    """How long a run may still take, from how long the same tasks took before. In seconds."""

    at: float = Field(description="When it was made.")
    left: float = Field(description="How long from then: chain + (work - chain) / parallelism.")
    work: float = Field(description="Of all tasks that are to run, by the medians of their like.")
    chain: float = Field(description="Of the longest chain of them.")
    parallelism: float = Field(description="How many ran at once, on average, in the last minute.")
    unknown: int = Field(description="Tasks to run of which nothing is known; they are left out.")
    tasks: list[list[Any]] = Field(
        description="Those with most of the work: name, how many earlier ones count, their median."
    )


class Timeline(BaseModel):
    """What decided how long a run took; times are milliseconds after ``began``."""

    run: str
    seq: int
    began: float | None = Field(description="When the first thing is known to have happened.")
    settled: list[list[int]] = Field(
        description="Index and time of each task that is over without having run: blocked, skipped."
    )
    path: list[list[int]] = Field(
        description="The critical path: index, begin, asked, started and finished of each task. It waited "
        "from begin (the end of the one before) to asked, was in a queue to started, and ran to finished."
    )
    estimate: Estimate | None = Field(description="Of a run that goes on, where history says anything.")


class Place(BaseModel):
    """Where a task id occurs."""

    run: str
    index: int


class Places(BaseModel):
    """Everywhere that a task id occurs, newest first."""

    nodes: list[Place]


class Outcome(BaseModel):
    """What came of revoking one task."""

    node: str
    outcome: str = Field(description="revoked, terminated, running, remembered, finished or unknown")
    state: str | None
    message: str | None


class Revoked(BaseModel):
    """What came of revoking tasks."""

    results: list[Outcome]
