"""PopStream: order, credits, and the ways in which a stream ends."""

import asyncio
import time

import disheap_pb2 as pb
import disheap_pb2_grpc as rpc
import grpc
from client import INT64_MAX, INT64_MIN, Stream, refused, seconds

Code = grpc.StatusCode
ENDS = [0, INT64_MAX, -1, INT64_MIN, 1]


def int64_ends(bench):
    "The whole range of int64 goes in and comes out in order, in both modes"
    for mode, order in ((pb.MIN, sorted(ENDS)), (pb.MAX, sorted(ENDS, reverse=True))):
        topic = bench.topic(mode=mode)
        for priority in ENDS:
            bench.enqueue(topic, str(priority).encode(), priority)
        stream = bench.pop(topic, credits=len(ENDS))
        items = stream.take(len(ENDS))
        assert [item.priority for item in items] == order
        assert [int(item.payload) for item in items] == order
        stream.cancel()


def item_fields(bench):
    "An item carries everything the contract lists; fields that were not sent are absent"
    topic = bench.topic(max_retries_default=5)
    before = time.time()
    sent = bench.enqueue(topic, b"\x00\xff", 7, producer_id="p", epoch=1, sequence=2, max_retries=0)
    bench.enqueue(topic, b"plain", 8)
    stream = bench.pop(topic, credits=2, visibility_timeout=seconds(60))
    item, plain = stream.take(2)
    assert (item.message_id, item.partition_id) == (sent.message_id, sent.partition_id)
    assert (item.topic, item.payload, item.priority) == (topic, b"\x00\xff", 7)
    assert (item.attempts, item.max_retries, plain.max_retries) == (1, 0, 5)
    assert (item.producer_id, item.epoch, item.sequence) == ("p", 1, 2)
    assert not any(plain.HasField(name) for name in ("producer_id", "epoch", "sequence"))
    assert abs(item.enqueued_time.ToMilliseconds() / 1000 - before) < 30
    assert len(item.lease_token) == 43
    lease_s = item.lease_deadline.ToMilliseconds() / 1000 - time.time()
    assert 30 < lease_s < 90, lease_s
    stream.cancel()


def credit_bound(bench):
    "Nothing is written beyond the credits, and more credits continue the stream"
    topic = bench.topic()
    for n in range(5):
        bench.enqueue(topic, priority=n)
    stream = bench.pop(topic, credits=2)
    assert [item.priority for item in stream.take(2)] == [0, 1]
    # The other three stay ready: another consumer may have them.
    other = bench.pop(topic, credits=1)
    assert [item.priority for item in other.take()] == [2]
    other.cancel()
    stream.credits(2)
    assert [item.priority for item in stream.take(2)] == [3, 4]
    stream.cancel()


def credits_first(bench):
    "Credits may come before the filter"
    topic = bench.topic()
    bench.enqueue(topic, b"here")
    stream = Stream(bench.any())
    stream.credits(1)
    stream.filter(topic=topic)
    assert stream.take()[0].payload == b"here"
    stream.cancel()


def pushed(bench):
    "A waiting stream gets what is enqueued later, through any node"
    topic = bench.topic(partitions=3)
    streams = [bench.pop(topic, credits=1, node=node) for node in range(3)]
    for n in range(3):
        bench.enqueue(topic, str(n).encode(), node=n)
    got = sorted(item.payload for stream in streams for item in stream.take())
    assert got == [b"0", b"1", b"2"], got
    for stream in streams:
        stream.cancel()


def half_close(bench):
    "After a half-close the stream delivers what is ready, then ends with OK; leases stay valid"
    topic = bench.topic()
    for n in range(3):
        bench.enqueue(topic, priority=n)
    stream = bench.pop(topic, credits=10)
    stream.half_close()
    items = stream.rest()
    assert stream.call.code() is Code.OK
    assert [item.priority for item in items] == [0, 1, 2]
    for item in items:
        bench.ack(item)
    empty = bench.pop(topic, credits=10)
    empty.half_close()
    assert empty.rest() == [] and empty.call.code() is Code.OK


def cancel(bench):
    "A stream cancelled half way gives its message back after the grace, an earlier ack still counts"
    topic = bench.topic()
    for n in range(2):
        bench.enqueue(topic, priority=n)
    stream = bench.pop(topic, credits=2, visibility_timeout=seconds(600))
    first, second = stream.take(2)
    stream.cancel()
    refused(Code.CANCELLED, stream.rest)
    bench.ack(first)
    other = bench.pop(topic, credits=1)
    (again,) = other.take()
    assert again.message_id == second.message_id and again.attempts == 2
    bench.ack(again)
    other.cancel()


def deadline(bench):
    "A stream with a deadline ends with it; its credits are gone and take nothing more"
    topic = bench.topic()
    stream = Stream(bench.stubs[1], timeout=1)
    stream.filter(topic=topic)
    stream.credits(5)
    refused(Code.DEADLINE_EXCEEDED, stream.rest)
    stream.half_close()
    bench.enqueue(topic)
    other = bench.pop(topic)
    assert other.take()[0].attempts == 1
    other.cancel()


def delayed(bench):
    "A delayed message is shown by Peek and delivered when its time has come"
    topic = bench.topic()
    stream = bench.pop(topic)
    started = time.monotonic()
    bench.enqueue(topic, not_before=seconds(1.5))
    assert len(bench.call("Peek", pb.PeekReq(topic=topic)).items) == 1
    stream.take()
    assert time.monotonic() - started >= 1.4
    stream.cancel()


def bad_streams(bench):
    "A stream that cannot work ends with the contract's code"
    topic = bench.topic()
    for code, fields in [
        (Code.NOT_FOUND, {"topic": "nowhere"}),
        (Code.INVALID_ARGUMENT, {"topic": ""}),
        (Code.INVALID_ARGUMENT, {"topic": topic, "partition_ids": [1]}),
        (Code.INVALID_ARGUMENT, {"topic": topic, "visibility_timeout": seconds(0)}),
    ]:
        stream = bench.pop(**fields)
        refused(code, stream.rest)
        stream.half_close()


def many_streams(bench):
    "A hundred streams on one connection, each gets one message"
    topic = bench.topic(partitions=2)
    streams = [bench.pop(topic, node=1) for _ in range(100)]
    for n in range(100):
        bench.enqueue(topic, priority=n)
    ids = {item.message_id for stream in streams for item in stream.take()}
    assert len(ids) == 100
    for stream in streams:
        stream.cancel()


def asynchronous(bench):
    "The asyncio client, as SDKs use it: enqueue, pop, ack, cancel"
    topic = bench.topic()
    payloads = asyncio.run(_roundtrip(bench.cluster.nodes[2].endpoint, topic))
    assert payloads == [b"0", b"1", b"2"]


async def _roundtrip(endpoint, topic):
    async with grpc.aio.insecure_channel(endpoint) as channel:
        stub = rpc.DisheapStub(channel)
        await asyncio.gather(
            *(
                stub.Enqueue(pb.EnqueueReq(topic=topic, payload=str(n).encode(), priority=n))
                for n in range(3)
            )
        )
        call = stub.PopStream()
        await call.write(pb.PopOpen(filter=pb.PopFilter(topic=topic)))
        await call.write(pb.PopOpen(flow_control=pb.FlowControl(credits=3)))
        payloads = []
        for _ in range(3):
            item = await call.read()
            await stub.Ack(
                pb.AckReq(topic=topic, message_id=item.message_id, lease_token=item.lease_token)
            )
            payloads.append(item.payload)
        call.cancel()
        return payloads


CASES = [
    int64_ends,
    item_fields,
    credit_bound,
    credits_first,
    pushed,
    half_close,
    cancel,
    deadline,
    delayed,
    bad_streams,
    many_streams,
    asynchronous,
]
