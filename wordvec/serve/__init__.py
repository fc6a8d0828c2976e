"""A JSON service over vectors, and `wordvec serve`, which runs it.

How a request is answered, and by which module:

    request -> checks of host, rate, size, time (`guard`) -> a checked structure (`messages`), by the table of `routes`
    -> the opened model by name (`models`) -> threads, where queries that wait are gathered (`work`, `batching`)
    -> `KeyedVectors` (`answers`, `words`) -> JSON, or problem+json (`service`)

A request takes its model once, and keeps it to the end, whatever is loaded in the meantime; nothing is ever written.
The event loop reads requests and looks words up; scans and all else that takes long run in threads. `settings` is all
that a worker is told; `processes` binds the address and runs workers; `metrics` are counts in memory that they share;
`assets` are the files of the explorer, which are in `page/`.

Starlette, uvicorn and msgspec come with `pip install "wordvec[serve]"`. A server of one's own takes the application
`Service(Settings(models={"name": "path"}))` of `wordvec.serve.service` and `wordvec.serve.settings`.
"""
