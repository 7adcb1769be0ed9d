"""Hand-written fakes: real sockets that misbehave on purpose."""
