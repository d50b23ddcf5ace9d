"""What the cases share: channels to every node, fresh topics, and a pop stream driven by hand."""

import queue
import random
import time

import disheap_pb2 as pb
import disheap_pb2_grpc as rpc
import grpc
from google.protobuf.duration_pb2 import Duration

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
#: Every unary call must be answered within this; a hang is a failure, not a wait.
ANSWER_MAX_S = 20


def seconds(value):
    whole = int(value)
    return Duration(seconds=whole, nanos=round((value - whole) * 1_000_000_000))


class Bench:
    def __init__(self, cluster):
        self.cluster = cluster
        # A client that pings often and without calls, beside all the others: section 1 allows it.
        self.pinger = grpc.insecure_channel(
            cluster.nodes[0].endpoint,
            options=[
                ("grpc.keepalive_time_ms", 5_000),
                ("grpc.keepalive_timeout_ms", 5_000),
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.max_pings_without_data", 0),
            ],
        )
        self.pinger_since = time.monotonic()
        self.pinger_states = []
        self.pinger.subscribe(self.pinger_states.append, try_to_connect=True)
        self.channels = [grpc.insecure_channel(node.endpoint) for node in cluster.nodes]
        self.stubs = [rpc.DisheapStub(channel) for channel in self.channels]
        self._random = random.Random(7)
        self._topics = 0

    def any(self):
        """The stub of some node: every call must work on each."""
        return self._random.choice(self.stubs)

    def call(self, method, request, node=None):
        stub = self.any() if node is None else self.stubs[node]
        return getattr(stub, method)(request, timeout=ANSWER_MAX_S)

    def topic(self, **settings):
        self._topics += 1
        name = f"python-{self._topics}"
        self.call("MakeHeap", pb.MakeHeapReq(topic=name, **settings))
        return name

    def enqueue(self, topic, payload=b"x", priority=0, node=None, **fields):
        request = pb.EnqueueReq(topic=topic, payload=payload, priority=priority, **fields)
        return self.call("Enqueue", request, node)

    def pop(self, topic, credits=1, node=None, **filter_fields):
        """A stream that has sent its filter and its first credits."""
        stub = self.any() if node is None else self.stubs[node]
        stream = Stream(stub)
        stream.filter(topic=topic, **filter_fields)
        stream.credits(credits)
        return stream

    def ack(self, item, node=None):
        request = pb.AckReq(
            topic=item.topic, message_id=item.message_id, lease_token=item.lease_token
        )
        return self.call("Ack", request, node)

    def close(self):
        self.pinger.close()
        for channel in self.channels:
            channel.close()


class Stream:
    """One PopStream call. Requests are sent when a method is called; `half_close` ends them."""

    def __init__(self, stub, timeout=None):
        self._requests = queue.SimpleQueue()
        self.call = stub.PopStream(iter(self._requests.get, None), timeout=timeout)

    def filter(self, **fields):
        self._requests.put(pb.PopOpen(filter=pb.PopFilter(**fields)))

    def credits(self, count):
        self._requests.put(pb.PopOpen(flow_control=pb.FlowControl(credits=count)))

    def half_close(self):
        self._requests.put(None)

    def take(self, count=1):
        return [next(self.call) for _ in range(count)]

    def rest(self):
        """Every further item, until the server ends the stream."""
        return list(self.call)

    def cancel(self):
        self.call.cancel()
        self.half_close()


def refused(code, run, *arguments, **options):
    """The error of a call that must fail with `code` and say why in a sentence."""
    try:
        answer = run(*arguments, **options)
    except grpc.RpcError as error:
        assert error.code() is code, f"expected {code.name}, got {error.code()}: {error.details()}"
        assert error.details(), "an error without a text"
        return error
    raise AssertionError(f"expected {code.name}, got an answer: {answer}")
