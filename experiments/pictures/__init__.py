"""Pictures of single markets for the gallery: what to run, and what draws it.

One file is one picture; nothing else is edited. The file has these module-level names, each a literal string::

    TITLE = "..."        what is seen, and of which runs
    FIGURE = "..."       figure that draws it, whose caption it has
    COMMANDS = "..."     commands of `seqmarket`, one a line or continued behind a backslash; the last ends with the
                         option that takes the file to draw into

They run one after the other in a folder of their own, in which pictures share their tapes: a command that stands in
several files is run once.
"""
