"""Reflection, both versions: a client that knows nothing links the files and makes a call."""

import grpc
from client import ANSWER_MAX_S
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha import reflection_pb2 as reflection
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

SERVICE = "disheap.v1.Disheap"


def listing(bench):
    "Both versions list the services"
    for version in ("v1", "v1alpha"):
        answer = _ask(bench, version, reflection.ServerReflectionRequest(list_services=""))
        names = {service.name for service in answer.list_services_response.service}
        assert {SERVICE, "grpc.health.v1.Health"} <= names, names


def linking(bench):
    "Every file links against the well-known types, and presence survives"
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(bench.channels[1]))
    service = pool.FindServiceByName(SERVICE)
    assert service.file.name == "disheap.proto"
    assert [file.name for file in service.file.dependencies] == [
        "google/protobuf/duration.proto",
        "google/protobuf/empty.proto",
        "google/protobuf/timestamp.proto",
    ]
    enqueue = service.methods_by_name["Enqueue"].input_type
    assert enqueue.fields_by_name["not_before"].message_type.full_name == "google.protobuf.Duration"
    assert enqueue.fields_by_name["epoch"].has_presence
    assert not enqueue.fields_by_name["priority"].has_presence
    ack = service.methods_by_name["Ack"]
    assert ack.output_type.full_name == "google.protobuf.Empty"
    assert service.methods_by_name["PopStream"].client_streaming
    pool.FindServiceByName("grpc.health.v1.Health")


def well_known(bench):
    "Both versions resolve the well-known types, alone and as a file"
    for version in ("v1", "v1alpha"):
        for name in ("Duration", "Timestamp", "Empty"):
            path = f"google/protobuf/{name.lower()}.proto"
            for request in (
                reflection.ServerReflectionRequest(file_containing_symbol=f"google.protobuf.{name}"),
                reflection.ServerReflectionRequest(file_by_filename=path),
            ):
                answer = _ask(bench, version, request)
                protos = answer.file_descriptor_response.file_descriptor_proto
                files = [FileDescriptorProto.FromString(each) for each in protos]
                found = [file for file in files if file.name == path]
                assert len(found) == 1, [file.name for file in files]
                assert [message.name for message in found[0].message_type] == [name]


def calling(bench):
    "A call made only of what reflection says works"
    topic = bench.topic()
    channel = bench.channels[2]
    pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindMethodByName(f"{SERVICE}.Enqueue")
    request = GetMessageClass(method.input_type)(topic=topic, payload=b"dynamic", priority=-5)
    call = channel.unary_unary(
        f"/{SERVICE}/Enqueue",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    answer = call(request, timeout=ANSWER_MAX_S)
    assert len(answer.message_id) == 26 and not answer.duplicate


def unknown(bench):
    "An unknown symbol is an answer, not the end of the stream"
    request = reflection.ServerReflectionRequest(file_containing_symbol="no.such.Symbol")
    for version in ("v1", "v1alpha"):
        answer = _ask(bench, version, request)
        assert answer.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


def _ask(bench, version, request):
    """The two versions differ in their name only."""
    call = bench.channels[0].stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=reflection.ServerReflectionResponse.FromString,
    )
    (answer,) = call(iter([request]), timeout=ANSWER_MAX_S)
    return answer


CASES = [listing, linking, well_known, calling, unknown]
