"""What a change of the proto files would break for readers and writers of a released version."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
)

Declaration: TypeAlias = DescriptorProto | EnumDescriptorProto


def breaking_changes(before: FileDescriptorSet, after: FileDescriptorSet) -> list[str]:
    """List every declaration of ``before`` that ``after`` changes or drops.

    New messages, fields and enum values are fine, and so is a field that goes when its number and
    name are reserved.
    """
    old, new = declarations(before), declarations(after)
    found: list[str] = []
    for name, declaration in old.items():
        current = new.get(name)
        if type(current) is not type(declaration):
            found.append(f"{name}: removed")
        elif isinstance(declaration, DescriptorProto) and isinstance(current, DescriptorProto):
            found.extend(message_changes(name, declaration, current))
        elif isinstance(declaration, EnumDescriptorProto) and isinstance(
            current, EnumDescriptorProto
        ):
            found.extend(enum_changes(name, declaration, current))
    return found


def declarations(files: FileDescriptorSet) -> Mapping[str, Declaration]:
    """Return every message and enum by its full name."""
    named: dict[str, Declaration] = {}
    for file in files.file:
        named.update({f"{file.package}.{enum.name}": enum for enum in file.enum_type})
        for message in file.message_type:
            named.update(nested(f"{file.package}.{message.name}", message))
    return named


def nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, Declaration]]:
    """Yield a message and all that is declared inside it."""
    yield name, message
    for enum in message.enum_type:
        yield f"{name}.{enum.name}", enum
    for inner in message.nested_type:
        yield from nested(f"{name}.{inner.name}", inner)


def message_changes(name: str, old: DescriptorProto, new: DescriptorProto) -> Iterator[str]:
    """Compare the fields of a message by their numbers."""
    current = {field.number: field for field in new.field}
    given_up = {number for part in old.reserved_range for number in range(part.start, part.end)}
    reserved = {number for part in new.reserved_range for number in range(part.start, part.end)}
    for number in sorted(given_up & current.keys()):
        yield f"{name}: number {number} was reserved and is used again"
    for field in old.field:
        place = f"{name} field {field.number} ({field.name})"
        if field.number in current:
            yield from field_changes(place, old, field, new, current[field.number])
        elif field.number not in reserved or field.name not in new.reserved_name:
            yield f"{place}: removed without reserving its number and name"


def field_changes(
    place: str,
    old_message: DescriptorProto,
    old: FieldDescriptorProto,
    new_message: DescriptorProto,
    new: FieldDescriptorProto,
) -> Iterator[str]:
    """Compare two fields of one number."""
    if old.name != new.name:
        yield f"{place}: name is {new.name}"
    if (old.type, old.type_name) != (new.type, new.type_name):
        yield f"{place}: type changed"
    if old.label != new.label:
        yield f"{place}: label changed"
    if presence(old_message, old) != presence(new_message, new):
        yield f"{place}: presence changed"


def presence(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    """Say how a field tells absence: by itself, as an arm of a oneof, or not at all."""
    if field.proto3_optional:
        return "optional"
    return message.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else ""


def enum_changes(name: str, old: EnumDescriptorProto, new: EnumDescriptorProto) -> Iterator[str]:
    """Compare the values of an enum by their numbers."""
    current = {value.number: value.name for value in new.value}
    for value in old.value:
        if current.get(value.number) != value.name:
            yield f"{name} value {value.number} ({value.name}): renamed, renumbered or removed"
