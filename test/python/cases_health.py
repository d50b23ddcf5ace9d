"""Health, keepalive, and what a client sees when a node shuts down. These cases stop a node."""

import queue
import threading
import time

import disheap_pb2 as pb
import grpc
from client import ANSWER_MAX_S, refused
from grpc_health.v1 import health_pb2 as health
from grpc_health.v1 import health_pb2_grpc as health_rpc

Code = grpc.StatusCode
SERVING = health.HealthCheckResponse.SERVING
NOT_SERVING = health.HealthCheckResponse.NOT_SERVING


def check(bench):
    "Check says SERVING for the node and for the service, and NOT_FOUND for others"
    for channel in bench.channels:
        stub = health_rpc.HealthStub(channel)
        for name in ("", "disheap.v1.Disheap"):
            answer = stub.Check(health.HealthCheckRequest(service=name), timeout=ANSWER_MAX_S)
            assert answer.status == SERVING
        other = health.HealthCheckRequest(service="other")
        refused(Code.NOT_FOUND, stub.Check, other, timeout=ANSWER_MAX_S)


def keepalive(bench):
    "A client that pings every 5 s without calls is not sent away, five pings long"
    # A server that minds sends GOAWAY at the third ping; the cases before have used up most of this.
    time.sleep(max(0, bench.pinger_since + 26 - time.monotonic()))
    names = [state.name for state in bench.pinger_states]
    assert names.count("READY") == 1 and names[-1] == "READY", names


def shutdown(bench):
    "Watch hears NOT_SERVING before the node goes; a stream ends with UNAVAILABLE; the exit code is 0"
    topic = bench.topic()
    node = 2
    watch = health_rpc.HealthStub(bench.channels[node]).Watch(
        health.HealthCheckRequest(service="disheap.v1.Disheap")
    )
    heard = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(watch, heard), daemon=True).start()
    assert heard.get(timeout=ANSWER_MAX_S) == SERVING
    stream = bench.pop(topic, node=node)
    # The stream is open once it has delivered something.
    bench.enqueue(topic)
    stream.take()
    assert bench.cluster.nodes[node].stop() == 0
    assert heard.get(timeout=ANSWER_MAX_S) == NOT_SERVING
    assert heard.get(timeout=ANSWER_MAX_S) is Code.UNAVAILABLE
    refused(Code.UNAVAILABLE, stream.rest)
    bench.call("Stats", pb.StatsReq(), node=0)


def _listen(watch, heard):
    """Reads as it comes: what is unread when a connection ends is lost."""
    try:
        for answer in watch:
            heard.put(answer.status)
    except grpc.RpcError as error:
        heard.put(error.code())


CASES = [check, keepalive, shutdown]
