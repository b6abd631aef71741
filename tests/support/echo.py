"""The least a worker can do: frames in, the same frames out. The floor of the round-trip bench."""

import sys

if __name__ == "__main__":
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(4):
        body = source.read(int.from_bytes(header, "big"))
        sink.write(header + body)
        sink.flush()
