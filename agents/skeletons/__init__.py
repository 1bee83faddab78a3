"""What `seqmarket strategy new` writes for each role: a whole strategy, named `Skeleton` until it has a name."""
