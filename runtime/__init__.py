"""From artifact to answers: load, attach, read, print."""
