"""Designs: at which points of some levers to run, and what the outcomes there say of each lever.

One file is one method; nothing else is edited. The file has these module-level names::

    TITLE = "..."            a line for lists (a literal)
    SIZES = "..."            which sizes there are, for complaints (a literal)
    STRANDS = "..."          what a strand is called, in the plural: points that are of use together only
    HEADLINE = "..."         the index by which levers are ranked
    INDICES = {...}          each index, and what it is, with its unit where that is not the outcome's

    def allowed(size: int) -> bool:
        '''Whether there is a design of that size.'''

    def points(levers: int, size: int, seed: int) -> tuple[list[list[float | None]], list[int]]:
        '''Points as shares of each lever's range, None where the configuration's own value stays; and each point's
        strand, numbered from 0.'''

    def rows(design: Design, samples: NDArray, whole: NDArray) -> Iterator[Row]:
        '''Rows of an outcome's summary. `samples` has shape (points, seeds); `whole`, shape (points,), marks the points
        of strands of which no run is missing, and the others hold NaN somewhere.'''

The same seeds are used at every point, and indices are those of the mean over seeds.
"""
