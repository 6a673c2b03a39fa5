"""Runs over inputs of any size into a folder, which can be killed anywhere and go on.

A run is planned as *shards*, of which each becomes one file of the folder. A worker process reads
its shard by itself, scores it and renames the finished file into place; the parent hands out
numbers. What a shard gives depends on nothing but the shard, so that a run that was killed, went on
in another number of processes and was killed again ends with the same bytes as any other.
"""
