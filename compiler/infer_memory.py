"""Types of what is reached through pointers: members, array items, casts, sizes, by the layouts of the kernel's BTF.

    p->mm->total_vm   ->   Load(Load(p, offset of mm), offset of total_vm)      one read for each pointer on the way

A struct within a struct costs nothing: its offset is added. Tuples are taken apart here, too.
"""

from ..grammar.frozen import dataclass
from ..grammar.render import suggest
from ..grammar.source import Span
from .access import Named
from .ast import Call, Cast, Expression, Index, IntLiteral, Member, OffsetOf, SizeOf, TypeName, Unary
from .c_types import INTEGERS
from .host import MemberLayout, RecordLayout
from .infer_context import Context
from .refusal import Wrong
from .resolve import FIELDS
from .typed import Apply, Constant, ContextField, Convert, Load, Operation, Part, TextAt, TypedExpression
from .types import (
    S64,
    U64,
    VOID,
    Array,
    Bytes,
    Int,
    Pointer,
    Space,
    Str,
    Struct,
    Tuple,
    Type,
    describe,
    slot_size,
    storage,
)

U8 = Int(8, signed=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Memory of a type, `offset` bytes after an address."""

    address: TypedExpression
    offset: int
    type: Type
    shift: int = 0
    width: int = 0


class Memory(Context):
    """Expressions that reach into memory."""

    def type_of(self, name: TypeName) -> Type:
        """The type that a C name stands for; raises Wrong."""
        kind = self._base(name)
        for _ in range(name.pointers):
            kind = Pointer(None if kind == VOID else kind)
        return Array(kind, name.length) if name.length else kind

    def _base(self, name: TypeName) -> Type:
        if name.name in INTEGERS:
            return INTEGERS[name.name]
        if name.name == "void":
            return VOID
        if name.name.startswith(("struct ", "union ")):
            if self.host.record(name.name) is None:
                raise Wrong("unknown-type", f"this kernel has no `{name.name}`", name.span, self._no_types())
            return Struct(name.name)
        found = self.host.type_named(name.name)
        if found is None:
            close = suggest(name.name, INTEGERS)
            hint = f"did you mean `{close}`?" if close else self._no_types()
            raise Wrong("unknown-type", f"there is no type `{name.name}`", name.span, hint)
        return found

    def _no_types(self) -> str:
        missing = self.host.missing("btf")
        return missing.why if missing else "`bpftool btf dump file /sys/kernel/btf/vmlinux format c` lists the kernel's"

    def cast(self, cast: Cast) -> TypedExpression:
        """A number as another type."""
        operand = self.expression(cast.operand)
        kind = self.type_of(cast.type)
        if not isinstance(kind, Int | Pointer):
            raise Wrong("wrong-cast", f"nothing can be cast to {describe(kind)}", cast.span, "cast to a pointer to it")
        if not isinstance(storage(operand.type), Int):
            raise Wrong("wrong-cast", f"{describe(operand.type)} cannot be cast to {describe(kind)}", cast.span)
        if isinstance(kind, Pointer):
            stored = storage(operand.type)
            space: Space = stored.space if isinstance(stored, Int) else ""
            kind = Pointer(kind.target, space)
        return Convert(cast.span, kind, operand)

    def size_of(self, size: SizeOf) -> TypedExpression:
        """A constant."""
        if isinstance(size.operand, TypeName):
            return Constant(size.span, U64, self.bytes_of(self.type_of(size.operand), size.span))
        if isinstance(size.operand, Member | Index) and not self._is_special(size.operand):
            return Constant(size.span, U64, self.bytes_of(self.place(size.operand).type, size.span))
        return Constant(size.span, U64, self.bytes_of(self.expression(size.operand).type, size.span))

    def offset_of(self, offset: OffsetOf) -> TypedExpression:
        """A constant."""
        kind, total = self.type_of(offset.type), 0
        for name in offset.path:
            member = self._member(kind, name, offset.span)
            total += member.bit_offset // 8
            kind = member.type
        return Constant(offset.span, U64, total)

    def bytes_of(self, kind: Type, span: Span) -> int:
        """How much memory a type takes; raises Wrong for what has no size."""
        match kind:
            case Int(bits=bits):
                return bits // 8
            case Pointer():
                return 8
            case Array(item=item, length=length):
                return length * self.bytes_of(item, span)
            case Struct(name=name):
                return self._layout(name, span).size
            case Str() | Tuple():
                return slot_size(kind)
        raise Wrong("no-size", f"{describe(kind)} has no size", span)

    # Places

    def address(self, expression: Expression) -> TypedExpression:
        """See `Context.address`."""
        if isinstance(expression, Member | Index | Unary) and not self._is_special(expression):
            if isinstance(expression, Unary) and expression.operator != "*":
                return self.expression(expression)
            place = self.place(expression)
            if isinstance(place.type, Struct | Array):
                offset = Constant(expression.span, S64, place.offset)
                return Operation(expression.span, Pointer(place.type, "kernel"), "+", place.address, offset, False)
        return (self._own_address(expression) if isinstance(expression, Member) else None) or self.expression(
            expression
        )

    def _own_address(self, member: Member) -> TypedExpression | None:
        """That of an array in the probe's own record, as `args.saddr_v6`; None for what is none."""
        if not self._is_special(member) or member.name.isdecimal():
            return None
        found = self.access.fields().get(member.name)
        if found is None or found.argument >= 0 or found.located or not isinstance(found.type, Str | Bytes):
            return None
        kind, offset = Pointer(Array(U8, found.bits // 8), "kernel"), Constant(member.span, S64, found.offset)
        return Operation(member.span, kind, "+", _record(member.span), offset, False)

    def memory(self, expression: Member | Index | Unary) -> TypedExpression:
        """The value in a place."""
        if isinstance(expression, Member):
            special = self._special(expression)
            if special is not None:
                return special
        if isinstance(expression, Index) and isinstance(expression.operand, Member):
            item = self._own_item(expression.operand, expression.index, expression.span)
            if item is not None:
                return item
        return self.value_at(self.place(expression), expression.span)

    def _special(self, member: Member) -> TypedExpression | None:
        """`args.count` and `t.0`, which are not reached by an address."""
        if isinstance(member.operand, Call) and member.operand.name in FIELDS and not member.operand.arguments:
            return self._own_field(member)
        if member.name.isdecimal():
            whole = self.expression(member.operand)
            number = int(member.name)
            if not isinstance(whole.type, Tuple) or number >= len(whole.type.items):
                message = f"{describe(whole.type)} has no part {number}"
                raise Wrong("no-such-part", message, member.span, "parts of a tuple are numbered from 0")
            items = whole.type.items
            return Part(member.span, items[number], whole, sum(slot_size(item) for item in items[:number]))
        return None

    def _own_item(self, member: Member, index: Expression, span: Span) -> TypedExpression | None:
        """`args.args[2]`, an item of an array in the probe's own record; None for what is no such array."""
        if not self._is_special(member) or member.name.isdecimal():
            return None
        array = self.access.fields().get(member.name)
        if array is None or array.item is None:
            return None
        size, count = array.item.bits // 8, array.bits // array.item.bits
        if isinstance(index, IntLiteral):
            if index.value >= count:
                message = f"`{member.name}` has {count} items, which are counted from 0"
                raise Wrong("no-such-part", message, index.span)
            if array.argument >= 0:
                return self._own_argument(span, array.item, array.argument + index.value)
            place = array.offset + size * index.value
            return ContextField(span, array.item, place, array.item.bits, array.item.signed)
        number = self.integer(index, "an index")
        record = _record(span)
        distance = Operation(span, S64, "*", number, Constant(span, S64, size), True)
        address = Operation(span, record.type, "+", record, distance, False)
        return Load(span, array.item, address, array.offset, array.item.bits, array.item.signed)

    def _own_field(self, member: Member) -> TypedExpression:
        """A field that the probe itself offers."""
        fields = self.access.fields()
        found = fields.get(member.name)
        if found is None:
            close = suggest(member.name, fields)
            known = f"there are {', '.join(fields)}" if fields else "this probe has no fields"
            if not fields and "arguments" in self.access.offers:
                known = "its arguments are `arg0`, `arg1`, ..."
            hint = f"did you mean `{close}`?" if close else known
            probe = f"`{self.access.name}`" if isinstance(self.access, Named) and self.access.name else "this probe"
            raise Wrong("no-such-field", f"{probe} has no field `{member.name}`", member.span, hint)
        if found.argument >= 0:
            return self._own_argument(member.span, found.type, found.argument)
        return ContextField(member.span, found.type, found.offset, found.bits, found.signed, found.located)

    def _own_argument(self, span: Span, kind: Type, number: int) -> TypedExpression:
        return Convert(span, kind, Apply(span, U64, "arg", (Constant(span, S64, number),)))

    def place(self, expression: Expression) -> Place:
        """Where something is in memory; raises Wrong for what is not in memory."""
        match expression:
            case Member(operand=operand, name=name, span=span):
                whole = self._target(operand, span)
                member = self._member(whole.type, name, span)
                start, shift = member.bit_offset // 8, 0
                if member.bits:
                    start, shift = member.bit_offset // 64 * 8, member.bit_offset % 64
                return Place(whole.address, whole.offset + start, member.type, shift, member.bits)
            case Index(operand=operand, index=index, span=span):
                return self._item(operand, index, span)
            case Unary(operator="*", operand=operand, span=span):
                return self._target(operand, span)
        raise Wrong("not-in-memory", "this is a value, not a place in memory", expression.span)

    def _target(self, operand: Expression, span: Span) -> Place:
        """What a pointer points to, or the struct that `.` is applied to."""
        if isinstance(operand, Member | Index) and not self._is_special(operand):
            place = self.place(operand)
            if isinstance(place.type, Struct):
                return place
            value = self.value_at(place, operand.span)
        else:
            value = self.expression(operand)
        if not isinstance(value.type, Pointer) or value.type.target is None:
            message = f"this is {describe(value.type)}, which points to nothing known"
            help = "say to what: `((struct task_struct *)p)->pid`"
            if isinstance(operand, Call) and operand.name == "ctx":
                help = "what a probe gives is `args.NAME`; `ply -l PROBE` lists the names"
            raise Wrong("not-a-pointer", message, operand.span, help)
        return Place(value, 0, value.type.target)

    def _is_special(self, expression: Expression) -> bool:
        if not isinstance(expression, Member):
            return False
        bare = isinstance(expression.operand, Call) and expression.operand.name in FIELDS
        return bare or expression.name.isdecimal()

    def _item(self, operand: Expression, index: Expression, span: Span) -> Place:
        """An item of an array, or of what a pointer points to."""
        whole = None
        if isinstance(operand, Member | Index) and not self._is_special(operand):
            whole = self.place(operand)
        if whole is not None and isinstance(whole.type, Array):
            item, address, offset = whole.type.item, whole.address, whole.offset
        else:
            value = self.value_at(whole, operand.span) if whole else self.expression(operand)
            if not isinstance(value.type, Pointer) or value.type.target is None:
                raise Wrong("not-an-array", f"this is {describe(value.type)}, which has no items", operand.span)
            item, address, offset = value.type.target, value, 0
        size = self.bytes_of(item, span)
        if isinstance(index, IntLiteral):
            return Place(address, offset + size * index.value, item)
        number = self.integer(index, "an index")
        step = Operation(span, S64, "*", number, Constant(span, S64, size), True)
        return Place(Operation(span, address.type, "+", address, step, False), offset, item)

    def value_at(self, place: Place, span: Span) -> TypedExpression:
        """The value in a place: a number, a pointer, or a string for an array of characters."""
        match place.type:
            case Int(bits=bits, signed=signed):
                width = 64 if place.width else bits
                return Load(span, place.type, place.address, place.offset, width, signed, place.shift, place.width)
            case Pointer(target=target):
                space: Space = "kernel" if isinstance(target, Struct) and _space(place) == "kernel" else _space(place)
                kind = Pointer(target, space if isinstance(target, Struct) else "")
                return Load(span, kind, place.address, place.offset, 64, False)
            case Array(item=Int(bits=8), length=length):
                return TextAt(span, Str(length + 1), place.address, place.offset)
        raise Wrong("not-a-value", f"{describe(place.type)} is no value", span, "name a member or an item of it")

    def _member(self, kind: Type, name: str, span: Span) -> MemberLayout:
        if not isinstance(kind, Struct):
            raise Wrong("no-members", f"{describe(kind)} has no members", span)
        layout = self._layout(kind.name, span)
        found = next((member for member in layout.members if member.name == name), None)
        if found is None:
            close = suggest(name, [member.name for member in layout.members])
            hint = f"did you mean `{close}`?" if close else ""
            raise Wrong("no-such-member", f"`{kind.name}` has no member `{name}`", span, hint)
        return found

    def _layout(self, name: str, span: Span) -> RecordLayout:
        layout = self.host.record(name)
        if layout is None:
            raise Wrong("unknown-type", f"this kernel has no `{name}`", span, self._no_types())
        return layout


def _record(span: Span) -> TypedExpression:
    """The address of the probe's own record."""
    return Apply(span, Int(64, signed=False, space="kernel"), "ctx", ())


def _space(place: Place) -> Space:
    kind = storage(place.address.type)
    return kind.space if isinstance(kind, Int) else ""
