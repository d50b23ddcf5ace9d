"""Unary calls: topics, enqueue, settling, peek, stats; each through some node."""

import re

import disheap_pb2 as pb
import grpc
from client import ANSWER_MAX_S, INT64_MAX, INT64_MIN, refused, seconds

Code = grpc.StatusCode


def make_heap(bench):
    "MakeHeap answers, and every node shows the topic with its defaults"
    name = "made-by-python"
    answer = bench.call("MakeHeap", pb.MakeHeapReq(topic=name), node=0)
    assert answer.topic == name
    assert re.fullmatch(name + r"-\d{10}", answer.heap_id), answer.heap_id
    for node in range(3):
        heaps = bench.call("ListHeaps", pb.ListHeapsReq(), node).heaps
        heap = next(heap for heap in heaps if heap.topic == name)
        assert (heap.mode, heap.partitions, heap.replication_factor) == (pb.MIN, 1, 3)
        assert heap.retention_time.seconds == 24 * 3600 and heap.max_payload_bytes == 1 << 20
        assert heap.dlq_policy.enabled and heap.dlq_policy.retention_time.seconds == 7 * 24 * 3600
        assert heap.created_at.seconds > 1_500_000_000 and heap.HasField("stats")
    error = refused(Code.ALREADY_EXISTS, bench.call, "MakeHeap", pb.MakeHeapReq(topic=name))
    assert "already exists" in error.details()


def sdk_create(bench):
    "MakeHeap accepts what the Python SDK sends: one partition, factor 2, dead letters without retention"
    topic = bench.topic(
        partitions=1,
        replication_factor=2,
        top_k_bound=100,
        visibility_timeout_default=seconds(300),
        max_retries_default=3,
        max_payload_bytes=1 << 20,
        dlq_policy=pb.DLQPolicy(enabled=True),
    )
    stats = bench.call("Stats", pb.StatsReq(topic=topic)).topic_stats[topic]
    assert len(stats.partition_stats[0].replica_nodes) == 3, stats


def list_pages(bench):
    "ListHeaps gives every topic once over pages, sorted"
    names, token = [], ""
    while True:
        page = bench.call("ListHeaps", pb.ListHeapsReq(page_size=1, page_token=token))
        assert len(page.heaps) <= 1
        names += [heap.topic for heap in page.heaps]
        token = page.next_page_token
        if not token:
            break
    everything = bench.call("ListHeaps", pb.ListHeapsReq(page_size=1000))
    assert names == sorted(names) == [heap.topic for heap in everything.heaps]


def duplicates(bench):
    "Enqueue with the same producer, epoch and sequence is one message; presence decides"
    topic = bench.topic(partitions=2)
    triple = {"producer_id": "python", "epoch": 2**64 - 1, "sequence": 2**64 - 1}
    first = bench.enqueue(topic, **triple)
    again = bench.enqueue(topic, b"other", 9, **triple)
    assert not first.duplicate and again.duplicate
    assert (again.message_id, again.partition_id) == (first.message_id, first.partition_id)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", first.message_id), first.message_id
    assert not bench.enqueue(topic, producer_id="python", epoch=1).duplicate
    assert not bench.enqueue(topic, producer_id="python", epoch=1).duplicate
    item = next(
        item
        for item in bench.call("Peek", pb.PeekReq(topic=topic)).items
        if item.HasField("sequence")
    )
    assert (item.producer_id, item.epoch, item.sequence) == ("python", 2**64 - 1, 2**64 - 1)


def bad_requests(bench):
    "Wrong requests get the contract's code and a text"
    topic = bench.topic(max_payload_bytes=1000)
    invalid = [
        ("MakeHeap", pb.MakeHeapReq(topic="a b")),
        ("MakeHeap", pb.MakeHeapReq(topic="ok", retention_time=seconds(-1))),
        ("Enqueue", pb.EnqueueReq(topic="", payload=b"x")),
        ("Enqueue", pb.EnqueueReq(topic=topic)),
        ("Enqueue", pb.EnqueueReq(topic=topic, payload=bytes(1001))),
        ("Enqueue", pb.EnqueueReq(topic=topic, payload=b"x", not_before=seconds(-1))),
        ("Ack", pb.AckReq(topic=topic, message_id="0" * 26)),
        ("Extend", pb.ExtendReq(topic=topic, lease_token="0" * 43)),
        ("Peek", pb.PeekReq()),
    ]
    for method, request in invalid:
        refused(Code.INVALID_ARGUMENT, bench.call, method, request)
    for method, request in [
        ("Enqueue", pb.EnqueueReq(topic="nowhere", payload=b"x")),
        ("Stats", pb.StatsReq(topic="nowhere")),
        ("Peek", pb.PeekReq(topic="nowhere")),
        ("DeleteHeap", pb.DeleteHeapReq(topic="nowhere", force=True)),
    ]:
        error = refused(Code.NOT_FOUND, bench.call, method, request)
        assert "not found" in error.details()


def not_built(bench):
    "What this version does not have answers UNIMPLEMENTED with a sentence, on every node"
    for method, request in [
        ("UpdateHeapConfig", pb.UpdateHeapConfigReq(topic="t")),
        ("Purge", pb.PurgeReq(topic="t", force=True)),
        ("MoveToDLQ", pb.MoveToDlqReq(topic="t", message_id="0" * 26)),
        ("EnqueueBatch", pb.EnqueueBatchReq(requests=[pb.EnqueueReq(topic="t", payload=b"x")])),
    ]:
        for node in range(3):
            refused(Code.UNIMPLEMENTED, bench.call, method, request, node=node)


def raw_bytes(bench):
    "Bytes that are no message get INVALID_ARGUMENT, and the connection lives on"
    method = bench.channels[0].unary_unary("/disheap.v1.Disheap/Enqueue")
    refused(Code.INVALID_ARGUMENT, method, b"\xff\xff\xff\xff", timeout=ANSWER_MAX_S)
    unknown = bench.channels[0].unary_unary("/disheap.v1.Disheap/NoSuchMethod")
    refused(Code.UNIMPLEMENTED, unknown, b"", timeout=ANSWER_MAX_S)
    bench.call("Stats", pb.StatsReq(), node=0)


def sizes(bench):
    "A payload of exactly the topic's limit goes through; a message above 4 MiB is refused"
    topic = bench.topic()
    payload = bytes(range(256)) * 4096
    bench.enqueue(topic, payload)
    stream = bench.pop(topic)
    (item,) = stream.take()
    assert item.payload == payload
    bench.ack(item)
    stream.cancel()
    refused(Code.RESOURCE_EXHAUSTED, bench.enqueue, topic, bytes(5 << 20))


def settling(bench):
    "Ack is final and repeatable; a wrong token fails; nack 0 gives the message again at once"
    topic = bench.topic()
    bench.enqueue(topic, b"work")
    stream = bench.pop(topic, credits=2, node=0)
    (item,) = stream.take()
    nack = pb.NackReq(
        topic=topic,
        message_id=item.message_id,
        lease_token=item.lease_token,
        backoff_override=seconds(0),
        reason="again",
    )
    bench.call("Nack", nack, node=1)
    bench.call("Nack", nack, node=2)
    (again,) = stream.take()
    assert (again.message_id, again.attempts) == (item.message_id, 2)
    assert again.lease_token > item.lease_token
    refused(Code.FAILED_PRECONDITION, bench.ack, item)
    bench.ack(again, node=2)
    bench.ack(again, node=1)
    stream.cancel()


def extending(bench):
    "Extend counts from the old deadline, and Peek shows it"
    topic = bench.topic(visibility_timeout_default=seconds(60))
    bench.enqueue(topic)
    stream = bench.pop(topic)
    (item,) = stream.take()
    request = pb.ExtendReq(topic=topic, lease_token=item.lease_token, extension=seconds(30))
    bench.call("Extend", request)
    (seen,) = bench.call("Peek", pb.PeekReq(topic=topic)).items
    assert seen.is_leased
    moved = seen.lease_deadline.ToMilliseconds() - item.lease_deadline.ToMilliseconds()
    assert moved == 30_000, moved
    stream.cancel()


def peeking(bench):
    "Peek shows the best first, says that there is more, and changes nothing"
    topic = bench.topic(mode=pb.MAX, partitions=3)
    for priority in (INT64_MIN, -1, 0, 1, INT64_MAX):
        bench.enqueue(topic, priority=priority)
    for node in range(3):
        answer = bench.call("Peek", pb.PeekReq(topic=topic, limit=3), node)
        assert [item.priority for item in answer.items] == [INT64_MAX, 1, 0]
        assert answer.has_more
        assert not any(item.is_leased or item.HasField("lease_deadline") for item in answer.items)
    answer = bench.call("Peek", pb.PeekReq(topic=topic))
    assert [item.priority for item in answer.items] == [INT64_MAX, 1, 0, -1, INT64_MIN]
    assert not answer.has_more


def counters(bench):
    "Stats counts the same on every node, per topic and per partition"
    topic = bench.topic(partitions=2)
    for _ in range(4):
        bench.enqueue(topic)
    stream = bench.pop(topic, credits=2)
    first, _ = stream.take(2)
    bench.ack(first)
    for node in range(3):
        answer = bench.call("Stats", pb.StatsReq(topic=topic), node)
        stats = answer.topic_stats[topic]
        assert list(answer.topic_stats) == [topic]
        assert (stats.total_messages, stats.inflight_messages) == (3, 1)
        assert (stats.total_enqueues, stats.total_pops, stats.total_acks) == (4, 2, 1)
        assert sorted(stats.partition_stats) == [0, 1]
        assert all(part.is_healthy and part.leader_node for part in stats.partition_stats.values())
        assert answer.global_stats.total_enqueues >= 4
    stream.cancel()


def deleting(bench):
    "DeleteHeap wants force or the token of its own refusal, and ends open streams"
    topic = bench.topic()
    stream = bench.pop(topic, node=1)
    error = refused(
        Code.FAILED_PRECONDITION, bench.call, "DeleteHeap", pb.DeleteHeapReq(topic=topic), node=0
    )
    token = dict(error.trailing_metadata())["disheap-confirmation-token"]
    bench.call("DeleteHeap", pb.DeleteHeapReq(topic=topic, confirmation_token=token), node=0)
    refused(Code.NOT_FOUND, stream.rest)
    refused(Code.NOT_FOUND, bench.enqueue, topic)


def deadlines(bench):
    "A unary call with a deadline that has passed ends on both sides"
    stub = bench.any()
    try:
        stub.Stats(pb.StatsReq(), timeout=0.000_001)
        raise AssertionError("a call answered before it could be sent")
    except grpc.RpcError as error:
        assert error.code() is Code.DEADLINE_EXCEEDED, error.code()
    stub.Stats(pb.StatsReq(), timeout=ANSWER_MAX_S)


CASES = [
    make_heap,
    sdk_create,
    list_pages,
    duplicates,
    bad_requests,
    not_built,
    raw_bytes,
    sizes,
    settling,
    extending,
    peeking,
    counters,
    deleting,
    deadlines,
]
