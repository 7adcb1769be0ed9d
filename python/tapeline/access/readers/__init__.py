"""A reader for each kind of store; ``open_reader(target)`` of its module makes one."""
