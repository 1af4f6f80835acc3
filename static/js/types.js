/**
 * The shapes that the server sends. Types alone: nothing here runs.
 *
 * Times are seconds since the epoch, or null. Whatever comes from a task is text that nobody vouches for.
 *
 * @typedef {Record<string, number>} Counts
 *
 * @typedef {object} RunSummary
 * @property {string} id
 * @property {string} name
 * @property {string} kind
 * @property {string} state
 * @property {number} nodes  joins are not counted
 * @property {Counts} counts
 * @property {number} created
 * @property {number | null} started
 * @property {number | null} finished
 * @property {number} seq
 * @property {number} structure
 * @property {boolean} [single]  one task, sent by itself
 * @property {string | null} [root]  the id of the task that all began with
 * @property {{run: string, node: string} | null} [parent]  the task that started it
 * @property {string | null} [by]  who started it, if conducted
 * @property {RunOptions | null} [options]
 * @property {Mark | null} [paused]
 * @property {Mark | null} [cancelled]
 * @property {Waits | null} [waits]  what holds its tasks that could be sent
 * @property {string | null} [made_from]  the run that it is another attempt of
 * @property {string | null} [lineage]  the first run of the line
 * @property {string | null} [resolved_by]  the later run that made good what failed
 * @property {number} [left]  how many of the old run's tasks were left out
 * @property {string | null} [error]  how an error of it begins; lists tell it
 * @property {string | null} [later]  the last run that was made from it; lists tell it
 * @property {number} [attempt]  which one it is in its line; lists tell it
 *
 * @typedef {{at: number, by: string | null}} Mark  who did something, and when
 * @typedef {{at: number, by: string | null, what: string, detail: Record<string, unknown> | null}} Action
 *
 * @typedef {object} Rules  of a task, or the defaults of a run
 * @property {string} [run_when]
 * @property {{max: number, backoff?: number, jitter?: number}} [retry]
 * @property {number} [timeout]
 * @property {string} [on_lost]
 * @property {string} [lock]
 *
 * @typedef {object} OwnOptions
 * @property {number} [time_limit]
 * @property {number} [window]
 * @property {Record<string, string>} [rates]  by task
 * @property {Record<string, string>} [locks]
 * @property {number} [priority]
 *
 * @typedef {Rules & OwnOptions} RunOptions
 *
 * @typedef {object} Waits
 * @property {{limit: number, of: string}} [window]
 * @property {Record<string, {rate: string, next: number}>} [rates]  by task
 * @property {Record<string, {run: string, node: string}>} [locks]  who holds each
 * @property {Record<string, string>} [queues]
 *
 * @typedef {object} Wait  why a task is not running
 * @property {string} kind
 * @property {Neighbour[]} [nodes]
 * @property {number} [total]
 * @property {number | null} [at]
 * @property {string | null} [by]
 * @property {number} [limit]
 * @property {string} [of]
 * @property {string} [rate]
 * @property {number} [next]
 * @property {string} [key]
 * @property {string} [run]
 * @property {string} [node]
 * @property {string} [queue]
 * @property {string} [why]
 *
 * @typedef {object} RunsPage
 * @property {RunSummary[]} runs
 * @property {string | null} next
 * @property {number} [singles]  how many runs of one task fit the filter
 * @property {boolean} [singles_capped]  there are more than that
 *
 * @typedef {{running: number, failed: number, resolved: number, succeeded: number}} BoardCounts
 * @typedef {{error: string, runs: number, example: string}} CommonError
 *
 * @typedef {object} BulkPreview  what resubmitting many runs would do
 * @property {string} hash
 * @property {number} runs
 * @property {number} failed  tasks
 * @property {number} blocked
 * @property {number} rest
 * @property {number} later  failed runs that have a later attempt
 * @property {boolean} more  than one bulk takes
 * @property {Array<{id: string, name: string, created: number, error: string | null}>} first
 * @property {number} looked_at  runs that were planned
 * @property {number} run  tasks, in those
 * @property {number} reuse
 * @property {number} refused  runs, of those
 * @property {Array<{code: string, message: string, runs: number}>} problems
 *
 * @typedef {object} Bulk
 * @property {string} id
 * @property {number} at
 * @property {string | null} by
 * @property {string | null} why
 * @property {"RUNNING" | "DONE" | "STOPPED"} state
 * @property {number} total
 * @property {Record<string, unknown>} filter
 * @property {Mark | null} stopped
 * @property {number | null} finished
 * @property {Record<string, number>} outcomes
 * @property {Counts} runs  that it made, by state
 *
 * @typedef {object} BulkItem
 * @property {number} position
 * @property {string} run
 * @property {string | null} name
 * @property {string | null} outcome
 * @property {string | null} new_run
 * @property {string | null} state  of the new run
 * @property {string | null} message
 *
 * @typedef {object} GraphNode
 * @property {number} index
 * @property {string} id
 * @property {string | null} task
 * @property {"task" | "join"} kind
 * @property {unknown} [args]
 * @property {unknown} [kwargs]
 * @property {Record<string, any> | null} [options]
 *
 * @typedef {[parent: number, child: number, kind: string]} Edge
 * @typedef {[parent: number, child: number, kind: string, path: string]} PlacedEdge
 *
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {Record<string, [number, number]>} nodes  centres, in px; where it is folded, by the place of the card
 * @property {PlacedEdge[]} edges
 * @property {Array<[left: number, top: number, width: number, height: number]>} blocks  of members in rows
 * @property {boolean} [down]  from top to bottom, and not from left to right
 *
 * @typedef {object} FoldCard
 * @property {string} id
 * @property {string} label
 * @property {string | null} task
 * @property {Array<[first: number, count: number]>} members  runs of indices
 * @property {number} count
 * @property {boolean} can_open
 * @property {"task" | "join" | "many"} kind
 *
 * @typedef {{how: string, times: number, cards: number[]}} Frame  around cards that show several copies
 *
 * @typedef {object} Folding
 * @property {string} method
 * @property {FoldCard[]} cards
 * @property {Array<[parent: number, child: number, kind: string, count: number]>} edges
 * @property {Frame[]} frames
 * @property {string[]} opened
 * @property {Record<string, number>} apart  how many tasks are told from their like, by what
 * @property {number[]} shown  indices of tasks that are cards of their own
 *
 * @typedef {object} Wanted  what of a folded graph is asked for
 * @property {string[]} open  ids of cards
 * @property {string[]} apart  "failed", "retried"
 * @property {number[]} shown
 * @property {boolean} down  from top to bottom
 *
 * @typedef {object} LayoutError
 * @property {"deadline" | "failed"} code
 * @property {string} message
 *
 * @typedef {object} RunGraph
 * @property {RunSummary} run
 * @property {GraphNode[] | null} nodes  null where there are too many to draw each
 * @property {Edge[] | null} edges
 * @property {Folding | null} [folding]  where there are too many to draw each
 * @property {Layout | null} layout
 * @property {LayoutError | null} layout_error
 *
 * @typedef {{values: any[], codes?: number[] | null}} Column  each value once, and for each node its place, if it has codes
 * @typedef {{seq: number, index: number[] | null, of: Record<string, Column>}} Columns
 * @typedef {{structure: number, parent: number[], child: number[], kind: {values: string[], codes: number[]}}} EdgeColumns
 *
 * @typedef {[index: number, begin: number, asked: number, started: number, finished: number]} Step  in ms after `began`
 *
 * @typedef {object} Timeline
 * @property {number} seq
 * @property {number | null} began  when the first thing happened
 * @property {Array<[index: number, ms: number]>} settled  what is over without having run
 * @property {Step[]} path  the critical one
 * @property {Estimate | null} estimate
 *
 * @typedef {object} Estimate  of how long a run may still take; in seconds
 * @property {number} at
 * @property {number} left
 * @property {number} work
 * @property {number} chain
 * @property {number} parallelism
 * @property {number} unknown
 * @property {Array<[task: string, count: number, median: number]>} tasks
 *
 * @typedef {object} Snapshot
 * @property {RunSummary} run
 * @property {string} states  one digit per index, "-" for a join
 * @property {string} changes  as `readChanges` reads them
 *
 * @typedef {object} Delta  what is missing is null, or nothing
 * @property {string} id
 * @property {number} seq
 * @property {number} [from]  the first of the merged messages; seq when it is one
 * @property {number} structure
 * @property {string} state
 * @property {Counts} counts
 * @property {number} nodes
 * @property {number | null} [started]
 * @property {number | null} [finished]
 * @property {string} changes  as `readChanges` reads them
 * @property {Mark | null} [paused]
 * @property {Mark | null} [cancelled]
 * @property {Waits | null} [waits]
 * @property {string | null} [resolved_by]
 *
 * @typedef {object} Attempt
 * @property {string} state
 * @property {number | null} at
 * @property {string | null} [id]  of the task that was sent, where it is not the node's
 * @property {string | null} [reason]
 * @property {string | null} [worker]
 * @property {string | null} [exception]
 * @property {string | null} [traceback]
 *
 * @typedef {{node: string, outcome: string, state: string | null, message: string}} Outcome  of revoking
 * @typedef {{index: number, id: string, task: string | null, state: string | null}} Neighbour
 * @typedef {{repr: string} | {json: unknown} | null} Value
 *
 * @typedef {object} NodeRow
 * @property {number} index
 * @property {string} id
 * @property {string | null} task
 * @property {string} state
 * @property {string | null} reason
 * @property {number | null} sent
 * @property {number | null} received
 * @property {number | null} started
 * @property {number | null} finished
 * @property {number | null} runtime
 * @property {string | null} worker
 * @property {string | null} queue
 * @property {number} retries
 * @property {number | null} [repeated]  how often its id ran beyond the first time
 * @property {boolean} [conducted]  Umbel sent it
 * @property {number | null} [due]  when it is sent again
 *
 * @typedef {object} Detail
 * @property {string} run
 * @property {unknown} args
 * @property {unknown} kwargs
 * @property {Record<string, unknown> | null} options
 * @property {boolean} immutable
 * @property {unknown} inputs
 * @property {unknown} result
 * @property {string | null} exception
 * @property {string | null} traceback
 * @property {Attempt[]} attempts
 * @property {Rules | null} [rules]
 * @property {Wait[]} [waits]  why it is not running
 * @property {string | null} [note]  what there is to say of it
 * @property {Record<string, {size: number, cut: boolean}>} [values]  how large each is, and whether it is whole
 * @property {number | null} [lost_at]
 * @property {Array<[string, number]>} history
 * @property {string | null} [mark]  reused, kept or forced: it did not run here
 * @property {boolean} [held]
 * @property {{run: string, node: string} | null} [source]  where it ran, or what it was in the run before
 * @property {Neighbour[]} parents
 * @property {Neighbour[]} children
 * @property {number} [parents_total]
 * @property {number} [children_total]
 *
 * @typedef {NodeRow & Detail} NodeDetail
 *
 * @typedef {Array<[first: number, count: number]>} Stretches  of indices
 *
 * @typedef {object} RunSearch
 * @property {number} total
 * @property {Record<string, Stretches>} hits  by where it was found
 * @property {Array<[index: number, before: string, match: string, after: string]>} quotes  of the first hundred
 * @property {"hits" | "time" | null} cut  why not all of the run was searched
 * @property {number} searched  the last index that was looked at
 *
 * @typedef {object} Shared  what failures have more often than successes of the same tasks
 * @property {string} what
 * @property {string} name
 * @property {unknown} value
 * @property {number} failed
 * @property {number} of_failed
 * @property {number} succeeded
 * @property {number} of_succeeded
 * @property {number} lift
 * @property {number} chance
 *
 * @typedef {object} Cluster  failures that are the same error
 * @property {string} key
 * @property {string} type
 * @property {string} message
 * @property {number} messages
 * @property {{file: string, function: string, line: number} | null} frame
 * @property {string[]} tasks
 * @property {number} count
 * @property {Stretches} members
 * @property {number | null} first
 * @property {number | null} last
 * @property {{index: number, id: string}} example
 * @property {Shared[]} shared
 *
 * @typedef {object} Failures
 * @property {number} failed
 * @property {number} looked_at
 * @property {number} succeeded
 * @property {number} compared
 * @property {number} distinct
 * @property {Cluster[]} clusters
 * @property {Shared[]} shared
 *
 * @typedef {object} Attempted  a run of a line
 * @property {string} id
 * @property {string} name
 * @property {string} state
 * @property {string | null} made_from
 * @property {number} created
 * @property {number | null} finished
 * @property {string | null} by
 * @property {string | null} why
 * @property {number} size
 * @property {Counts} counts
 * @property {number} left
 * @property {string | null} resolved_by
 *
 * @typedef {object} Trouble  with a plan
 * @property {string} code
 * @property {string} message
 * @property {string | null} field  of the choice that it is about, such as "edits/0/args"
 * @property {string[]} nodes  the first of those that it is about
 * @property {number} count
 *
 * @typedef {object} Plan  of a resubmission
 * @property {string} run
 * @property {string} hash
 * @property {boolean} ok
 * @property {Counts} counts
 * @property {Counts} of  those that run, by the state that they had
 * @property {string} label
 * @property {string} actions  a letter by index of the old run; see `Looks`
 * @property {Array<{index: number, id: string, why: string}>} needed
 * @property {Array<{index: number, id: string, fields: string[]}>} changed
 * @property {Trouble[]} problems
 * @property {Trouble[]} warnings
 * @property {Array<{run: string, at: number, by: string | null, state: string | null}>} resubmissions
 *
 * @typedef {{name: string, title: string, about: string, tasks: number, run_name: string, shelf?: string, native?: boolean}} DemoWorkflow
 * @typedef {{at: number, lag: number | null, conductor: number | null}} Beat
 */

export {};
